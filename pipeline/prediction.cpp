#include "pipeline/prediction.h"

#include <ATen/ATen.h>

namespace mds {

Parts parts(Prediction prediction, const Tensor& output, const Tensor& x_t, const Amplitudes& at_t) {
  const auto& [a, s] = at_t;
  switch (prediction) {
    case Prediction::epsilon:
      return {(x_t - s * output) / a, output};
    case Prediction::v:
      return {a * x_t - s * output, s * x_t + a * output};
    case Prediction::x0:
      return {output, (x_t - a * output) / s};
  }
  throw std::logic_error("unknown prediction");
}

Tensor target(Prediction prediction, const Parts& parts, const Amplitudes& at_t) {
  switch (prediction) {
    case Prediction::epsilon:
      return parts.eps;
    case Prediction::v:
      return at_t.a * parts.eps - at_t.s * parts.x0;
    case Prediction::x0:
      return parts.x0;
  }
  throw std::logic_error("unknown prediction");
}

}  // namespace mds
