// A network lowered to a flat list of steps. Modules, cost, profile, reports, exporters and weight names all read this
// list and identify a step by its `path`; nothing else knows about levels and skips.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "blocks/block_spec.h"
#include "spec/cost.h"

namespace mds {

// What a step does with the stack of skips: nothing, push its output, or pop the last one and join or add it to its
// input. A `time` step turns the timesteps into the time embedding. Neither it nor a `beside` step changes the main
// path; the result of a `beside` step is an output of the network. A `layout` step embeds the boxes of a layout, for
// the steps that read them; without boxes it is left out.
enum class Link : uint8_t { none, push, concat, add, time, beside, layout };

struct PlanStep {
  std::string path;  // unique, like "down1.0.conv": module path, database key and report row
  BlockSpec block;
  Site site;  // site.in includes the skip's channels where link is concat
  Shape out;
  Link link = Link::none;
  std::string output;  // name of an output of the network, or empty
};

struct Plan {
  Shape input;
  std::vector<PlanStep> steps;
};

// Canonical JSON of everything that decides what the step computes: block, site, and whether a skip is added. Steps
// with equal text do equal work, in any network.
std::string canonical_json(const PlanStep& step);

// The first and last step of what lies inside a level of a UNet, counted from 1 at the outermost. ConfigError where the
// plan has no such level.
struct StepRange {
  size_t first, last;
};
StepRange inner_steps(const Plan& plan, int64_t level);

Cost cost(const PlanStep& step);
Cost cost(const Plan& plan);

// Names a step of a walk. to_string() builds the step's path from it, which is done only where a sink needs the path.
struct StepName {
  const char* side;
  int64_t level = 0;   // 0: none
  int64_t index = -1;  // -1: none
  const char* part = "";
};
std::string to_string(const StepName& name);

class StepSink {
 public:
  virtual ~StepSink() = default;
  virtual void step(const StepName& name, const BlockSpec& block, const Site& site, Link link) = 0;
};

// Collects a plan and checks each block at its site; a ConfigError names the step's path.
class PlanSink final : public StepSink {
 public:
  void step(const StepName& name, const BlockSpec& block, const Site& site, Link link) override;
  Plan plan;
};

// A plan without skips, in which each step reads the output of the one before.
class Chain {
 public:
  explicit Chain(const Shape& input) : x_(input) { sink_.plan.input = input; }
  void add(const StepName& name, const BlockSpec& block, const char* output = "");
  void add_beside(const StepName& name, const BlockSpec& block, const char* output);  // next step: same input
  Plan finish() { return std::move(sink_.plan); }

 private:
  Shape x_;
  PlanSink sink_;
};

}  // namespace mds
