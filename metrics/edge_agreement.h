// How well the edges of a picture agree with those that it should have, with one pixel of tolerance: an edge pixel
// counts as met where the other picture has an edge pixel within one row and column of it.
#pragma once

#include <ATen/core/Tensor.h>

#include "spec/tensor.h"

namespace mds {

// float64 (N). A share of no pixels is 1, so that a picture without edges has precision 1.
struct EdgeAgreement {
  Tensor precision;  // share of the found edge pixels that are met
  Tensor recall;     // share of the wanted ones
  Tensor f1;         // their harmonic mean, 0 where both are 0
};

// Edges are values above 0 of N x 1 x H x W. ConfigError for unequal shapes.
EdgeAgreement edge_agreement(const Tensor& found_N1HW, const Tensor& wanted_N1HW);

}  // namespace mds
