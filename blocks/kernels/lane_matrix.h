// Products of small matrices of registers, with a pair of matrices in each lane.
#pragma once

#include <cstdint>

namespace mds {

// A matrix of the processor's widest registers of float32, one number a lane.
struct LaneMatrix {
  float* data;
  int64_t row, column;  // steps, in registers
  LaneMatrix turned() const { return {data, column, row}; }
};

struct ProductSize {
  int64_t rows, columns, sums;
  bool add = false;  // to what is there
};

// c = a b in each lane.
void multiply_lanes(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c, const ProductSize& size);

}  // namespace mds
