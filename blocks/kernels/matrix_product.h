// The product of two matrices that lie in memory as they are, either of them by rows or by columns.
#pragma once

#include "blocks/kernels/packing_loops.h"

namespace mds {

template <class T>
struct Factor {
  MatrixRows<T> memory;
  bool transposed = false;  // the factor is the transpose of what is in memory
  int64_t rows() const { return transposed ? memory.columns : memory.rows; }
  int64_t columns() const { return transposed ? memory.rows : memory.columns; }
};

// out = a b + bias + residual, with sums in float32.
template <class T>
struct ProductResult {
  T* out;                       // rows x columns, without gaps
  const float* bias = nullptr;  // by column
  const T* residual = nullptr;  // as out
};

void multiply(const Factor<float>& a, const Factor<float>& b, const ProductResult<float>& to);
void multiply(const Factor<Bf16>& a, const Factor<Bf16>& b, const ProductResult<float>& to);
void multiply(const Factor<Bf16>& a, const Factor<Bf16>& b, const ProductResult<Bf16>& to);

}  // namespace mds
