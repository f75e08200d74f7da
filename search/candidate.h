// A network that a search may train: what it costs, what was chosen to make it, what it is called; and the caps on
// cost.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "networks/network_spec.h"
#include "spec/cost.h"

namespace mds {

// What a network may cost at most; the paper's by default.
struct Caps {
  int64_t params = 400'000'000;
  int64_t macs_valid = 200'000'000'000;
  double gmacs() const { return double(macs_valid) / 1e9; }
};

// Caps as people write them, with macs_valid in 1e9. UsageError, naming the flags that set them, outside the ranges.
inline constexpr Range max_params_range = at_least(1), max_gmacs_range = between(0.001, 9e9);
Caps caps_of(int64_t max_params, double max_gmacs);

// Why the caps refuse a network of this cost, as a sentence's end ("has 960 parameters; the cap is 100"); empty where
// they admit it.
std::string over_caps(const Cost& cost, const Caps& caps);

struct Candidate {
  UNetSpec network;
  Cost cost;
  Json choices = Json::object();  // {choice: value}; empty where the network is no point of a space
  std::string name{};             // short and telling, one of its kind in its list
};

// Turns a name into a network: load_unet knows shipped names and files.
using LoadUNet = std::function<UNetSpec(const std::string&)>;

// One candidate for each name, in their order, with its cost and named after its file or shipped name; over_caps judges
// them. ConfigError, at `place`, for a network that is there twice.
std::vector<Candidate> candidates_of(const std::vector<std::string>& names, const Place& place,
                                     const LoadUNet& load = load_unet);

// "mine" of "folder/mine.json"; another name stays as it is.
std::string short_name_of(const std::string& network);

}  // namespace mds
