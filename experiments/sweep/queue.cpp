#include "experiments/sweep/queue.h"

#include <algorithm>
#include <set>

#include "experiments/arch_record.h"
#include "experiments/sweep/asking.h"
#include "experiments/sweep/timing.h"
#include "experiments/sweep/untrained.h"
#include "reports/rows.h"
#include "search/store/upkeep.h"
#include "spec/listed.h"
#include "trainer/run_identity.h"

namespace mds {
namespace {

std::optional<Json> stored_config(const Database& database, const std::string& sweep) {
  const auto text = sweep_config(database, sweep);
  if (!text) return std::nullopt;
  return stored_object(database, {"sweep", sweep, "config_json"}, *text);
}

std::set<std::string> stored_hashes(const Database& database, const std::string& sweep) {
  std::set<std::string> hashes;
  for (const auto& run : runs_of(database, sweep)) hashes.insert(run.proxy_of);
  return hashes;
}

// The hash of the protocol that the sweep's runs already have, or else of this one. Older protocols include the budget;
// they keep their hash, so that their checkpoints can be continued.
std::string protocol_for(Database& database, const std::string& sweep, const Json& protocol) {
  std::string difference;
  for (const auto& run : runs_of(database, sweep)) {
    const Json stored = without_budget(stored_protocol(database, run.protocol).json);
    if (stored == protocol) return run.protocol;
    difference = identity_difference(stored.dump(), protocol.dump());
  }
  if (!difference.empty())
    throw ConfigError("the sweep " + sweep + " in " + database.file() +
                      " was trained under other conditions: " + difference + "; give this one another name");
  return add_protocol(database, protocol.dump());
}

struct ArchPair {
  std::string proxy, full;  // hashes
  auto operator<=>(const ArchPair&) const = default;
};

ArchPair record(Database& database, const SweepConfig& config, const Candidate& candidate, const UNetSpec& proxy) {
  const std::string full = record_arch(database, {candidate.name, candidate.network},
                                       {.verdict = "admitted", .generator = candidate.choices.dump()});
  const std::string name = candidate.name + "-1/" + std::to_string(config.stage.width_divisor);
  return {record_arch(database, {name, proxy}, {.parent = full}), full};
}

}  // namespace

NewRuns new_runs(const Database* database, const SweepConfig& config, Listener& listener) {
  NewRuns runs;
  std::set<std::string> stored;
  if (const auto known = database ? stored_config(*database, config.name) : std::nullopt) {
    runs.growth = growth_of(*known, config, database->file());
    stored = stored_hashes(*database, config.name);
  }
  if (config.asks()) {
    if (!stored.empty()) return runs;  // the others are asked for as results come
    runs.candidates = first_candidates(config, listener);
    if (runs.candidates.empty())
      throw ConfigError(config.space + ": none of its networks is under max_params and max_gmacs");
    return runs;
  }
  const bool listed = !config.networks.empty();
  if (!listed && int64_t(stored.size()) >= config.candidates) return runs;
  const auto most = listed ? config.networks.size() : size_t(config.candidates) - stored.size();
  for (auto& candidate : candidates_of(config, listener))
    if (runs.candidates.size() < most && !stored.contains(hash_of(candidate.network)))
      runs.candidates.push_back(std::move(candidate));
  return runs;
}

void add_proxies(NewRuns& runs, const SweepConfig& config, const LatentSource& latents) {
  for (const auto& candidate : runs.candidates) try {
      runs.proxies.push_back(proxy_of(candidate.network, config.stage.width_divisor, latents));
      make_plan(runs.proxies.back());
    } catch (const ConfigError& error) {
      throw ConfigError("the proxy of " + candidate.name + ": " + error.what());
    }
}

void enqueue(Database& database, const SweepConfig& config, const NewRuns& runs, const Json& protocol) {
  database.transaction([&] {
    add_sweep(database, config.name, config.written.dump());
    if (runs.growth.any()) grow_sweep(database, config.name, config.written.dump(), runs.growth.more_rungs);
    const std::string hash = protocol_for(database, config.name, protocol);
    std::vector<ArchPair> pairs;
    for (const auto& run : runs_of(database, config.name))
      if (const ArchPair pair{run.arch, run.proxy_of}; !std::ranges::count(pairs, pair)) pairs.push_back(pair);
    for (size_t i = 0; i < runs.candidates.size(); ++i)
      pairs.push_back(record(database, config, runs.candidates[i], runs.proxies[i]));
    for (const int64_t seed : config.all_seeds())
      for (const auto& [proxy, full] : pairs)
        ensure_run(database, {.sweep = config.name, .arch = proxy, .protocol = hash, .seed = seed, .proxy_of = full});
  });
}

bool enqueue_asked(const SweepContext& sweep) {
  const auto& [database, config] = std::tie(sweep.database, sweep.config);
  if (asking_of(database, config) != Asking::ready) return false;
  const auto asking = sweep.clock.in("strategy");
  if (reads_latency(config)) time_candidates(sweep);
  const bool any = sweep.database.transaction([&] {
    NewRuns runs{.candidates = asked_candidates(database, config, sweep.listener)};
    if (runs.candidates.empty()) return false;
    add_proxies(runs, config, sweep.latents);
    enqueue(sweep.database, config, runs, protocol_json(config, sweep.latents, sweep.measures));
    return true;
  });
  if (any) store_untrained(sweep);
  return any;
}

void check_stored(const Database& database, const SweepConfig& config) {
  const auto known = stored_config(database, config.name);
  if (!known)
    throw ConfigError("the sweep " + config.name + " is not in " + database.file() +
                      "; `mdsearch sweep` starts it, and workers join it");
  if (const Growth growth = growth_of(*known, config, database.file()); growth.any())
    throw ConfigError("the sweep " + config.name + " is in " + database.file() +
                      " with another configuration: " + listed(growth.more) + "; give the worker what the sweep has");
}

}  // namespace mds
