#include "blocks/kernels/packing_loops.h"

#include <algorithm>

#include "blocks/kernels/transposed_lanes.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

// A register of `some` columns of row r, each with that of the next row behind it; zeros stand for a row that is
// missing.
template <class L>
MDS_INLINE typename L::Vector pair(const MatrixRows<Bf16>& from, int64_t r, int64_t c, int64_t some) {
  using Words = typename L::Words;
  const Bf16* row = from.data + r * from.pitch + c;
  const Words first = Words(L::load(row, some)) >> 16;
  const Words second = r + 1 < from.rows ? Words(L::load(row + from.pitch, some)) : Words{};
  return typename L::Vector(first | second);
}

// load(r, c, some): `some` neighbours in row r. Row c of the result gets what was loaded in column c.
template <class L>
MDS_INLINE void transposed(int64_t rows, int64_t columns, const auto& load, float* to, int64_t pitch) {
  const auto band = [&](int64_t r, int64_t height) MDS_INLINED {
    const auto square = [&](int64_t c, int64_t width) MDS_INLINED {
      typename L::Vector lanes[L::count] = {};
      for (int64_t i = 0; i < height; ++i) lanes[i] = load(r + i, c, width);
      transpose<L>(lanes);
      for (int64_t i = 0; i < width; ++i) L::store(to + (c + i) * pitch + r, lanes[i], height);
    };
    L::each(columns, square);
  };
  L::each(rows, band);
}

template <class L>
MDS_INLINE void transposed_rows(const MatrixRows<float>& from, float* to, int64_t pitch) {
  const auto load = [&](int64_t r, int64_t c, int64_t some)
                        MDS_INLINED { return L::load(from.data + r * from.pitch + c, some); };
  transposed<L>(from.rows, from.columns, load, to, pitch);
}

template <class L>
MDS_INLINE void transposed_rows(const MatrixRows<Bf16>& from, Bf16* to, int64_t pitch) {
  const auto load = [&](int64_t r, int64_t c, int64_t some) MDS_INLINED { return pair<L>(from, 2 * r, c, some); };
  transposed<L>((from.rows + 1) / 2, from.columns, load, reinterpret_cast<float*>(to), pitch / 2);
}

template <class L>
MDS_INLINE void paired_rows(const MatrixRows<Bf16>& from, float* to, int64_t pitch) {
  for (int64_t r = 0; r < from.rows; r += 2) {
    const auto store = [&](int64_t c, int64_t some)
                           MDS_INLINED { L::store(to + r / 2 * pitch + c, pair<L>(from, r, c, some), some); };
    L::each(from.columns, store);
  }
}

template <class L, class T>
MDS_INLINE void summed_columns(const MatrixRows<T>& of, float* sums) {
  constexpr int64_t block = 64;  // rows whose sums round little before they are added
  const auto column = [&](int64_t c, int64_t some) MDS_INLINED {
    typename L::Vector total{};
    for (int64_t r = 0; r < of.rows; r += block) {
      typename L::Vector part{};
      for (int64_t i = r; i < std::min(of.rows, r + block); ++i) part += L::load(of.data + i * of.pitch + c, some);
      total += part;
    }
    L::store(sums + c, total, some);
  };
  L::each(of.columns, column);
}

}  // namespace

MDS_EACH_WIDTH(void transpose_rows(const MatrixRows<float>& from, float* to, int64_t pitch),
               transposed_rows<L>(from, to, pitch))
MDS_EACH_WIDTH(void transpose_rows(const MatrixRows<Bf16>& from, Bf16* to, int64_t pitch),
               transposed_rows<L>(from, to, pitch))
MDS_EACH_WIDTH(void pair_rows(const MatrixRows<Bf16>& from, float* to, int64_t pitch), paired_rows<L>(from, to, pitch))
MDS_EACH_WIDTH(void sum_columns(const MatrixRows<float>& of, float* sums), summed_columns<L>(of, sums))
MDS_EACH_WIDTH(void sum_columns(const MatrixRows<Bf16>& of, float* sums), summed_columns<L>(of, sums))

}  // namespace mds
