#include "search/candidate.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

namespace mds {

Caps caps_of(int64_t max_params, double max_gmacs) {
  require_within("`max_params`", max_params, max_params_range);
  require_within("`max_gmacs`", max_gmacs, max_gmacs_range);
  return {.params = max_params, .macs_valid = std::llround(max_gmacs * 1e9)};
}

std::string over_caps(const Cost& cost, const Caps& caps) {
  if (cost.params <= caps.params && cost.macs_valid <= caps.macs_valid) return "";
  return "has " + std::to_string(cost.params) + " parameters and " + std::to_string(cost.macs_valid) +
         " macs_valid; the caps are " + std::to_string(caps.params) + " and " + std::to_string(caps.macs_valid);
}

std::string short_name_of(const std::string& network) {
  return network.ends_with(".json") ? std::filesystem::path(network).stem().string() : network;
}

NamedUNet named_unet(const std::string& name) { return {short_name_of(name), load_unet(name)}; }

std::vector<Candidate> candidates_of(const std::vector<std::string>& names, const Place& place, const LoadUNet& load) {
  std::vector<Candidate> candidates;
  std::map<std::string, std::string> known;  // names by hash
  for (size_t i = 0; i < names.size(); ++i) {
    auto [name, network] = load(names[i]);
    const std::string hash = hash_of(network);
    if (const auto [other, is_new] = known.emplace(hash, names[i]); !is_new)
      place.child(i).fail("is \"" + names[i] + "\", the same network as \"" + other->second + "\"; name it once");
    if (std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.name == name; }))
      name += "-" + hash.substr(0, 6);
    candidates.push_back({.network = network, .cost = cost(make_plan(network)), .name = name});
  }
  return candidates;
}

}  // namespace mds
