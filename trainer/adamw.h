// AdamW over named weights' tensors: on a CPU by loops of our own, which read each number once a step; elsewhere by
// LibTorch's fused kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "spec/tensor.h"

namespace mds {

// A weight with its state, all float32 and of the same shape and memory layout; the gradient may be undefined, in which
// case only the average is changed.
struct AdamWState {
  Tensor weight, gradient, mean, square, average;
};

struct AdamWStep {
  int64_t step;  // from 1
  double lr, beta1, beta2, epsilon, weight_decay;
  double clip = 1;   // times the gradients
  double share = 0;  // of the weights in their average
};

void take_step(const std::vector<AdamWState>& states, const AdamWStep& step);

// The norm of all gradients together.
double norm_of(const std::vector<Tensor>& gradients);

}  // namespace mds
