// Loops of products of 8-bit integers: rows of unsigned numbers, weights of signed ones, sums of 32 bits.
#pragma once

#include "blocks/kernels/tile.h"

namespace mds {

// A row of x in 8 bits: x = scale * (number - zero). A row that holds a NaN or an infinity has a scale of NaN.
struct RowScale {
  float scale;
  int32_t zero;
};

// Rounds a row of k values to whole numbers from 0 to 255; those from k to the next multiple of 4 become 0.
RowScale quantise_row(const Bf16* x, int64_t k, uint8_t* to);

// Turns sums of products into float32: scale[row] * weight_scale[column] * (sum - zero[row] * weight_total[column]).
struct IntegerTile {
  const int32_t* sums;  // rows x 64
  const RowScale* scales;
  int64_t rows;
  const float* weight_scale;
  const int32_t* weight_total;
};
void scale_integers(const IntegerTile& tile, float* to);

// count: a multiple of 16.
void widen_integers(const int8_t* from, int64_t count, Bf16* to);

}  // namespace mds
