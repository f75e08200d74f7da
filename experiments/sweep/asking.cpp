#include "experiments/sweep/asking.h"

#include <algorithm>

#include "experiments/sweep/stored_candidates.h"
#include "search/naming.h"

namespace mds {
namespace {

// What the strategy of a sweep stands on, which has to live as long as it.
struct Search {
  Search(const SweepConfig& of, const StrategyConfig& strategy_config, const std::vector<NamedUNet>& first,
         const Latencies& latencies = {})
      : config(of),
        space(load_space(config.space), config.space),
        objectives(objectives_of(config, {config.file, "strategy.objectives"}, latencies)),
        strategy({.space = space,
                  .caps = caps_of(config.max_params, config.max_gmacs),
                  .objectives = objectives,
                  .rungs = int64_t(config.rungs.size())},
                 strategy_config, first) {}

  std::vector<std::string> scores() const {
    std::vector<std::string> names;
    for (const auto& objective : objectives)
      if (objective.dear()) names.push_back(objective.name);
    return names;
  }

  const SweepConfig& config;
  Space space;
  std::vector<Objective> objectives;
  Strategy strategy;
};

// Of a candidate that another worker queued and trained just now, the latency may not be there yet: it is told of
// later.
void tell(Search& search, const Database& database, const std::vector<StoredCandidate>& stored,
          const Latencies& latencies) {
  const SweepConfig& config = search.config;
  for (size_t i = 0; i < stored.size(); ++i)
    if (ended(stored[i].runs) && (!reads_latency(config) || latencies.contains(stored[i].runs.front().proxy_of)))
      search.strategy.tell(
          {.number = int64_t(i), .curve = result_of(database, stored[i].runs, {config.rungs, search.scores()})});
}

// The candidates that were asked for, named by what distinguishes them from each other and from the stored ones.
std::vector<Candidate> named(const std::vector<Asked>& asked, const Space& space,
                             const std::vector<StoredCandidate>& stored) {
  std::vector<Candidate> list;
  std::set<std::string> taken;
  for (const auto& each : stored) {
    list.push_back(each.candidate);
    if (list.back().choices.empty()) continue;
    taken.insert(std::exchange(list.back().name, ""));
  }
  for (const auto& each : asked)
    list.push_back({.network = each.network,
                    .cost = each.cost,
                    .choices = each.point.empty() ? Json::object() : space.choices(each.point),
                    .name = each.name});
  name_candidates(space.spec(), list, taken);
  list.erase(list.begin(), list.begin() + int64_t(stored.size()));
  return list;
}

// The stored candidates, and those that the space includes.
std::vector<NamedUNet> first_networks(const SweepConfig& config, const std::vector<StoredCandidate>& stored) {
  std::vector<NamedUNet> first;
  for (const auto& each : stored) first.push_back({each.candidate.name, each.candidate.network});
  for (const auto& name : load_space(config.space).include) {
    const NamedUNet included = named_unet(name);
    const UNetSpec canonic = canonical(included.network);
    if (std::ranges::none_of(first, [&](const auto& known) { return canonical(known.network) == canonic; }))
      first.push_back(included);
  }
  return first;
}

Latencies latencies_of(const Database& database, const SweepConfig& config,
                       const std::vector<StoredCandidate>& stored) {
  if (!reads_latency(config)) return {};
  std::vector<std::string> hashes;
  for (const auto& each : stored) hashes.push_back(each.runs.front().proxy_of);
  return summed_latencies(database, hashes);
}

// Looked up, never measured here: a strategy asks for it once a candidate is trained, and its blocks are timed before.
Objective predicted_latency(const Latencies& latencies) {
  return {.name = latency_objective,
          .expense = Expense::predicted_latency,
          .value = [latencies](const UNetSpec& network, const Cost&) { return latencies.at(hash_of(network)); }};
}

// What is left to ask for, with the listener told.
std::vector<Asked> asked_for(Search& search, int64_t stored, Listener& listener) {
  const SweepConfig& config = search.config;
  const auto asked = search.strategy.ask(config.candidates - stored);
  const std::string count = std::to_string(stored + int64_t(asked.size())), all = std::to_string(config.candidates);
  if (search.strategy.exhausted())
    listener.say("the space " + config.space + " has " + count + " networks under the caps, and not " + all +
                 " as candidates asks for");
  else if (!asked.empty())
    listener.say(std::string(name_of(config.strategy.kind)) + " asks for " + std::to_string(asked.size()) +
                 " candidates, " + count + " of " + all);
  return asked;
}

std::string known_objectives(const std::vector<std::string>& scores) {
  std::string known = "params, macs, macs_valid, latency";
  for (const auto& score : scores) known += ", " + score;
  return known;
}

}  // namespace

bool reads_latency(const SweepConfig& config) {
  return config.asks() && std::ranges::count(config.strategy.objectives, latency_objective) > 0;
}

std::vector<Objective> objectives_of(const SweepConfig& config, const Place& place, const Latencies& latencies) {
  std::vector<std::string> names = config.strategy.objectives;
  if (names.empty()) {
    names.push_back(policy_scores(config.policy).front());
    if (config.strategy.kind == StrategyKind::nsga2) names.emplace_back("macs_valid");
  }
  const auto computed = config.computed_scores();
  std::vector<Objective> objectives;
  for (size_t i = 0; i < names.size(); ++i) {
    auto objective = analytic_objective(names[i]);
    if (names[i] == latency_objective) {
      require_timings(config, place.child(i));
      objective = predicted_latency(latencies);
    }
    if (!objective && std::ranges::count(computed, names[i]) > 0) objective = trained_objective(names[i]);
    if (!objective) place.child(i).fail("is " + shown(names[i]) + "; allowed: " + known_objectives(computed));
    objectives.push_back(*objective);
  }
  return objectives;
}

Asking asking_of(const Database& database, const SweepConfig& config) {
  if (!config.asks()) return Asking::done;
  const auto candidates = runs_by_candidate(database, config.name);
  const auto next = int64_t(candidates.size());
  if (next >= config.candidates) return Asking::done;
  const auto results = std::ranges::find_if_not(candidates, ended) - candidates.begin();  // and all before them
  return results >= next - config.strategy.ahead ? Asking::ready : Asking::waiting;
}

std::vector<Candidate> first_candidates(const SweepConfig& config, Listener& listener) {
  Search search(config, config.strategy, first_networks(config, {}));
  return named(asked_for(search, 0, listener), search.space, {});
}

std::vector<Candidate> asked_candidates(const Database& database, const SweepConfig& config, Listener& listener) {
  const auto stored = stored_candidates(database, config.name);
  if (int64_t(stored.size()) >= config.candidates) return {};  // another worker was here first
  const Latencies latencies = latencies_of(database, config, stored);
  Search search(config, config.strategy, first_networks(config, stored), latencies);
  search.strategy.ask(int64_t(stored.size()));
  tell(search, database, stored, latencies);
  return named(asked_for(search, int64_t(stored.size()), listener), search.space, stored);
}

std::vector<Candidate> random_candidates(const SweepConfig& config, Listener& listener) {
  StrategyConfig random = config.strategy;
  random.kind = StrategyKind::random;
  random.ahead = config.candidates;
  Search search(config, random, first_networks(config, {}));
  const auto asked = search.strategy.ask(config.candidates);
  listener.say("the strategy " + std::string(name_of(config.strategy.kind)) +
               " finds its candidates as results come; " + std::to_string(asked.size()) +
               " random ones stand for them");
  return named(asked, search.space, {});
}

}  // namespace mds
