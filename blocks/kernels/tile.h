// A tile of a matrix product: up to 64 rows and 64 columns of float32 sums, and what is done with it while it is still
// in the cache.
#pragma once

#include "blocks/kernels/lanes.h"

namespace mds {

inline constexpr int64_t tile_rows = 64, tile_columns = 64;

// Columns in whole registers.
inline int64_t in_lanes(int64_t columns) { return (columns + most_lanes - 1) / most_lanes * most_lanes; }

// What becomes of a tile's sums. gated: the tile holds 32 values and 32 gates, and yields value * activation(gate).
//   out = activation(sums + bias) + residual
template <class T>
struct TileEnd {
  const float* bias = nullptr;  // of all columns of the tile
  Activation activation = Activation::none;
  bool gated = false;
  const T* residual = nullptr;  // null: none
  int64_t residual_pitch = 0;   // elements from one row to the next
  T* out = nullptr;
  int64_t out_pitch = 0;
  int64_t rows = 0, columns = 0;  // that are written
};

void finish_tile(const float* sums, const TileEnd<float>& end);
void finish_tile(const float* sums, const TileEnd<Bf16>& end);

// Widens `count` values.
void widen(const Bf16* from, int64_t count, float* to);

// Turns a panel of k rows in pairs, k/2 x 64 x 2, into float32 rows of 64, as products need them where the processor
// multiplies no bfloat16.
void widen_pairs(const Bf16* panel, int64_t k, float* rows);

}  // namespace mds
