// The strategy `model`: a surrogate over cost and choices, and the point of the largest expected improvement.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "search/curve_ends.h"
#include "search/moves.h"
#include "search/proposer.h"
#include "search/surrogate.h"

namespace mds {
namespace {

constexpr size_t most_learned = 300;  // the latest; time rises with the third power
constexpr size_t parents = 5;         // the best ones, whose mutants are half of the pool

class Model final : public Proposer {
 public:
  explicit Model(const ProposerContext& context) : context_(context) {}

  // A failed candidate tells nothing about the objective.
  void learn(const Observation& observation) override {
    if (observation.point.empty() || observation.curve.empty()) return;
    observations_.push_back(observation);
    if (observations_.size() > most_learned) observations_.erase(observations_.begin());
    surrogate_.reset();
  }

  Point propose(Random& random) override {
    if (observations_.size() < size_t(context_.config.population)) return random_point(context_.space, random);
    if (!surrogate_) fit();
    std::optional<Point> best;
    double most = -1;
    for (int64_t i = 0; i < context_.config.pool; ++i) {
      const auto asked = context_.admitted(i % 2 ? mutant(random) : random_point(context_.space, random));
      if (!asked) continue;
      const double gain = expected_improvement(surrogate_->at(features_of(asked->point, asked->cost)), lowest_);
      if (gain > most) most = gain, best = asked->point;
    }
    return best ? *best : random_point(context_.space, random);
  }

 private:
  static Features features_of(const Point& point, const Cost& cost) {
    constexpr double unit = 0.25;  // a difference of a quarter counts as one
    return {.numbers = {std::log(double(cost.params)) / unit, std::log(double(cost.macs_valid)) / unit},
            .choices = point};
  }

  // Distances between pictures fall by factors, so that values which are all positive are modelled by their logarithms.
  void fit() {
    std::vector<BegunCurve> curves;
    bool positive = true;
    for (const auto& observation : observations_) {
      auto& curve =
          curves.emplace_back(BegunCurve{.features = features_of(observation.point, observation.cost), .values = {}});
      for (const auto& values : observation.curve) curve.values.push_back(values[context_.objective]);
      positive = positive && std::ranges::all_of(curve.values, [](double value) { return value > 0; });
    }
    if (positive)
      for (auto& curve : curves)
        for (double& value : curve.values) value = std::log(value);
    const auto ends = curve_ends(curves, context_.rungs);
    std::vector<Features> features;
    for (auto& curve : curves) features.push_back(std::move(curve.features));
    surrogate_.emplace(features, ends);
    order_.resize(observations_.size());
    std::iota(order_.begin(), order_.end(), size_t(0));
    std::vector<double> smoothed;
    for (const auto& each : features) smoothed.push_back(surrogate_->at(each).mean);
    std::ranges::stable_sort(order_, {}, [&](size_t i) { return smoothed[i]; });
    lowest_ = smoothed[order_.front()];
  }

  // One or two mutations away from one of the best.
  Point mutant(Random& random) const {
    const auto parent = size_t(random.below(int64_t(std::min(parents, order_.size()))));
    const Point point = mutated(context_.space, observations_[order_[parent]].point, random);
    return random.below(2) == 0 ? point : mutated(context_.space, point, random);
  }

  ProposerContext context_;
  std::vector<Observation> observations_;
  std::optional<Surrogate> surrogate_;
  std::vector<size_t> order_;  // of trials, the lowest predicted objective first
  double lowest_ = 0;
};

}  // namespace

std::unique_ptr<Proposer> make_model(const ProposerContext& context) { return std::make_unique<Model>(context); }

}  // namespace mds
