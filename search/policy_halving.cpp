// The rules that promote the best 1/eta of a rung: successive halving, which waits for the rung, and its asynchronous
// form (Li et al., 2020), which promotes out of those that were evaluated by now. Also the fixed budget.
#include <algorithm>

#include "search/policy_table.h"

namespace mds {
namespace {

using Order = std::pair<int64_t, double>;  // front, mean rank; the first is best

// Candidates that tie with the last promoted one are promoted too, so that only the scores decide.
std::vector<Json> halving_inputs(const PolicyConfig& config, const Cohort& cohort) {
  const auto levels = levels_of(config, cohort);
  const auto ranks = mean_ranks(levels);
  const bool by_front = config.rank == RankBy::front;
  const auto fronts = by_front ? fronts_of(levels) : std::vector<int64_t>(ranks.size());
  std::vector<Order> places;
  for (size_t c = 0; c < ranks.size(); ++c) places.emplace_back(fronts[c], ranks[c]);
  auto sorted = places;
  std::ranges::sort(sorted);
  const bool open = cohort.rung == RungState::open;
  const auto keep = std::max<size_t>(open ? 0 : 1, size_t(double(ranks.size()) / config.eta));
  const Order last = keep > 0 ? sorted[keep - 1] : Order{};
  std::vector<Json> all;
  for (size_t c = 0; c < ranks.size(); ++c) {
    Json& inputs = all.emplace_back(Json{{"mean_rank", ranks[c]}, {"last_promoted_rank", last.second}});
    if (by_front) inputs.update({{"front", fronts[c]}, {"last_promoted_front", last.first}});
    if (open) inputs["open"] = true;
    for (const auto& score : judged_scores(config)) inputs[score.key] = score.level(cohort.members[c].now());
  }
  return all;
}

Outcome halving_outcome(const PolicyConfig&, const Json& inputs) {
  const Order own{inputs.value("front", int64_t{0}), inputs.at("mean_rank").get<double>()},
      last{inputs.value("last_promoted_front", int64_t{0}), inputs.at("last_promoted_rank").get<double>()};
  if (own <= last) return {Verdict::promote, "among the best 1/eta"};
  if (inputs.value("open", false)) return {Verdict::wait, "not among the best 1/eta so far"};
  return {Verdict::stop, "not among the best 1/eta"};
}

std::vector<Json> none_inputs(const PolicyConfig&, const Cohort& cohort) {
  return std::vector<Json>(cohort.members.size(), Json::object());
}

Outcome none_outcome(const PolicyConfig&, const Json&) {
  return {Verdict::go_on, "every candidate trains for the full budget"};
}

}  // namespace

constinit const Policy halving_policy{"halving", 1, halving_inputs, halving_outcome};
constinit const Policy asha_policy{"asha", 1, halving_inputs, halving_outcome, Detail::values, Waits::never};
constinit const Policy none_policy{"none", 1, none_inputs, none_outcome};

}  // namespace mds
