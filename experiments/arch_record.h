// The rows of a network: what it is, where it comes from, and its steps.
#pragma once

#include <string>

#include "search/named_network.h"

namespace mds {

// Where an architecture comes from, and the verdict of the caps.
struct ArchOrigin {
  std::string verdict = "unjudged";
  std::string reject_reason{};
  std::string parent{};
  std::string generator{};
  int64_t seed = 0;
};

// Stores the network in canonical form with the table of its steps. Returns its hash; an existing row is not changed.
std::string record_arch(Database& database, const NamedNetwork& network, const ArchOrigin& origin = {});

}  // namespace mds
