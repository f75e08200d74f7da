// What a network predicts of x_t = a x0 + s eps: eps, x0, or v = a eps - s x0. All conversions between them.
#pragma once

#include "pipeline/model.h"

namespace mds {

// The amplitudes of signal and noise: of one timestep (no dimension), or one an example (N x 1 x 1 x 1).
struct Amplitudes {
  Tensor a, s;
};

struct Parts {
  Tensor x0, eps;
};

// From the network's output at x_t to both parts of x_t.
Parts parts(Prediction prediction, const Tensor& output, const Tensor& x_t, const Amplitudes& at_t);

// From both parts to what the network should have said: a training target.
Tensor target(Prediction prediction, const Parts& parts, const Amplitudes& at_t);

}  // namespace mds
