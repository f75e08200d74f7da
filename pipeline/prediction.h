// What a network predicts of x_t = a x0 + s eps: eps, x0, or v = a eps - s x0. All conversions between them.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipeline/diffusion_config.h"
#include "spec/tensor.h"

namespace mds {

// The amplitudes of signal and noise: of one timestep (no dimension), or of each example (N x 1 x 1 x 1).
struct Amplitudes {
  Tensor a, s;
};

struct Parts {
  Tensor x0, eps;
};

// Both parts, x0 and eps, from the network's output at x_t.
Parts parts(Prediction prediction, const Tensor& output, const Tensor& x_t, const Amplitudes& at_t);

// What the network should have predicted for these parts: the training target.
Tensor target(Prediction prediction, const Parts& parts, const Amplitudes& at_t);

}  // namespace mds
