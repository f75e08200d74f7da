// What all commands that store have in common: networks at a size, and the rows that say what was measured, on which
// machine and in which state.
#pragma once

#include <string>

#include "search/named_network.h"

namespace mds {

// record_device: this machine with its CPU (kind "cpu") or its GPUs ("cuda"), whichever the number comes from.
// record_env: this program and how it was built. They return ids of the store's rows.
int64_t record_device(Database& database, const std::string& kind);
int64_t record_env(Database& database);

std::string worker_name();  // "host:process"

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
