#include "networks/plan.h"

#include <algorithm>

namespace mds {

std::string canonical_json(const PlanStep& step) {
  const bool adds_skip = step.link == Link::add;
  return Json{{"block", to_json(step.block)}, {"site", to_json(step.site)}, {"adds_skip", adds_skip}}.dump();
}

StepRange inner_steps(const Plan& plan, int64_t level) {
  const auto at = [&](const StepName& name) {
    return size_t(std::ranges::find(plan.steps, to_string(name), &PlanStep::path) - plan.steps.begin());
  };
  const StepRange inner{at({"down", level, -1, "downsample"}), at({"up", level + 1, -1, "upsample"})};
  if (inner.last < plan.steps.size()) return inner;
  int64_t levels = 1;
  while (at({"up", levels + 1, -1, "upsample"}) < plan.steps.size()) ++levels;
  throw ConfigError("level " + std::to_string(level) + " has none inside it; " +
                    (levels > 1 ? "allowed: 1 to " + std::to_string(levels - 1) : "this network has one level"));
}

Cost cost(const PlanStep& step) { return cost(step.block, step.site); }

Cost cost(const Plan& plan) {
  Cost total;
  for (const auto& step : plan.steps) {
    try {
      total += cost(step);
    } catch (const ConfigError& error) {
      throw ConfigError(step.path + ": " + error.what());
    }
  }
  return total;
}

std::string to_string(const StepName& name) {
  std::string path = name.side;
  if (name.level > 0) path += std::to_string(name.level);
  if (name.index >= 0) path += "." + std::to_string(name.index);
  if (*name.part) path += (path.empty() ? "" : ".") + std::string(name.part);
  return path;
}

void PlanSink::step(const StepName& name, const BlockSpec& block, const Site& site, Link link) {
  const std::string path = to_string(name);
  try {
    cost(block, site);
  } catch (const ConfigError& error) {
    throw ConfigError(path + ": " + error.what());
  }
  const Shape out = output_shape(block, site);
  plan.steps.push_back({.path = path, .block = block, .site = site, .out = out, .link = link, .output = {}});
}

void Chain::add(const StepName& name, const BlockSpec& block, const char* output) {
  const Site site{.in = x_};
  sink_.step(name, block, site, Link::none);
  sink_.plan.steps.back().output = output;
  x_ = sink_.plan.steps.back().out;
}

void Chain::add_beside(const StepName& name, const BlockSpec& block, const char* output) {
  sink_.step(name, block, Site{.in = x_}, Link::beside);
  sink_.plan.steps.back().output = output;
}

}  // namespace mds
