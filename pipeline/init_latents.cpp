#include "pipeline/init_latents.h"

#include "spec/number.h"

namespace mds {

int64_t steps_taken(const SamplerConfig& config, double strength) {
  if (!(strength >= 0 && strength <= 1))
    throw ConfigError("the strength is " + shown_number(strength) + "; allowed: 0 to 1");
  const auto taken = int64_t(double(config.steps) * strength);
  if (taken < 1)
    throw ConfigError("a strength of " + shown_number(strength) + " takes none of " + std::to_string(config.steps) +
                      (config.steps == 1 ? " step" : " steps") + "; allowed: at least " +
                      shown_number(1 / double(config.steps)) + ", or more steps");
  return taken;
}

}  // namespace mds
