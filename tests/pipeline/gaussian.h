// A data distribution whose best network is known: for x0 ~ N(m, S), S diagonal, the best eps of x_t is
// s (a^2 S + s^2)^-1 (x_t - a m), and the probability flow keeps (x_t - a m) / sqrt(a^2 S + s^2).
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "pipeline/sampler.h"

namespace mds {

struct Gaussian {
  Tensor mean, variance;  // 1 x C x 1 x 1

  Tensor variance_at(const NoiseSchedule& schedule, int64_t t) const {
    return schedule.alpha_bar(t) * variance + (1 - schedule.alpha_bar(t));
  }

  // The output of a network that knows the distribution.
  Denoiser denoiser(const NoiseSchedule& schedule, Prediction prediction = Prediction::epsilon) const {
    return [this, &schedule, prediction](const Tensor& x, int64_t t) {
      const Tensor a = at::scalar_tensor(schedule.a(t), at::kDouble), s = at::scalar_tensor(schedule.s(t), at::kDouble);
      const Tensor offset = (x - a * mean) / variance_at(schedule, t);
      return target(prediction, {mean + a * variance * offset, s * offset}, {a, s});
    };
  }

  // Where the probability flow moves latents from timestep `from` to `to`; -1: clean.
  Tensor flow(const NoiseSchedule& schedule, const Tensor& x, int64_t from = 999, int64_t to = -1) const {
    const Tensor scale = (variance_at(schedule, to) / variance_at(schedule, from)).sqrt();
    return schedule.a(to) * mean + scale * (x - schedule.a(from) * mean);
  }
};

// Guides with two networks, of which both are evaluated.
inline Denoiser guided(Denoiser conditional, Denoiser unconditional, const SamplerConfig& config) {
  return [=](const Tensor& x, int64_t t) { return guided(conditional(x, t), unconditional(x, t), config); };
}

inline Tensor channels(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).view({1, -1, 1, 1});
}

inline Tensor latents(uint64_t seed, int64_t n) { return seeded_noise({seed}, {n, 3, 1, 1})[0].to(at::kDouble); }

}  // namespace mds
