// The noise schedule: x_t = a_t x0 + s_t eps with a_t^2 = alpha_bar_t and s_t^2 = 1 - alpha_bar_t.
// Built in float64; timesteps are indices 0 .. steps - 1. With zero_terminal_snr the amplitudes of the signal are
// shifted and scaled, a_t <- (a_t - a_T) a_0 / (a_0 - a_T), so that the last becomes 0 and the first does not change
// (arXiv 2305.08891, algorithm 1).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "pipeline/diffusion_config.h"
#include "spec/tensor.h"

namespace mds {

class NoiseSchedule {
 public:
  // ConfigError for zero_terminal_snr where the first and the last timestep have the same signal, and for trained_betas
  // that are not one a timestep.
  explicit NoiseSchedule(const ScheduleConfig& config);
  int64_t steps() const { return int64_t(alpha_bar_.size()); }
  double alpha_bar(int64_t t) const { return t < 0 ? 1.0 : alpha_bar_[size_t(t)]; }  // t = -1: clean
  double a(int64_t t) const;
  double s(int64_t t) const;
  double snr(int64_t t) const { return alpha_bar(t) / (1 - alpha_bar(t)); }  // infinite for the clean latent

  // The same schedule with its tables on a device, so that lookups there need no synchronisation.
  NoiseSchedule on(c10::Device device) const;

  // a or s for each timestep of a batch, N x 1 x 1 x 1 float32.
  Tensor a(const Tensor& t_N) const { return chosen(a_, t_N); }
  Tensor s(const Tensor& t_N) const { return chosen(s_, t_N); }
  Tensor noised(const Tensor& x0, const Tensor& noise, const Tensor& t_N) const { return a(t_N) * x0 + s(t_N) * noise; }

 private:
  static Tensor chosen(const Tensor& table, const Tensor& t_N);

  std::vector<double> alpha_bar_;
  Tensor a_, s_;  // float32, by timestep
};

// The timesteps of an n-step sampler, from noisy to clean. trailing: round(T - k T / n) - 1, half to even;
// leading: k (T / n) + 1, reversed, as Stable Diffusion shifts it (unshifted for n = T); linspace: round(k (T - 1) /
// (n - 1)), half to even, reversed. Strictly falling. One step is T - 1, 1 and 0: only trailing begins at the noise.
// ConfigError for n outside 1 .. T.
std::vector<int64_t> timesteps(Spacing spacing, int64_t n, int64_t schedule_steps);

}  // namespace mds
