// Rows of values and gates that become value * silu(gate), and the gradients of both.
#pragma once

#include "blocks/kernels/lanes.h"

namespace mds {

// Rows of 2 x width numbers: the values, then their gates.
struct GatedRows {
  int64_t rows, width;
};

void gate_rows(const GatedRows& shape, const float* x, float* y);
void gate_rows(const GatedRows& shape, const Bf16* x, Bf16* y);

// d_y: rows x width; d_x: as x.
void gate_rows_backward(const GatedRows& shape, const float* x, const float* d_y, float* d_x);
void gate_rows_backward(const GatedRows& shape, const Bf16* x, const Bf16* d_y, Bf16* d_x);

}  // namespace mds
