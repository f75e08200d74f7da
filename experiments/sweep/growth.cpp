#include "experiments/sweep/growth.h"

#include <algorithm>
#include <set>

#include "spec/listed.h"

namespace mds {
namespace {

template <class T>
bool holds_all(const std::vector<T>& whole, const std::vector<T>& part) {
  return std::ranges::all_of(part, [&](const T& each) { return std::ranges::count(whole, each) > 0; });
}

bool goes_on_from(const std::vector<int64_t>& rungs, const std::vector<int64_t>& before) {
  return rungs.size() >= before.size() && std::equal(before.begin(), before.end(), rungs.begin());
}

std::string change(const std::string& key, const Json& before, const Json& now) {
  const auto shown = [](const Json& value) { return value.is_null() ? std::string("not set") : value.dump(); };
  return key + " " + shown(before) + " -> " + shown(now);
}

// The fields that differ, by dotted key.
std::vector<std::string> changes(const Json& before, const Json& now) {
  const Json was = before.flatten(), is = now.flatten();
  std::set<std::string> keys;
  for (const Json* fields : {&was, &is})
    for (const auto& [key, value] : fields->items()) keys.insert(key);
  std::vector<std::string> found;
  for (const auto& key : keys) {
    const Json old_value = was.value(key, Json()), new_value = is.value(key, Json());
    std::string dotted = key.substr(1);
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    if (old_value != new_value) found.push_back(change(dotted, old_value, new_value));
  }
  return found;
}

}  // namespace

Growth growth_of(const Json& stored, const SweepConfig& config, const std::string& database) {
  const auto before = from_json<SweepConfig>(stored, database + ": the sweep " + config.name);
  Json old_rest = stored, new_rest = config.written;
  old_rest["policy"] = with_version(old_rest["policy"]);
  Growth growth;
  std::vector<std::string> refused;
  const auto judge = [&](const std::string& key, const Json& was, const Json& is, bool allowed) {
    for (Json* rest : {&old_rest, &new_rest}) rest->erase(key);
    if (was != is) (allowed ? growth.more : refused).push_back(change(key, was, is));
    return was != is && allowed;
  };
  const auto networks = config.written.value("networks", std::vector<std::string>{});
  judge("candidates", before.candidates, config.candidates, config.candidates > before.candidates);
  judge("networks", before.networks, networks, !before.networks.empty() && holds_all(networks, before.networks));
  growth.more_rungs = judge("rungs", before.rungs, config.rungs,
                            goes_on_from(config.rungs, before.rungs) && config.optimizer.decay == RateDecay::constant);
  judge("seeds", before.all_seeds(), config.all_seeds(), holds_all(config.all_seeds(), before.all_seeds()));
  judge("profile", before.profile, config.profile, true);
  judge("untrained", before.untrained, config.untrained, true);
  judge("lease_seconds", before.lease_seconds, config.lease_seconds, true);
  judge("disk_gb", before.disk_gb, config.disk_gb, true);
  for (Json* rest : {&old_rest, &new_rest}) rest->erase("seed");
  for (const auto& each : changes(old_rest, new_rest)) refused.push_back(each);
  if (refused.empty()) return growth;
  throw ConfigError("the sweep " + config.name + " is in " + database + " with another configuration: " +
                    (growth.any() ? listed(growth.more) + " is allowed, " : "") + listed(refused) +
                    " is not; a stored sweep takes more candidates, networks, seeds and, where optimizer.decay is "
                    "constant, rungs. Give this one another name");
}

}  // namespace mds
