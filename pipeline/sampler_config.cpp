#include "pipeline/sampler_config.h"

namespace mds {

std::vector<SamplerStep> steps_of(const SamplerConfig& config, int64_t schedule_steps) {
  const std::vector<int64_t> list = timesteps(config.spacing, config.steps, schedule_steps);
  const int64_t end = config.last == LastStep::clean ? -1 : 0;
  std::vector<SamplerStep> steps;
  for (size_t i = 0; i < list.size(); ++i) steps.push_back({list[i], i + 1 < list.size() ? list[i + 1] : end});
  return steps;
}

GuidedSides sides_of(const SamplerConfig& config) {
  if (config.guidance == 1) return GuidedSides::conditional;
  if (config.guidance == 0 && config.rescale == 0) return GuidedSides::unconditional;
  return GuidedSides::both;
}

int64_t calls_a_step(const SamplerConfig& config) { return sides_of(config) == GuidedSides::both ? 2 : 1; }

bool is_stochastic(const SamplerConfig& config) { return config.eta > 0 || config.sampler == Sampler::ufogen; }

}  // namespace mds
