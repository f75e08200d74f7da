#include "networks/memory.h"

#include <algorithm>

#include "networks/traffic.h"
#include "spec/memory_limit.h"

namespace mds {
namespace {

int64_t values_of_skip(const PlanStep& step) {
  Shape shape = step.site.in;
  if (step.link == Link::concat) shape.channels = step.site.skip_channels;
  return values_of(shape);
}

}  // namespace

int64_t least_values(const Plan& plan) {
  int64_t most = 0, waiting = 0;
  for (const auto& step : plan.steps) {
    if (step.link == Link::concat || step.link == Link::add)
      waiting = std::max<int64_t>(0, waiting - values_of_skip(step));  // a part of a plan may lack the push
    most = std::max(most, add_counts(add_counts(values_of(step.site.in), values_of(step.out)), waiting));
    if (step.link == Link::push) waiting = add_counts(waiting, values_of(step.out));
  }
  return most;
}

void require_pass(const Plan& plan, const PassMemory& memory) {
  int64_t values = multiply_counts(least_values(plan), memory.batch);
  if (memory.weights) values = add_counts(values, cost(plan).params);
  require_memory("a pass of batch " + std::to_string(memory.batch), multiply_counts(values, memory.value_bytes),
                 memory.usable_bytes);
}

}  // namespace mds
