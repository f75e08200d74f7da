// Which sampler, over which timesteps, with which guidance; and the list of steps that these give.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/diffusion_config.h"
#include "spec/guidance.h"

namespace mds {

struct SamplerConfig {
  int64_t steps = 50;
  double guidance = 3;
  double rescale = 0;
  Spacing spacing = Spacing::trailing;
  Sampler sampler = Sampler::ddim;
  double eta = 0;
  LastStep last = LastStep::clean;
  int64_t cache_interval = 1;
  int64_t cache_level = 1;
  bool operator==(const SamplerConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("steps", self.steps, "sampling steps; with guidance each runs the network twice", between(1, 100000));
    field("guidance", self.guidance, "guidance weight w of eps_u + w (eps_c - eps_u); 1: none", between(0, 1000));
    field("rescale", self.rescale, "share of the guided output that gets the deviation of the conditional one; 0: none",
          later(between(0, 1)));
    field("spacing", self.spacing, "which training timesteps the steps stand at; trailing begins at the last one");
    field("sampler", self.sampler, "how a step is taken; ufogen is for models of one step", later());
    field("eta", self.eta, "noise that ddim adds; 0: none, 1: as much as the diffusion itself", later(between(0, 1)));
    field("last", self.last, "where the last step ends: at the clean latent, or (first) at timestep 0", later());
    field("cache_interval", self.cache_interval,
          "every so many steps the whole UNet runs; those between reuse what its inner levels gave; 1: always",
          later(between(1, 1000)));
    field("cache_level", self.cache_level, "level of the UNet, from 1 outermost, inside which features are reused",
          later(between(1, 64)));
  }
};

// From timestep `t` to the less noisy `previous`; previous = -1: the clean latent.
struct SamplerStep {
  int64_t t, previous;
  bool operator==(const SamplerStep&) const = default;
};

// The whole run, from noisy to clean. The previous timestep is always the next one in the list of timesteps, also where
// steps does not divide the schedule: there diffusers' DDIM computes t - T / steps, which is not in its own list (999
// -> 923 and not 922 in 13 steps). ConfigError for more steps than the schedule has.
std::vector<SamplerStep> steps_of(const SamplerConfig& config, int64_t schedule_steps);

inline GuidedSides sides_of(const SamplerConfig& config) { return guided_sides(config.guidance, config.rescale); }
inline int64_t calls_a_step(const SamplerConfig& config) { return calls_a_step(sides_of(config)); }

// Whether the sampler adds noise between steps.
bool is_stochastic(const SamplerConfig& config);

}  // namespace mds
