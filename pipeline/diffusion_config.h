// What a model predicts and under which noise schedule, and the names of ways to sample: values as model cards and
// configurations hold them.
#pragma once

#include <array>
#include <vector>

#include "spec/describe.h"

namespace mds {

enum class Prediction : uint8_t { epsilon, v, x0 };
template <>
struct EnumNames<Prediction> {
  static constexpr std::array names{"epsilon", "v", "x0"};
};

// How a step of sampling is computed: see solver.h.
enum class Sampler : uint8_t { ddim, dpmpp_2m, euler, ufogen };
template <>
struct EnumNames<Sampler> {
  static constexpr std::array names{"ddim", "dpmpp_2m", "euler", "ufogen"};
};

// At which training timesteps the steps of sampling stand: see timesteps() in schedule.h.
enum class Spacing : uint8_t { trailing, leading, linspace };
template <>
struct EnumNames<Spacing> {
  static constexpr std::array names{"trailing", "leading", "linspace"};
};

// Where the last step ends: at the clean latent (alpha_bar = 1; diffusers' set_alpha_to_one, final sigma zero), or at
// timestep 0 of the schedule, as Stable Diffusion is shipped (set_alpha_to_one false, final sigma sigma_min).
enum class LastStep : uint8_t { clean, first };
template <>
struct EnumNames<LastStep> {
  static constexpr std::array names{"clean", "first"};
};

// How beta follows from the timestep, by diffusers' names: scaled_linear interpolates its square root linearly, linear
// beta itself; squaredcos_cap_v2 follows from alpha_bar = cos^2 and reads neither beta_start nor beta_end.
enum class BetaSchedule : uint8_t { scaled_linear, linear, squaredcos_cap_v2 };
template <>
struct EnumNames<BetaSchedule> {
  static constexpr std::array names{"scaled_linear", "linear", "squaredcos_cap_v2"};
};

// The noise schedule; its defaults are Stable Diffusion's.
struct ScheduleConfig {
  int64_t steps = 1000;
  double beta_start = 0.00085;
  double beta_end = 0.012;
  bool zero_terminal_snr = false;
  BetaSchedule betas = BetaSchedule::scaled_linear;
  std::vector<double> trained_betas{};
  bool operator==(const ScheduleConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("steps", self.steps, "training timesteps", between(1, 100000));
    field("beta_start", self.beta_start, "beta, the variance of the noise that the first timestep adds", between(0, 1));
    field("beta_end", self.beta_end, "beta, the variance of the noise that the last timestep adds", between(0, 1));
    field("zero_terminal_snr", self.zero_terminal_snr,
          "whether the schedule is stretched until its last timestep is noise without signal", later());
    field("betas", self.betas, "how beta goes from beta_start to beta_end; squaredcos_cap_v2 reads neither", later());
    field("trained_betas", self.trained_betas, "beta of each timestep, in place of all these; empty: none",
          later(between(0, 1)));
  }
};

// The value of w that means no guidance. one: w of eps_u + w (eps_c - eps_u); zero: w of (1 + w) eps_c - w eps_u, as in
// Ho & Salimans (arXiv 2207.12598) and Meng et al. (arXiv 2210.03142).
enum class NoGuidance : uint8_t { one, zero };
template <>
struct EnumNames<NoGuidance> {
  static constexpr std::array names{"one", "zero"};
};

}  // namespace mds
