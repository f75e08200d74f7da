// The settings of a search strategy, as a file gives them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "spec/describe.h"

namespace mds {

// selection: what is enumerated and picked beforehand. random: random points. evolution: regularised evolution (Real et
// al., 2019): the best of a sample of the latest candidates is mutated. nsga2: non-dominated sorting with crowding
// distances (Deb et al., 2002) over all objectives. model: the largest expected improvement under a Gaussian process
// that also predicts the ends of learning curves from their beginnings.
enum class StrategyKind : uint8_t { selection, random, evolution, nsga2, model };
template <>
struct EnumNames<StrategyKind> {
  static constexpr std::array names{"selection", "random", "evolution", "nsga2", "model"};
};

struct StrategyConfig {
  StrategyKind kind = StrategyKind::selection;
  uint64_t seed = 0;
  std::vector<std::string> objectives{};
  int64_t ahead = 3;
  int64_t population = 12;
  int64_t sample = 4;
  int64_t pool = 256;
  bool operator==(const StrategyConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("kind", self.kind,
          "how the networks to train are found: selection, of the enumerated space; others, as results come");
    field("seed", self.seed, "seed of all that the strategy draws", at_least(0));
    field("objectives", self.objectives,
          "what is made better: scores, params, macs, macs_valid or latency (the sum of a network's block times); all "
          "kinds "
          "but nsga2 look at the first score alone. Empty: "
          "the policy's first score, and for nsga2 macs_valid");
    field("ahead", self.ahead,
          "candidates that may be without a result when another is asked for; candidate k depends on the results of "
          "those "
          "before k - ahead",
          at_least(0));
    field("population", self.population,
          "candidates that evolution and nsga2 breed from; as many are random at the beginning, also for model",
          between(2, 100000));
    field("sample", self.sample, "evolution: candidates of which the best one is mutated", between(1, 100000));
    field("pool", self.pool, "model: points that are compared for each candidate", between(2, 100000));
  }
};

}  // namespace mds
