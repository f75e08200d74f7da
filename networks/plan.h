// A network lowered to a flat list of steps. Modules, cost, profile, reports, exporters and weight names all read this
// list and meet by `path`; nothing else knows about levels and skips.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "blocks/block_spec.h"
#include "spec/cost.h"

namespace mds {

// What a step does with the stack of skips: nothing, push its output, read the last one by joining channels or adding.
// `time` steps turn the timesteps into the time embedding and leave the main path alone, as `beside` steps do, whose
// result is an output of the network.
enum class Link : uint8_t { none, push, concat, add, time, beside };

struct PlanStep {
  std::string path;  // unique: "down1.0.conv"; module path, database key and report row alike
  BlockSpec block;
  Site site;  // site.in includes the skip's channels where the link is concat
  Shape out;
  Link link = Link::none;
  std::string output;  // a named result of the network, or empty
};

struct Plan {
  Shape input;
  std::vector<PlanStep> steps;
};

// Canonical JSON of all that decides what the step computes: block, site, and whether a skip is added. Steps of equal
// text do equal work, in whatever network.
std::string canonical_json(const PlanStep& step);

Cost cost(const PlanStep& step);
Cost cost(const Plan& plan);

// Full path of each layer of a step: "down1.0.conv.norm1", or the step's own path for a block of one layer.
std::string layer_path(const std::string& step_path, const std::string& layer_name);

// Receives the steps of a walk in the order they run. `name` prints the path; it is not built where nobody asks.
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

// Collects a plan, checking each block at its site; a ConfigError names the step's path.
class PlanSink final : public StepSink {
 public:
  void step(const StepName& name, const BlockSpec& block, const Site& site, Link link) override;
  Plan plan;
};

// A plan of steps that each read what the one before gave, and no skips.
class Chain {
 public:
  explicit Chain(const Shape& input) : x_(input) { sink_.plan.input = input; }
  void add(const StepName& name, const BlockSpec& block, const char* output = "");
  void add_beside(const StepName& name, const BlockSpec& block, const char* output);  // the next step reads the same
  Plan finish() { return std::move(sink_.plan); }

 private:
  Shape x_;
  PlanSink sink_;
};

}  // namespace mds
