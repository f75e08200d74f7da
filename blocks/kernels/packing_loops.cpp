#include "blocks/kernels/packing_loops.h"

#include <algorithm>

#include "blocks/kernels/transposed_lanes.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class L>
MDS_INLINE void transposed_rows(const MatrixRows<float>& from, float* to, int64_t pitch) {
  const auto band = [&](int64_t r, int64_t rows) MDS_INLINED {
    const auto square = [&](int64_t c, int64_t columns) MDS_INLINED {
      typename L::Vector lanes[L::count] = {};
      for (int64_t i = 0; i < rows; ++i) lanes[i] = L::load(from.data + (r + i) * from.pitch + c, columns);
      transpose<L>(lanes);
      for (int64_t i = 0; i < columns; ++i) L::store(to + (c + i) * pitch + r, lanes[i], rows);
    };
    L::each(from.columns, square);
  };
  L::each(from.rows, band);
}

template <class L>
MDS_INLINE void paired_rows(const MatrixRows<Bf16>& from, float* to, int64_t pitch) {
  using Words = typename L::Words;
  const auto words = [](const Bf16* p, int64_t some) MDS_INLINED { return Words(L::load(p, some)); };
  for (int64_t r = 0; r < from.rows; r += 2) {
    const Bf16* row = from.data + r * from.pitch;
    const auto pair = [&](int64_t c, int64_t some) MDS_INLINED {
      const Words first = words(row + c, some) >> 16;
      const Words second = r + 1 < from.rows ? words(row + from.pitch + c, some) : Words{};
      L::store(to + r / 2 * pitch + c, typename L::Vector(first | second), some);
    };
    L::each(from.columns, pair);
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
MDS_EACH_WIDTH(void pair_rows(const MatrixRows<Bf16>& from, float* to, int64_t pitch), paired_rows<L>(from, to, pitch))
MDS_EACH_WIDTH(void sum_columns(const MatrixRows<float>& of, float* sums), summed_columns<L>(of, sums))
MDS_EACH_WIDTH(void sum_columns(const MatrixRows<Bf16>& of, float* sums), summed_columns<L>(of, sums))

}  // namespace mds
