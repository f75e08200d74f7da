#include "search/proposer.h"

#include <deque>

#include "search/moves.h"

namespace mds {
namespace {

class RandomPoints final : public Proposer {
 public:
  explicit RandomPoints(const Space& space) : space_(space) {}
  void learn(const Observation&) override {}
  Point propose(Random& random) override { return random_point(space_, random); }

 private:
  const Space& space_;
};

// Regularised evolution, arXiv 1802.01548, algorithm 1: the oldest of the population dies, whatever its worth.
class Evolution final : public Proposer {
 public:
  explicit Evolution(const ProposerContext& context) : context_(context) {}

  void learn(const Observation& observation) override {
    if (observation.point.empty()) return;
    population_.push_back(observation);
    if (population_.size() > size_t(context_.config.population)) population_.pop_front();
  }

  Point propose(Random& random) override {
    if (population_.size() < size_t(context_.config.population)) return random_point(context_.space, random);
    const auto drawn = [&]() -> const Observation& {
      return population_[size_t(random.below(int64_t(population_.size())))];
    };
    const Observation* best = &drawn();
    for (int64_t i = 1; i < context_.config.sample; ++i)
      if (const Observation& other = drawn(); better(other, *best)) best = &other;
    return mutated(context_.space, best->point, random);
  }

 private:
  bool better(const Observation& a, const Observation& b) const {
    if (a.rungs() != b.rungs() || a.curve.empty()) return a.rungs() > b.rungs();
    return a.curve.back()[context_.objective] < b.curve.back()[context_.objective];
  }

  ProposerContext context_;
  std::deque<Observation> population_;
};

}  // namespace

std::unique_ptr<Proposer> make_proposer(const ProposerContext& context) {
  switch (context.config.kind) {
    case StrategyKind::selection:
      return nullptr;
    case StrategyKind::random:
      return std::make_unique<RandomPoints>(context.space);
    case StrategyKind::evolution:
      return std::make_unique<Evolution>(context);
    case StrategyKind::nsga2:
      return make_nsga2(context);
    case StrategyKind::model:
      break;
  }
  return make_model(context);
}

}  // namespace mds
