// Strategies on a simulated training: a smooth function of cost and two choices, with the noise of a short training.
#include <algorithm>
#include <cmath>
#include <map>

#include "search/dominance.h"
#include "search/strategy.h"
#include "tests/catch.h"

using namespace mds;

namespace {

constexpr int64_t seeds = 20;

const Space& shipped() {
  static const std::string file = shipped_file("configs/spaces/mobilediffusion.json");
  static const Space space(load_space(file), file);
  return space;
}

// Best where parameters are many, compute is near 150 G, the kernel is 7 and the time is scaled and shifted.
double true_score(const Asked& asked) {
  const Json choices = shipped().choices(asked.point);
  const double params = std::log(double(asked.cost.params) / 3e8),
               macs = std::log(double(asked.cost.macs_valid) / 1.5e11);
  double score = 1 - params + 4 * macs * macs;
  score += choices.contains("kernel") ? 0.1 * std::abs(choices["kernel"].get<double>() - 7) : 0.3;
  score += choices["inner time"] == "scale_shift" ? 0 : 0.2;
  return 10 * std::exp(score);
}

// One normal draw for each candidate of a search.
double noise(uint64_t seed, int64_t number) {
  Random random(seed * 1009 + uint64_t(number));
  const auto uniform = [&] { return (double(random.next() >> 11) + 0.5) * 0x1p-53; };
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * M_PI * uniform());
}

struct Trained {
  StrategyKind kind;
  int64_t candidates;
  std::vector<Objective> objectives;
};

std::vector<Asked> searched(const Trained& trained, uint64_t seed) {
  Strategy strategy({.space = shipped(), .objectives = trained.objectives, .rungs = 2},
                    {.kind = trained.kind, .seed = seed, .ahead = 3, .population = 12, .pool = 64});
  std::vector<Asked> all;
  while (int64_t(all.size()) < trained.candidates)
    for (const auto& asked : strategy.ask(4)) {
      const double score = true_score(asked), begin = 2 * score * std::exp(0.1 * noise(seed + 500, asked.number)),
                   end = score * std::exp(0.05 * noise(seed, asked.number));
      all.push_back(asked);
      // Two of three candidates that begin badly are stopped at the first rung.
      if (begin > 60 && asked.number % 3)
        strategy.tell({.number = asked.number, .curve = {{begin}}});
      else
        strategy.tell({.number = asked.number, .curve = {{begin}, {end}}});
    }
  return all;
}

double best_of(const std::vector<Asked>& all) {
  double best = HUGE_VAL;
  for (const auto& asked : all) best = std::min(best, true_score(asked));
  return best;
}

// The area that the candidates dominate below a score of 100 and the cap of compute, as a share.
double hypervolume(const std::vector<Asked>& all) {
  std::map<double, double> best;  // score by compute
  for (const auto& asked : all) {
    const double macs = double(asked.cost.macs_valid) / 2e11;
    const auto known = best.try_emplace(macs, HUGE_VAL).first;
    known->second = std::min(known->second, true_score(asked) / 100);
  }
  double area = 0, lowest = 1;
  for (const auto& [macs, score] : best) {
    if (score >= lowest) continue;
    area += (lowest - score) * (1 - macs);
    lowest = score;
  }
  return area;
}

struct Comparison {
  double mean_gain = 0;  // over random, positive is better
  int64_t wins = 0;
};

Comparison against_random(const Trained& trained, const auto& worth) {
  Trained random = trained;
  random.kind = StrategyKind::random;
  Comparison comparison;
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    const double gain = worth(searched(trained, seed)) - worth(searched(random, seed));
    comparison.mean_gain += gain / double(seeds);
    comparison.wins += gain > 0;
  }
  return comparison;
}

const std::vector<Objective> one{*trained_objective("fd_emoji_clip")};

}  // namespace

TEST_CASE("evolution, nsga2 and the model find better networks than random search with as many trainings", "[search]") {
  const auto trained = GENERATE(Trained{StrategyKind::evolution, 200, one}, Trained{StrategyKind::nsga2, 150, one},
                                Trained{StrategyKind::model, 40, one});
  INFO(name_of(trained.kind));
  const auto result = against_random(trained, [](const auto& all) { return -std::log(best_of(all)); });
  CHECK(result.mean_gain > 0.02);
  CHECK(result.wins >= 14);  // of 20: by chance with a probability of 6 %
}

TEST_CASE("the front of nsga2 dominates more of score and compute than that of random search", "[search]") {
  const Trained trained{StrategyKind::nsga2, 200, {one.front(), *analytic_objective("macs_valid")}};
  const auto result = against_random(trained, hypervolume);
  CHECK(result.mean_gain > 0);
  CHECK(result.wins >= 14);
}
