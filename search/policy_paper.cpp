// The paper's rule as a test, `paper`, and its companion `level`. Under `paper` a candidate stops when in every score
// it improves more slowly than the median of its rivals and is worse than that by now, beyond the interval of each;
// under `level` it suffices to be worse. The intervals cover pictures and training seeds. So that of candidates which
// do not differ any is stopped in at most `false_stops` of all sweeps, all scores together also have to pass Holm's
// procedure over the candidates of a rung, where each rung spends half of the share that those before it left.
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

// Adds a gap to what is said of a score. `p` is the larger one where level and slope are tested.
void tell(const Gap& gap, const std::string& kind, double p, const PolicyConfig& config, Json& json) {
  const auto interval = centred_interval(gap.difference(), gap.replicates, config.confidence);
  json[kind] = gap.own;
  json["median_" + kind] = gap.median;
  json["difference"] = gap.difference();
  json["low"] = interval.low;
  json["high"] = interval.high;
  json["p"] = std::max(json.value("p", 0.0), p);
}

// What is known of one member in all scores. The slope's difference, where there is one, takes the place of the
// level's.
Json told(const PolicyConfig& config, const std::vector<Tested>& scores, size_t member, int64_t pictures) {
  const bool improvement = !scores.front().slopes.empty(), level_counts = !improvement || config.spare_leaders;
  std::vector<const Gap*> levels, slopes;
  Json inputs = Json::object();
  for (const auto& tested : scores) {
    Json& json = inputs[tested.score.worse_key()] = Json::object();
    levels.push_back(&tested.levels[member]);
    tell(*levels.back(), "level", level_counts ? chance_of({levels.back()}, pictures) : 0, config, json);
    if (!improvement) continue;
    slopes.push_back(&tested.slopes[member]);
    tell(*slopes.back(), "slope", chance_of({slopes.back()}, pictures), config, json);
  }
  inputs["p"] = std::max(level_counts ? chance_of(levels, pictures) : 0, improvement ? chance_of(slopes, pictures) : 0);
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

// `size` evaluations are compared; `tests` is how many rungs have been tested, this one included.
std::vector<Json> tested_inputs(const PolicyConfig& config, const Cohort& cohort, size_t size, size_t tests) {
  std::vector<Json> all(cohort.members.size(), Json::object());
  require_alike(config, cohort, size);
  std::vector<size_t> members;
  for (size_t c = 0; c < all.size(); ++c)
    if (int64_t(rivals_of(config, cohort, c).size()) + 1 >= config.min_cohort) members.push_back(c);
  const int64_t pictures = fewest_pictures(config, cohort.members.front().now());
  const auto scores = tested_scores(config, cohort, size, pictures);
  for (const size_t c : members) all[c] = told(config, scores, c, pictures);
  adjust(config, cohort, all, members);
  const double alpha = config.false_stops / std::exp2(double(tests));
  for (const size_t c : members)
    all[c].update({{"evaluations", size},
                   {"alpha", alpha},
                   {"against", name_of(config.against)},
                   {"seed_spread", config.seed_spread},
                   {"seed_persistence", config.seed_persistence}});
  return all;
}

std::vector<Json> paper_inputs(const PolicyConfig& config, const Cohort& cohort) {
  const size_t evaluations = fewest_evaluations(cohort);
  const size_t size = std::min(evaluations, std::max(least_slope, size_t(config.slope_evaluations)));
  if (size < least_slope) return std::vector<Json>(cohort.members.size(), Json{{"evaluations", size}});
  return tested_inputs(config, cohort, size, evaluations - 1);
}

std::vector<Json> level_inputs(const PolicyConfig& config, const Cohort& cohort) {
  return tested_inputs(config, cohort, 1, fewest_evaluations(cohort));
}

Outcome tested_outcome(const PolicyConfig& config, const Json& inputs, const std::string& what) {
  if (!inputs.contains("p_adjusted"))
    return {Verdict::go_on, "compared with fewer than " + std::to_string(config.min_cohort - 1) + " others"};
  for (const auto& score : inputs)
    if (score.is_object() && score.at("p").get<double>() > (1 - config.confidence) / 2)
      return {Verdict::go_on, "not " + what + " beyond the interval in every score"};
  if (inputs.at("p_adjusted").get<double>() > inputs.at("alpha").get<double>())
    return {Verdict::go_on, what + " in every score, but that may be the chance of one among many"};
  return {Verdict::stop, what + " beyond the interval in every score"};
}

Outcome paper_outcome(const PolicyConfig& config, const Json& inputs) {
  if (inputs.contains("evaluations") && inputs.at("evaluations").get<size_t>() < least_slope)
    return {Verdict::go_on, "improvement takes two evaluations"};
  return tested_outcome(config, inputs, "improving more slowly than the median and worse than it");
}

Outcome level_outcome(const PolicyConfig& config, const Json& inputs) {
  return tested_outcome(config, inputs, "worse than the median");
}

}  // namespace

constinit const Policy paper_policy{"paper", 2, paper_inputs, paper_outcome, Detail::samples, Waits::for_cohort};
constinit const Policy level_policy{"level", 1, level_inputs, level_outcome, Detail::samples, Waits::for_cohort};

}  // namespace mds
