// A network that a search may train, with its cost, the choices that made it and its name; and the caps that limit the
// cost.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "networks/network_spec.h"
#include "spec/cost.h"

namespace mds {

// The highest cost a network may have; the defaults are the paper's.
struct Caps {
  int64_t params = 400'000'000;
  int64_t macs_valid = 200'000'000'000;
  double gmacs() const { return double(macs_valid) / 1e9; }
};

// Caps from flags, with macs_valid in units of 1e9. RequestError that names the flag for a value outside its range.
inline constexpr Range max_params_range = at_least(1), max_gmacs_range = between(0.001, 9e9);
Caps caps_of(int64_t max_params, double max_gmacs);

// Why the caps refuse a network of this cost, as the end of a sentence ("has 960 parameters; the cap is 100"); empty
// where they admit it.
std::string over_caps(const Cost& cost, const Caps& caps);

struct Candidate {
  UNetSpec network;
  Cost cost;
  Json choices = Json::object();  // {choice: value}; empty where the network is not a point of a space
  std::string name{};             // short and descriptive, unique in its list
};

struct NamedUNet {
  std::string name;
  UNetSpec network;
};

// "mine" of "folder/mine.json"; another name stays as it is.
std::string short_name_of(const std::string& network);

// Turns what a list says into a network; named_unet knows shipped names and files.
using LoadUNet = std::function<NamedUNet(const std::string&)>;
NamedUNet named_unet(const std::string& name);

// One candidate for each name, in the same order, with its cost and the name that `load` gives it. The caps are not
// applied here (see over_caps). ConfigError at `place` for a network that occurs twice.
std::vector<Candidate> candidates_of(const std::vector<std::string>& names, const Place& place,
                                     const LoadUNet& load = named_unet);

}  // namespace mds
