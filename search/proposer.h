// What distinguishes one strategy from another: how it learns from results, and which point it tries next.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "search/strategy.h"

namespace mds {

// What a proposer may use. It outlives the proposer.
struct ProposerContext {
  const Space& space;
  const StrategyConfig& config;
  size_t objective = 0;  // the first dear one
  int64_t rungs = 1;
  // What would be asked for, which may be near the point; none where nothing may.
  std::function<std::optional<Asked>(const Point&)> admitted{};
};

class Proposer {
 public:
  virtual ~Proposer() = default;
  virtual void learn(const Observation& observation) = 0;  // in the order of the candidates' numbers
  virtual Point propose(Random& random) = 0;  // draws from `random` alone; may be refused, and is then called again
};

// Null for the strategy `selection`, which proposes nothing.
std::unique_ptr<Proposer> make_proposer(const ProposerContext& context);

std::unique_ptr<Proposer> make_nsga2(const ProposerContext& context);
std::unique_ptr<Proposer> make_model(const ProposerContext& context);

}  // namespace mds
