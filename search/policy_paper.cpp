// The paper's rule as a test, `paper`, and its companion `level`. Under `paper` a candidate stops when in every score
// it improves more slowly than the median of its rivals and is worse than that by now; under `level` it suffices to be
// worse. What chance does covers pictures and training seeds. So that of candidates which do not differ any is stopped
// in at most `false_stops` of all sweeps, all scores together have to pass Holm's procedure over the candidates of a
// rung, where each rung spends half of the share that those before it left. Each score by itself has to agree: beyond
// its interval in paper/2 and `level`, with one-sided `confidence` in paper/3. paper/2 takes the larger chance of level
// and slope, paper/3 that of both at once.
#include <algorithm>
#include <limits>

#include "search/policy_reading.h"
#include "search/policy_table.h"

namespace mds {
namespace {

constexpr size_t least_slope = 2;  // evaluations; one has no slope

size_t fewest_evaluations(const Cohort& cohort) {
  const auto count = [](const Member& member) { return member.history.size(); };
  return count(*std::ranges::min_element(cohort.members, {}, count));
}

// The fewest pictures behind a score; 0 where that is not known.
int64_t fewest_pictures(const PolicyConfig& config, const Evaluation& evaluation) {
  int64_t fewest = std::numeric_limits<int64_t>::max();
  for (const auto& score : judged_scores(config)) {
    const Measured& measured = evaluation.scores.at(score.name);
    fewest = std::min(fewest, score.is_mean() ? int64_t(measured.values.size()) : measured.pictures);
  }
  return fewest;
}

// One score: each member's gaps to the median of its rivals. Without slopes the level alone is tested.
struct Tested {
  Judged score;
  std::vector<Gap> levels{}, slopes{};
};

std::vector<Tested> tested_scores(const PolicyConfig& config, const Cohort& cohort, size_t size, int64_t pictures) {
  std::vector<Tested> all;
  const auto weights = slope_weights(cohort.members.front().history.last(size));
  for (const auto& score : judged_scores(config)) {
    std::vector<Reading> levels, slopes;
    for (const auto& window : readings_of(config, cohort, score, size)) {
      levels.push_back(window.back());
      slopes.push_back(weighted(window, weights));
    }
    Tested& tested = all.emplace_back(Tested{.score = score, .levels = gaps_of(levels, config.against, pictures)});
    if (size >= least_slope) tested.slopes = gaps_of(slopes, config.against, pictures);
  }
  return all;
}

// Adds a gap to what is said of a score.
void tell(const Gap& gap, const std::string& kind, const PolicyConfig& config, Json& json) {
  const auto interval = centred_interval(gap.difference(), gap.replicates, config.confidence);
  json[kind] = gap.own;
  json["median_" + kind] = gap.median;
  json["difference"] = gap.difference();
  json["low"] = interval.low;
  json["high"] = interval.high;
}

// The chance of what is seen of level and slope if there is no gap.
using Chance = double (*)(const GapSum& level, const GapSum& slope);

double larger_chance(const GapSum& level, const GapSum& slope) { return std::max(chance_of(level), chance_of(slope)); }

struct Test {
  size_t size;    // evaluations that are compared
  size_t number;  // of the rung among those that have been tested, from 1
  Chance chance = larger_chance;
};

// A rung with its gaps.
struct Rung {
  const PolicyConfig& config;
  std::vector<Tested> scores;
  int64_t pictures;
  Chance chance;

  // Without slopes the level alone is tested; where leaders are not spared, the slope alone.
  double p_of(const std::vector<const Gap*>& levels, const std::vector<const Gap*>& slopes) const {
    if (slopes.empty()) return chance_of(sum_of(levels, pictures));
    const GapSum slope = sum_of(slopes, pictures);
    return config.spare_leaders ? chance(sum_of(levels, pictures), slope) : chance_of(slope);
  }
};

// What is known of one member in all scores. The slope's difference, where there is one, takes the place of the
// level's.
Json told(const Rung& rung, size_t member) {
  std::vector<const Gap*> levels, slopes;
  Json inputs = Json::object();
  for (const auto& [score, level, slope] : rung.scores) {
    Json& json = inputs[score.worse_key()] = Json::object();
    std::vector<const Gap*> own;
    levels.push_back(&level[member]);
    tell(level[member], "level", rung.config, json);
    if (!slope.empty()) {
      own.push_back(&slope[member]);
      slopes.push_back(own.back());
      tell(slope[member], "slope", rung.config, json);
    }
    json["p"] = rung.p_of({levels.back()}, own);
  }
  inputs["p"] = rung.p_of(levels, slopes);
  return inputs;
}

void adjust(const PolicyConfig& config, const Cohort& cohort, std::vector<Json>& all,
            const std::vector<size_t>& members) {
  std::vector<double> p;
  for (const size_t c : members) p.push_back(all[c]["p"].get<double>());
  if (config.against == Rivals::cohort)
    p = holm(p);
  else  // others are judged at other times, so that every test takes the same share
    for (double& each : p) each = std::min(1.0, each * double(cohort.candidates));
  for (size_t i = 0; i < members.size(); ++i) all[members[i]]["p_adjusted"] = p[i];
}

std::vector<Json> tested_inputs(const PolicyConfig& config, const Cohort& cohort, const Test& test) {
  std::vector<Json> all(cohort.members.size(), Json::object());
  require_alike(config, cohort, test.size);
  std::vector<size_t> members;
  for (size_t c = 0; c < all.size(); ++c)
    if (int64_t(rivals_of(config, cohort, c).size()) + 1 >= config.min_cohort) members.push_back(c);
  const int64_t pictures = fewest_pictures(config, cohort.members.front().now());
  const Rung rung{config, tested_scores(config, cohort, test.size, pictures), pictures, test.chance};
  for (const size_t c : members) all[c] = told(rung, c);
  adjust(config, cohort, all, members);
  const double alpha = config.false_stops / std::exp2(double(test.number));
  for (const size_t c : members)
    all[c].update({{"evaluations", test.size},
                   {"alpha", alpha},
                   {"against", name_of(config.against)},
                   {"seed_spread", config.seed_spread},
                   {"seed_persistence", config.seed_persistence}});
  return all;
}

std::vector<Json> slow_inputs(const PolicyConfig& config, const Cohort& cohort, Chance chance) {
  const size_t evaluations = fewest_evaluations(cohort);
  const size_t size = std::min(evaluations, std::max(least_slope, size_t(config.slope_evaluations)));
  if (size < least_slope) return std::vector<Json>(cohort.members.size(), Json{{"evaluations", size}});
  return tested_inputs(config, cohort, {size, evaluations - 1, chance});
}

std::vector<Json> paper_2_inputs(const PolicyConfig& config, const Cohort& cohort) {
  return slow_inputs(config, cohort, larger_chance);
}

std::vector<Json> paper_inputs(const PolicyConfig& config, const Cohort& cohort) {
  return slow_inputs(config, cohort, chance_of_both);
}

std::vector<Json> level_inputs(const PolicyConfig& config, const Cohort& cohort) {
  return tested_inputs(config, cohort, {1, fewest_evaluations(cohort)});
}

// What a candidate is said to be, and the largest chance of each score by itself, which is called `beyond`.
struct Claim {
  std::string what, beyond;
  double chance;
};

Outcome tested_outcome(const PolicyConfig& config, const Json& inputs, const Claim& claim) {
  const auto& [what, beyond, chance] = claim;
  if (!inputs.contains("p_adjusted"))
    return {Verdict::go_on, "compared with fewer than " + std::to_string(config.min_cohort - 1) + " others"};
  for (const auto& score : inputs)
    if (score.is_object() && score.at("p").get<double>() > chance)
      return {Verdict::go_on, "not " + what + " " + beyond + " in every score"};
  if (inputs.at("p_adjusted").get<double>() > inputs.at("alpha").get<double>())
    return {Verdict::go_on, what + " in every score, but that may be the chance of one among many"};
  return {Verdict::stop, what + " " + beyond + " in every score"};
}

double outside_interval(const PolicyConfig& config) { return (1 - config.confidence) / 2; }

Outcome slow_outcome(const PolicyConfig& config, const Json& inputs, const std::string& beyond, double chance) {
  if (inputs.contains("evaluations") && inputs.at("evaluations").get<size_t>() < least_slope)
    return {Verdict::go_on, "improvement takes two evaluations"};
  return tested_outcome(config, inputs, {"improving more slowly than the median and worse than it", beyond, chance});
}

Outcome paper_2_outcome(const PolicyConfig& config, const Json& inputs) {
  return slow_outcome(config, inputs, "beyond the interval", outside_interval(config));
}

Outcome paper_outcome(const PolicyConfig& config, const Json& inputs) {
  return slow_outcome(config, inputs, "with confidence", 1 - config.confidence);
}

Outcome level_outcome(const PolicyConfig& config, const Json& inputs) {
  return tested_outcome(config, inputs, {"worse than the median", "beyond the interval", outside_interval(config)});
}

}  // namespace

constinit const Policy paper_policy_2{"paper", 2, paper_2_inputs, paper_2_outcome, Detail::samples, Waits::for_cohort};
constinit const Policy paper_policy{"paper", 3, paper_inputs, paper_outcome, Detail::samples, Waits::for_cohort};
constinit const Policy level_policy{"level", 1, level_inputs, level_outcome, Detail::samples, Waits::for_cohort};

}  // namespace mds
