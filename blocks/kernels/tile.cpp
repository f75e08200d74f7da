#include "blocks/kernels/tile.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class L, class T>
MDS_INLINE void finish(const float* sums, const TileEnd<T>& end) {
  const auto run = [&](auto activation) MDS_INLINED {
    for (int64_t r = 0; r < end.rows; ++r) {
      const float* row = sums + r * tile_columns;
      const auto write = [&](int64_t c, int64_t n) MDS_INLINED {
        auto v = L::load(row + c) + L::load(end.bias + c);
        if (end.gated) {
          constexpr int64_t half = tile_columns / 2;
          v *= L::activate(activation, L::load(row + half + c) + L::load(end.bias + half + c));
        } else {
          v = L::activate(activation, v);
        }
        if (end.residual) v += L::load(end.residual + r * end.residual_pitch + c, n);
        L::store(end.out + r * end.out_pitch + c, v, n);
      };
      L::each(end.columns, write);
    }
  };
  with_activation(end.activation, run);
}

template <class L>
MDS_INLINE void widened(const Bf16* from, int64_t count, float* to) {
  for (int64_t i = 0; i < count; i += L::count) L::store(to + i, L::load(from + i, count - i), count - i);
}

template <class L>
MDS_INLINE void widened_pairs(const Bf16* panel, int64_t k, float* rows) {
  for (int64_t pair = 0; pair < (k + 1) / 2; ++pair, panel += 2 * tile_columns) {
    float* even = rows + 2 * pair * tile_columns;
    const bool both = 2 * pair + 1 < k;
    for (int64_t c = 0; c < tile_columns; c += L::count) {
      typename L::Words words;
      std::memcpy(&words, panel + 2 * c, sizeof words);
      L::store(even + c, typename L::Vector(words << 16));
      if (both) L::store(even + tile_columns + c, typename L::Vector(words & 0xffff0000u));
    }
  }
}

}  // namespace

MDS_EACH_WIDTH(void finish_tile(const float* sums, const TileEnd<float>& end), finish<L>(sums, end))
MDS_EACH_WIDTH(void finish_tile(const float* sums, const TileEnd<Bf16>& end), finish<L>(sums, end))

MDS_EACH_WIDTH(void widen(const Bf16* from, int64_t count, float* to), widened<L>(from, count, to))
MDS_EACH_WIDTH(void widen_pairs(const Bf16* panel, int64_t k, float* rows), widened_pairs<L>(panel, k, rows))

}  // namespace mds
