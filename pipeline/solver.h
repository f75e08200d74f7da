// One step of a sampler: from the latent at a timestep and the network's prediction to the latent at the previous
// timestep. a, s are the amplitudes at t, a', s' those at the previous timestep, and z is new noise:
//
//   ddim      a' x0 + sqrt(s'^2 - sigma^2) eps + sigma z, sigma = eta (s' / s) sqrt(1 - a^2 / a'^2)
//             (arXiv 2010.02502, equations 12 and 16)
//   euler     a' (x / a + (kappa' - kappa) eps), kappa = s / a: Euler's step of dy / dkappa = eps for y = x / a (arXiv
//             2206.00364), diffusers' EulerDiscreteScheduler. In exact arithmetic it is ddim's step with eta 0.
//   dpmpp_2m  (s' / s) x + a' (1 - e^-h) D, h = lambda' - lambda, lambda = log(a / s), D = x0 + (h / 2h_before)
//             (x0 - x0_before): DPM-Solver++(2M) of data prediction, midpoint (arXiv 2211.01095, algorithm 2). First
//             order, D = x0, in the first step, in a step to the clean latent, and, as diffusers'
//             lower_order_final has it, in the last of fewer than 15 steps.
//   ufogen    a' x0 + s' z: the predicted x0, noised anew to the previous timestep (arXiv 2311.09257). The last step
//             to the clean latent is x0 itself.
#pragma once

#include <memory>

#include "pipeline/prediction.h"
#include "pipeline/sampler_config.h"
#include "pipeline/sampler_noise.h"
#include "pipeline/schedule.h"

namespace mds {

class Solver {
 public:
  virtual ~Solver() = default;
  // Latents N x C x H x W. Steps must come in order, each once, because a multistep solver remembers earlier ones.
  virtual Tensor step(const SamplerStep& step, const Tensor& x, const Parts& parts) = 0;
};

// For one run of the last `taken` of config.steps steps. The schedule must outlive the solver; only stochastic samplers
// call `fresh`.
std::unique_ptr<Solver> make_solver(const SamplerConfig& config, const NoiseSchedule& schedule, NoiseSource fresh,
                                    int64_t taken);

}  // namespace mds
