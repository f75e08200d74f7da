#include "search/replay.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "search/policy_table.h"

namespace mds {
namespace {

enum class State : uint8_t { ready, waiting, stopped, done };

struct Player {
  State state = State::ready;
  size_t trained = 0;  // rungs
};

// A sweep in progress: the same loop as that of a real one, without training.
class Play {
 public:
  Play(const PolicyConfig& policy, const Trial& trial)
      : policy_(policy),
        trial_(trial),
        at_once_(policy_of(policy).waits == Waits::never),
        players_(trial.curves.size()) {}

  Played run() {
    while (true) {
      const size_t next = deepest_ready();
      if (next < players_.size()) {
        train(next);
        if (at_once_ && players_[next].state == State::waiting) judge(players_[next].trained - 1, RungState::open);
      } else if (const auto waiting = lowest_waiting(); waiting < players_.size()) {
        judge(players_[waiting].trained - 1, RungState::complete);
      } else {
        return result();
      }
    }
  }

 private:
  size_t deepest_ready() const {
    size_t best = players_.size();
    for (size_t c = 0; c < players_.size(); ++c)
      if (players_[c].state == State::ready &&
          (best == players_.size() || players_[c].trained > players_[best].trained))
        best = c;
    return best;
  }

  size_t lowest_waiting() const {
    size_t best = players_.size();
    for (size_t c = 0; c < players_.size(); ++c)
      if (players_[c].state == State::waiting &&
          (best == players_.size() || players_[c].trained < players_[best].trained))
        best = c;
    return best;
  }

  void train(size_t c) {
    Player& player = players_[c];
    if (player.trained == trial_.curves[c].evaluations.size()) {
      player.state = State::stopped;
      ++played_.cut;
      return;
    }
    ++player.trained;
    player.state = player.trained == trial_.images.size() ? State::done : State::waiting;
  }

  // Those who arrived last come last, as in a real sweep.
  std::vector<Curve> known_curves(size_t rung) const {
    std::vector<Curve> curves, arrived;
    for (size_t c = 0; c < players_.size(); ++c) {
      const auto& all = trial_.curves[c].evaluations;
      const bool here = players_[c].state == State::waiting && players_[c].trained == rung + 1;
      (here ? arrived : curves)
          .push_back({trial_.curves[c].candidate, {all.begin(), all.begin() + std::ptrdiff_t(players_[c].trained)}});
    }
    std::ranges::move(arrived, std::back_inserter(curves));
    return curves;
  }

  void judge(size_t rung, RungState state) {
    const auto curves = known_curves(rung);
    auto decisions = mds::judge(policy_, curves, trial_.images[rung], state);
    std::erase_if(decisions, [&](const Decision& decision) {
      const Player& player = player_of(decision);
      return decision.verdict == Verdict::wait || player.state != State::waiting || player.trained != rung + 1;
    });
    for (const auto& decision : decisions) {
      const bool stops = decision.verdict == Verdict::stop;
      player_of(decision).state = stops ? State::stopped : State::ready;
      played_.stopped += stops;
    }
  }

  Player& player_of(const Decision& decision) {
    const auto& curves = trial_.curves;
    return players_[size_t(std::ranges::find(curves, decision.candidate, &Curve::candidate) - curves.begin())];
  }

  Played result() const {
    Played played = played_;
    double found = NAN, found_end = NAN, best = NAN, images = 0;
    for (size_t c = 0; c < players_.size(); ++c) {
      if (players_[c].trained > 0) images += double(trial_.images[players_[c].trained - 1]);
      if (std::isfinite(trial_.ends[c])) best = std::fmin(best, trial_.ends[c]);
      if (players_[c].state != State::done) continue;
      const double seen = badness_of(policy_, trial_.curves[c].evaluations.back());
      if (!(seen >= found)) found = seen, found_end = trial_.ends[c];
    }
    played.cost = images / (double(trial_.images.back()) * double(players_.size()));
    if (!std::isnan(found)) played.regret = found_end - best;
    return played;
  }

  const PolicyConfig& policy_;
  const Trial& trial_;
  bool at_once_;  // rules against previous candidates decide the same when all have come, in the order of the sweep
  std::vector<Player> players_;
  Played played_{};
};

}  // namespace

double badness_of(const PolicyConfig& policy, const Evaluation& evaluation) {
  const Judged score = judged_scores(policy).front();
  return score.sign() * score.level(evaluation);
}

Played play(const PolicyConfig& policy, const Trial& trial) { return Play(policy, trial).run(); }

Played play_fixed(const PolicyConfig& policy, const Trial& trial, size_t rung) {
  Played played;
  double found = NAN, found_end = NAN, best = NAN;
  for (size_t c = 0; c < trial.curves.size(); ++c) {
    if (!std::isfinite(trial.ends[c])) continue;
    best = std::fmin(best, trial.ends[c]);
    const double seen = badness_of(policy, trial.curves[c].evaluations[rung]);
    if (!(seen >= found)) found = seen, found_end = trial.ends[c];
  }
  if (std::isnan(found)) throw std::logic_error("a replay needs a curve that reaches the last rung");
  const auto count = double(trial.curves.size()), last = double(trial.images.back()), here = double(trial.images[rung]);
  played.cost = (count * here + (last - here)) / (count * last);
  played.regret = found_end - best;
  played.stopped = rung + 1 == trial.images.size() ? 0 : int64_t(trial.curves.size()) - 1;
  return played;
}

Trial simulated_trial(const SimulationConfig& config, const BootstrapIndices& rows, int64_t candidates, uint64_t seed) {
  SimulatedSweep sweep(config, rows, seed);
  Random shapes(~seed);
  Trial trial{.images = config.images};
  for (int64_t c = 0; c < candidates; ++c) {
    const CurveShape shape{.floor = 0.03 * std::exp(0.4 * shapes.normal()),
                           .scale = 0.25 * std::exp(0.2 * shapes.normal()),
                           .power = std::max(0.1, 0.6 + 0.12 * shapes.normal())};
    trial.curves.push_back(sweep.curve("c" + std::to_string(c), shape));
    trial.ends.push_back(std::log(true_distance(shape, config, config.images.back())));
  }
  return trial;
}

Mean mean_with_interval(const std::vector<double>& values) {
  constexpr int64_t replicates = 500;
  std::vector<double> means;
  for (const auto& row : bootstrap_indices(int64_t(values.size()), replicates, /*seed=*/0)) {
    double sum = 0;
    for (const auto i : row) sum += values[size_t(i)];
    means.push_back(sum / double(row.size()));
  }
  return {mean_of(values), percentile_interval(std::move(means))};
}

}  // namespace mds
