#include "blocks/kernels/int8_loops.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class L>
MDS_INLINE typename L::Ints rounded(const typename L::Vector& x) {
  const auto rounder = L::all(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  return typename L::Ints(x + rounder) - typename L::Ints(rounder);
}

template <class L>
MDS_INLINE RowScale quantised(const Bf16* x, int64_t k, uint8_t* to) {
  typename L::Vector low{}, high{}, poison{};  // 0 is within the range, so that it is exact
  const auto widen_range = [&](int64_t i, int64_t n) MDS_INLINED {
    const auto v = L::load(x + i, n);
    low = v < low ? v : low;
    high = v > high ? v : high;
    poison += v * 0.0f;
  };
  L::each(k, widen_range);
  const float least = -L::largest(-low), most = L::largest(high), range = most - least;
  const float scale = range > 0 ? range / 255 : 1.0f, inverse = 1 / scale;
  const float zero = float(int32_t(-least * inverse + 0.5f));
  const auto write = [&](int64_t i, int64_t n) MDS_INLINED {
    auto v = L::load(x + i, n) * inverse + zero;
    v = v > L::all(0) ? v : L::all(0);
    v = v < L::all(255) ? v : L::all(255);
    const auto bytes = __builtin_convertvector(rounded<L>(v), typename L::Bytes);
    std::memcpy(to + i, &bytes, size_t(n));
  };
  L::each(k, write);
  for (int64_t i = k; i % 4 != 0; ++i) to[i] = 0;
  return {scale + L::sum(poison), int32_t(zero)};
}

template <class L>
MDS_INLINE void scaled(const IntegerTile& tile, float* to) {
  for (int64_t r = 0; r < tile.rows; ++r)
    for (int64_t c = 0; c < tile_columns; c += L::count) {
      const int64_t at = r * tile_columns + c;
      typename L::Ints sums, totals;
      std::memcpy(&sums, tile.sums + at, sizeof sums);
      std::memcpy(&totals, tile.weight_total + c, sizeof totals);
      const auto exact = __builtin_convertvector(sums - tile.scales[r].zero * totals, typename L::Vector);
      L::store(to + at, exact * tile.scales[r].scale * L::load(tile.weight_scale + c));
    }
}

template <class L>
MDS_INLINE void widened(const int8_t* from, int64_t count, Bf16* to) {
  for (int64_t i = 0; i < count; i += L::count) {
    typename L::SmallInts values;
    std::memcpy(&values, from + i, sizeof values);
    L::store(to + i, __builtin_convertvector(__builtin_convertvector(values, typename L::Ints), typename L::Vector));
  }
}

}  // namespace

MDS_EACH_WIDTH(RowScale quantise_row(const Bf16* x, int64_t k, uint8_t* to), return quantised<L>(x, k, to))
MDS_EACH_WIDTH(void scale_integers(const IntegerTile& tile, float* to), scaled<L>(tile, to))
MDS_EACH_WIDTH(void widen_integers(const int8_t* from, int64_t count, Bf16* to), widened<L>(from, count, to))

}  // namespace mds
