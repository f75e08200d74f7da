// What packing a matrix consists of: turning rows into columns, and laying neighbouring rows of bfloat16 in pairs.
#pragma once

#include "blocks/kernels/lanes.h"

namespace mds {

// A matrix in memory: `pitch` elements from one row to the next.
template <class T>
struct MatrixRows {
  const T* data;
  int64_t rows, columns, pitch;
};

// to[c][r] = from[r][c]. Rows of `to` are `pitch` apart, which is even for bfloat16; where the number of rows is odd,
// they then get a zero more.
void transpose_rows(const MatrixRows<float>& from, float* to, int64_t pitch);
void transpose_rows(const MatrixRows<Bf16>& from, Bf16* to, int64_t pitch);

// Each two rows become one of pairs: to[r / 2][c] = (from[r][c], from[r + 1][c]), with zeros for a row that is missing.
// Rows of `to` are `pitch` pairs apart. A pair fills the place of a float.
void pair_rows(const MatrixRows<Bf16>& from, float* to, int64_t pitch);

// Sums of the columns, in float32.
void sum_columns(const MatrixRows<float>& of, float* sums);
void sum_columns(const MatrixRows<Bf16>& of, float* sums);

}  // namespace mds
