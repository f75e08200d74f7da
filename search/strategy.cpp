#include "search/strategy.h"

#include <algorithm>
#include <cmath>

#include "search/moves.h"
#include "search/proposer.h"

namespace mds {
namespace {

constexpr int64_t own_draws = 100;    // of the strategy itself; then points are drawn at random
constexpr int64_t most_draws = 2000;  // then the space is walked
constexpr size_t walk_parts = 4096;   // of the space, for that walk
constexpr int64_t most_walked = 2'000'000;

std::vector<Objective> in_order(std::vector<Objective> objectives) {
  std::ranges::stable_sort(objectives, {}, &Objective::expense);
  for (size_t i = 0; i < objectives.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (objectives[i].name == objectives[j].name)
        throw ConfigError("strategy.objectives: names " + objectives[i].name + " twice");
  if (std::ranges::none_of(objectives, &Objective::dear))
    throw ConfigError("strategy.objectives: has no score; a strategy learns from at least one");
  return objectives;
}

}  // namespace

Strategy::Strategy(const SearchProblem& problem, const StrategyConfig& config, const std::vector<NamedUNet>& first)
    : problem_(problem), config_(from_json<StrategyConfig>(to_json(config), "strategy")) {
  problem_.objectives = in_order(problem.objectives);
  for (const auto& [name, network] : first) {
    const Cost cost = memo_.cost_of(network);
    if (const std::string over = over_caps(cost, problem.caps); !over.empty())
      throw ConfigError("the network " + name + ", one of the first candidates, " + over);
    first_.push_back(
        {.name = name, .point = point_of(problem.space, network).value_or(Point{}), .network = network, .cost = cost});
  }
  for (const auto& point : problem_.members) members_.push_back({point, prints_.of(problem_.space.network(point))});
  proposer_ = make_proposer(
      {.space = problem_.space,
       .config = config_,
       .objective = size_t(std::ranges::find_if(problem_.objectives, &Objective::dear) - problem_.objectives.begin()),
       .rungs = problem.rungs,
       .admitted = [this](const Point& point) { return admitted(point); }});
}

Strategy::~Strategy() = default;

std::vector<Asked> Strategy::ask(int64_t n) {
  std::vector<Asked> batch;
  while (int64_t(batch.size()) < n) {
    auto one = next();
    if (!one) break;
    one->number = asked();
    const uint64_t print = prints_.of(one->network);
    seen_.insert(print);
    std::erase_if(members_, [&](const Member& member) { return member.print == print; });
    asked_.push_back(*one);
    batch.push_back(std::move(*one));
  }
  return batch;
}

std::optional<Asked> Strategy::next() {
  if (asked_.size() < first_.size()) return first_[asked_.size()];
  exhausted_ = exhausted_ || !proposer_;
  if (exhausted_ || !learn_until(asked() - config_.ahead)) return std::nullopt;
  Random random(Random(config_.seed).next() ^ uint64_t(asked()));
  auto found = proposed(random);
  if (!found) found = remaining();
  exhausted_ = !found;
  return found;
}

// False while one of the first `count` results is missing.
bool Strategy::learn_until(int64_t count) {
  for (; learned_ < count; ++learned_) {
    const auto told = told_.find(learned_);
    if (told == told_.end()) return false;
    proposer_->learn(observation_of(told->second));
  }
  return true;
}

std::optional<Asked> Strategy::proposed(Random& random) {
  for (int64_t draw = 0; draw < most_draws; ++draw)
    if (auto asked = admitted(draw < own_draws ? proposer_->propose(random) : random_point(problem_.space, random)))
      return asked;
  return std::nullopt;
}

std::optional<Asked> Strategy::remaining() {
  if (!problem_.members.empty()) return std::nullopt;
  if (parts_.empty()) parts_ = problem_.space.beginnings(walk_parts);
  for (int64_t walked = 0;;) {
    for (; !rest_.empty(); rest_.pop_back())
      if (auto asked = admitted(rest_.back())) return asked;
    if (next_part_ == parts_.size()) return std::nullopt;
    if (walked > most_walked)
      throw ConfigError("strategy: no network under the caps that is new was found in " + std::to_string(most_draws) +
                        " draws and " + std::to_string(walked) + " points of " + problem_.space.source() +
                        "; allowed: higher caps, or fewer candidates");
    problem_.space.for_each(
        [&](const UNetSpec&, const Point& point) {
          ++walked;
          if (admitted(point)) rest_.push_back(point);
        },
        parts_[next_part_++]);
  }
}

// The first of equally near ones.
const Point& Strategy::nearest_member(const Point& point) const {
  const auto differing = [&](const Member& member) {
    size_t count = 0;
    for (size_t i = 0; i < point.size(); ++i) count += member.point[i] != point[i];
    return count;
  };
  return std::ranges::min_element(members_, {}, differing)->point;
}

std::optional<Asked> Strategy::admitted(const Point& proposed) {
  if (members_.empty() && !problem_.members.empty()) return std::nullopt;
  const Point& point = members_.empty() ? proposed : nearest_member(proposed);
  Asked asked{.point = point, .network = problem_.space.network(point)};
  try {
    asked.cost = memo_.cost_of(asked.network);
  } catch (const ConfigError&) {  // its layers and skips do not fit each other
    return std::nullopt;
  }
  if (!over_caps(asked.cost, problem_.caps).empty() || seen_.contains(prints_.of(asked.network))) return std::nullopt;
  if (!within_limits(asked.network, asked.cost)) return std::nullopt;
  return asked;
}

bool Strategy::within_limits(const UNetSpec& network, const Cost& cost) const {
  return std::ranges::all_of(problem_.objectives, [&](const Objective& objective) {
    return objective.dear() || std::isinf(objective.limit) || objective.within_limit(objective.value(network, cost));
  });
}

void Strategy::tell(const Told& told) {
  const auto fail = [&](const std::string& message) {
    throw ConfigError("strategy: candidate " + std::to_string(told.number) + " " + message);
  };
  if (told.number < 0 || told.number >= asked())
    fail("has a result, but " + std::to_string(asked()) + " candidates were asked for, counted from 0");
  if (told_.contains(told.number)) fail("has a second result");
  const auto dear = size_t(std::ranges::count_if(problem_.objectives, &Objective::dear));
  if (int64_t(told.curve.size()) > problem_.rungs)
    fail("has results after " + std::to_string(told.curve.size()) +
         " rungs; allowed: " + std::to_string(problem_.rungs));
  for (size_t rung = 0; rung < told.curve.size(); ++rung) {
    if (told.curve[rung].size() != dear)
      fail("has " + std::to_string(told.curve[rung].size()) + " scores at rung " + std::to_string(rung + 1) +
           "; allowed: " + std::to_string(dear));
    for (const double value : told.curve[rung])
      if (!std::isfinite(value))
        fail("has the score " + std::to_string(value) + " at rung " + std::to_string(rung + 1) +
             "; allowed: finite numbers, or no curve for a candidate that failed");
  }
  told_.emplace(told.number, told);
}

Observation Strategy::observation_of(const Told& told) const {
  const Asked& asked = asked_[size_t(told.number)];
  Observation observation{.point = asked.point, .cost = asked.cost};
  for (const auto& scores : told.curve) {
    auto& row = observation.curve.emplace_back();
    size_t next_score = 0;
    for (const auto& objective : problem_.objectives)
      row.push_back(
          objective.oriented(objective.dear() ? scores[next_score++] : objective.value(asked.network, asked.cost)));
  }
  return observation;
}

}  // namespace mds
