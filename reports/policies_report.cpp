// What stop-and-promote policies cost and find: each is played over the curves of stored sweeps, and over simulated
// ones where few are stored. A fixed budget stands beside them, as no policy is worth its trouble that does not beat
// it.
#include <cmath>

#include "reports/report.h"
#include "search/policy_table.h"
#include "search/replay.h"
#include "search/stored_curves.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr int64_t least_whole = 8;  // curves of a sweep below which simulated sweeps are played too
constexpr int64_t usual_sweeps = 100, simulated_candidates = 12, simulated_replicates = 100;
constexpr double proxy_seed_spread = 0.1;  // of proxies of an eighth of the width, early in their training
constexpr int64_t resamples_played = 40;   // of a stored sweep's candidates

// A way to spend a budget, by name.
struct Player {
  std::string name;
  PolicyConfig policy;
  std::optional<size_t> fixed_rung{};

  Played play(const Trial& trial) const {
    return fixed_rung ? play_fixed(policy, trial, *fixed_rung) : mds::play(policy, trial);
  }
};

std::vector<Player> players_of(const PolicyConfig& base, size_t rungs) {
  std::vector<Player> players;
  for (size_t rung = 0; rung + 1 < rungs; ++rung)
    players.push_back({"all to rung " + std::to_string(rung + 1), base, rung});
  for (const auto& policy : all_policies()) {
    PolicyConfig config = base;
    read_enum(std::string(policy.name), config.rule, {});
    config.version = policy.version;
    config.against = Rivals::cohort;
    config.rank = RankBy::mean;
    players.push_back({policy.title(), config});
    if (policy.waits == Waits::for_cohort) {
      config.against = Rivals::previous;
      players.push_back({policy.title() + " against previous", config});
    }
    if (policy.name == "halving" || policy.name == "asha") {
      config.rank = RankBy::front;
      players.push_back({policy.title() + " by fronts", config});
    }
  }
  return players;
}

// What a player did in many trials.
struct Tally {
  std::vector<double> costs{}, regrets{}, found{}, stopped{}, cut{};

  void add(const Played& played, const Trial& trial, bool factor) {
    const auto count = double(trial.curves.size());
    costs.push_back(played.cost);
    if (played.regret) regrets.push_back(factor ? std::expm1(*played.regret) : *played.regret);
    found.push_back(played.regret && *played.regret <= 0 ? 1 : 0);
    stopped.push_back(double(played.stopped) / count);
    cut.push_back(double(played.cut) / count);
  }
};

bool is_factor(const PolicyConfig& policy) {
  return score_kind(policy_scores(policy).front())->measure == Measure::log_distance;
}

Table empty_table(const std::string& title, const PolicyConfig& policy) {
  const bool factor = is_factor(policy);
  return {.title = title,
          .columns = {{.name = "policy", .weight = Weight::identity},
                      {.name = "of", .audience = Audience::programs},
                      {.name = "trials", .weight = Weight::minor},
                      {.name = "cost", .header = "cost %", .scale = 100, .digits = 1, .weight = Weight::major},
                      {.name = "cost_low", .header = "low", .scale = 100, .digits = 1, .follows = true},
                      {.name = "cost_high", .header = "high", .scale = 100, .digits = 1, .follows = true},
                      {.name = "regret",
                       .header = factor ? "regret %" : "regret",
                       .scale = factor ? 100.0 : 1.0,
                       .digits = factor ? 1 : -1,
                       .weight = Weight::identity},
                      {.name = "regret_low",
                       .header = "low",
                       .scale = factor ? 100.0 : 1.0,
                       .digits = factor ? 1 : -1,
                       .follows = true},
                      {.name = "regret_high",
                       .header = "high",
                       .scale = factor ? 100.0 : 1.0,
                       .digits = factor ? 1 : -1,
                       .follows = true},
                      {.name = "found", .header = "finds the best %", .scale = 100, .digits = 0},
                      {.name = "stopped", .header = "stopped %", .scale = 100, .digits = 0},
                      {.name = "cut", .header = "cut short %", .scale = 100, .digits = 0, .weight = Weight::minor}}};
}

// `whole` is of the trials as they are, whose numbers are shown; `spread` gives their intervals.
void add_row(Table& table, const std::string& name, const std::string& of, const Tally& whole, const Tally& spread) {
  const bool resampled = &whole != &spread;
  const auto interval = [&](const std::vector<double>& values) -> std::optional<Interval> {
    if (values.empty()) return std::nullopt;
    return resampled ? percentile_interval(values) : mean_with_interval(values).interval;
  };
  const auto mean = [](const std::vector<double>& values) {
    return values.empty() ? Json() : Json(mean_with_interval(values).value);
  };
  const auto low = [](const auto& bounds) { return bounds ? Json(bounds->low) : Json(); };
  const auto high = [](const auto& bounds) { return bounds ? Json(bounds->high) : Json(); };
  const auto cost = interval(spread.costs), regret = interval(spread.regrets);
  table.rows.push_back({name, of, spread.costs.size(), mean(whole.costs), low(cost), high(cost), mean(whole.regrets),
                        low(regret), high(regret), mean(whole.found), mean(whole.stopped), mean(whole.cut)});
}

int64_t whole_curves(const Trial& trial) {
  return std::ranges::count_if(trial.ends, [](double end) { return std::isfinite(end); });
}

// --- stored ----------------------------------------------------------------------------------------------------------

// One trial for each seed of a sweep that has a whole curve, which reaches the sweep's last rung: the curves that are
// sound, of candidates that did not fail.
std::vector<Trial> stored_trials(const Database& database, const std::string& sweep, const PolicyConfig& policy,
                                 Detail detail) {
  std::map<int64_t, Trial> by_seed;
  for (const auto& run : runs_of(database, sweep)) {
    if (run.state == RunState::failed) continue;
    Curve curve = stored_curve(database, run, policy, detail);
    if (!curve.evaluations.empty() && problem_of(policy, curve).empty())
      by_seed[run.seed].curves.push_back(std::move(curve));
  }
  std::vector<int64_t> images;
  for (const auto& [seed, trial] : by_seed)
    for (const auto& curve : trial.curves)
      if (curve.evaluations.size() > images.size()) {
        images.clear();
        for (const auto& evaluation : curve.evaluations) images.push_back(evaluation.images_seen);
      }
  std::vector<Trial> trials;
  for (auto& [seed, trial] : by_seed) {
    trial.images = images;
    for (const auto& curve : trial.curves) {
      const bool whole = curve.evaluations.size() == images.size();
      trial.ends.push_back(whole ? badness_of(policy, curve.evaluations.back()) : NAN);
    }
    if (images.size() > 1 && whole_curves(trial) > 0) trials.push_back(std::move(trial));
  }
  return trials;
}

// The candidates drawn with replacement, each under a name of its own; again until one of them is whole.
Trial resampled(const Trial& trial, Random& random) {
  Trial drawn{.images = trial.images};
  do {
    drawn.curves.clear(), drawn.ends.clear();
    for (const auto i : resample(int64_t(trial.curves.size()), random)) {
      drawn.curves.push_back(trial.curves[size_t(i)]);
      drawn.curves.back().candidate += " " + std::to_string(drawn.curves.size());
      drawn.ends.push_back(trial.ends[size_t(i)]);
    }
  } while (whole_curves(drawn) == 0);
  return drawn;
}

void play_stored(const Player& player, const std::vector<Trial>& trials, const std::string& sweep, Table& table) {
  const bool factor = is_factor(player.policy);
  Tally whole, spread;
  Random random(player.policy.seed);
  for (const auto& trial : trials) {
    whole.add(player.play(trial), trial, factor);
    for (int64_t i = 0; i < resamples_played; ++i) {
      const Trial drawn = resampled(trial, random);
      spread.add(player.play(drawn), drawn, factor);
    }
  }
  add_row(table, player.name, sweep, whole, spread);
}

// No table where fewer than two rungs or no whole curve are stored.
std::optional<Table> stored_table(const Database& database, const std::string& sweep) {
  const PolicyConfig base = stored_policy(database, sweep);
  const auto values = stored_trials(database, sweep, base, Detail::values);
  if (values.empty()) return std::nullopt;
  int64_t candidates = 0, whole = 0;
  for (const auto& trial : values) candidates += int64_t(trial.curves.size()), whole += whole_curves(trial);
  Table table = empty_table("Policies replayed over the sweep " + sweep + ", of whose " + std::to_string(candidates) +
                                " curves " + std::to_string(whole) + " reach the last rung",
                            base);
  std::vector<Trial> samples;
  try {
    samples = stored_trials(database, sweep, base, Detail::samples);
  } catch (const StoreError&) {
    table.footnotes.emplace_back(
        "The rules paper and level are left out: the program that scored the sweep stored no samples of its scores.");
  }
  for (const auto& player : players_of(base, values.front().images.size())) {
    const bool tests = !player.fixed_rung && detail_of(player.policy) == Detail::samples;
    if (!tests || !samples.empty()) play_stored(player, tests ? samples : values, sweep, table);
  }
  table.footnotes.push_back("Intervals: 95%, over " + std::to_string(resamples_played) +
                            " sweeps of candidates drawn from the stored ones with replacement.");
  if (whole < candidates)
    table.footnotes.push_back(
        "cut short: candidates that the policy would have trained further than they were; they count as stopped, and "
        "the best is that of the whole curves. Where a policy kept none of these, it found nothing and has no regret.");
  return table;
}

// --- simulated -------------------------------------------------------------------------------------------------------

Table simulated_table(int64_t sweeps) {
  const PolicyConfig base{.replicates = simulated_replicates, .seed_spread = proxy_seed_spread};
  const SimulationConfig simulation{.seed_spread = proxy_seed_spread};
  const BootstrapIndices rows = policy_indices(base, simulation.pictures);
  const auto players = players_of(base, simulation.images.size());
  std::vector<Tally> tallies(players.size());
  for (int64_t seed = 0; seed < sweeps; ++seed) {
    const Trial trial = simulated_trial(simulation, rows, simulated_candidates, uint64_t(seed));
    for (size_t i = 0; i < players.size(); ++i) tallies[i].add(players[i].play(trial), trial, true);
  }
  Table table = empty_table("Policies over " + thousands(sweeps) + " simulated sweeps of " +
                                std::to_string(simulated_candidates) + " candidates and " +
                                std::to_string(simulation.images.size()) + " rungs, of " +
                                std::to_string(simulation.pictures) + " pictures each",
                            base);
  for (size_t i = 0; i < players.size(); ++i) add_row(table, players[i].name, "simulated", tallies[i], tallies[i]);
  table.footnotes.push_back(
      "Simulated, not measured: curves fall by a power law to a floor, with the noise of pictures that the recorded "
      "sweep shows, and a distance that differs by 10% between seeds. Intervals: 95%, over the sweeps.");
  return table;
}

std::vector<Table> policies_tables(const Database& database, const ReportOptions& options) {
  if (!options.sweep.empty()) stored_policy(database, options.sweep);  // an unknown sweep is an error
  std::vector<Table> tables;
  int64_t most_whole = 0;
  for (const auto& sweep : sweep_names(database)) {
    if (sweep == trainings || (!options.sweep.empty() && sweep != options.sweep)) continue;
    if (auto table = stored_table(database, sweep)) tables.push_back(std::move(*table));
    for (const auto& trial : stored_trials(database, sweep, stored_policy(database, sweep), Detail::values))
      most_whole = std::max(most_whole, whole_curves(trial));
  }
  const int64_t sweeps = options.simulate.value_or(most_whole < least_whole ? usual_sweeps : 0);
  if (sweeps > 0) tables.push_back(simulated_table(sweeps));
  if (!tables.empty())
    tables.back().footnotes.push_back(
        "cost: images trained on, of those that training all to the end takes. regret: how much worse the found "
        "candidate ends than the best. all to rung N: a fixed budget for all, and the best of them to the end; a "
        "policy has to find better at less cost.");
  return tables;
}

}  // namespace

constinit const Report policies_report{
    .name = "policies",
    .summary = "what policies cost and find, replayed over stored or simulated sweeps",
    .tables = policies_tables,
    .lacking = "holds no sweep with a whole curve, and `simulate` is 0",
    .reads = "sweep simulate"};

}  // namespace mds
