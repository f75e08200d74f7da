#include "pipeline/sampler_config.h"

#include "pipeline/schedule.h"

namespace mds {

std::vector<SamplerStep> steps_of(const SamplerConfig& config, int64_t schedule_steps) {
  const std::vector<int64_t> list = timesteps(config.spacing, config.steps, schedule_steps);
  const int64_t end = config.last == LastStep::clean ? -1 : 0;
  std::vector<SamplerStep> steps;
  for (size_t i = 0; i < list.size(); ++i) steps.push_back({list[i], i + 1 < list.size() ? list[i + 1] : end});
  return steps;
}

bool is_stochastic(const SamplerConfig& config) { return config.eta > 0 || config.sampler == Sampler::ufogen; }

}  // namespace mds
