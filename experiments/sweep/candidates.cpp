#include "experiments/sweep/candidates.h"

#include "experiments/screening.h"
#include "experiments/sweep/asking.h"
#include "search/named_network.h"
#include "spec/listed.h"

namespace mds {
namespace {

Caps caps_of(const SweepConfig& config) { return mds::caps_of(config.max_params, config.max_gmacs); }

std::vector<Candidate> listed_networks(const SweepConfig& config) {
  const auto load = [&](const std::string& name) {
    if (!is_stored_name(name)) return named_unet(name);
    const NamedNetwork stored = find_network(name, config.database);
    return NamedUNet{stored.name, unet_of(stored)};
  };
  const std::vector<Candidate> networks = candidates_of(config.networks, {config.file, "networks"}, load);
  std::vector<std::string> over;
  for (const auto& network : networks)
    if (const std::string reason = over_caps(network.cost, caps_of(config)); !reason.empty())
      over.push_back(network.name + " " + reason);
  if (!over.empty())
    throw ConfigError(config.file + ": networks: " + std::to_string(over.size()) + " of " +
                      std::to_string(networks.size()) + " are over the caps: " + listed(over, {}, "; "));
  return networks;
}

std::vector<Candidate> of_space(const SweepConfig& config, Listener& listener) {
  Space space(load_space(config.space), config.space);
  const CachedEnumeration cached =
      screened(space, caps_of(config),
               {.selection = config.selection, .count = config.candidates, .seed = config.selection_seed}, listener);
  const Enumeration& found = cached.found;
  if (found.chosen.empty())
    throw ConfigError(config.space + ": none of its " + std::to_string(found.total) +
                      " networks is under max_params and max_gmacs; " + rejected_in_words(found, caps_of(config)));
  listener.say(std::to_string(found.admitted) + " of " + std::to_string(found.total) +
               " networks are under the caps; " + std::to_string(found.chosen.size()) + " are chosen" +
               (cached.file.empty() ? "" : ", as " + cached.file + " says"));
  listener.say_if_any(left_out_in_words(found));
  for (const auto& note : found.notes) listener.say(note);
  return found.chosen;
}

}  // namespace

void pin_networks(SweepConfig& config, const std::string& database) {
  config.database = database;
  for (size_t i = 0; i < config.networks.size(); ++i)
    if (is_stored_name(config.networks[i])) {
      config.networks[i] = hash_of(find_network(config.networks[i], database).spec);
      config.written["networks"][i] = config.networks[i];
    }
}

std::vector<Candidate> candidates_of(const SweepConfig& config, Listener& listener) {
  if (!config.networks.empty()) return listed_networks(config);
  return config.asks() ? random_candidates(config, listener) : of_space(config, listener);
}

}  // namespace mds
