// What every command that stores shares: networks at a size, and the rows that say what was measured, on what machine
// and in which state.
#pragma once

#include <string>

#include "search/named_network.h"

namespace mds {

// The network for pictures of that size, where an extent of 0 is its own. UsageError for a size that it cannot have.
NetworkSpec with_asked_size(const NetworkSpec& spec, Extent pixels);

// NAME of the command line at the size that is asked for, which the name then tells: "mobilediffusion-256px".
NamedNetwork load_named(const std::string& name, Extent pixels, const std::string& database = default_database);

// This machine, by its CPU or, of kind "cuda", by its GPUs; and this program with what it was built from. Ids of the
// store's rows.
int64_t record_device(Store& store, const std::string& kind = "cpu");
int64_t record_env(Store& store);

std::string worker_name();  // "host:process"

// Where an architecture comes from and how the caps judge it.
struct ArchOrigin {
  std::string verdict = "unjudged";
  std::string reject_reason{};
  std::string parent{};
  std::string generator{};
  int64_t seed = 0;
};

// The network in canonical form with the table of its steps. Returns its hash; a network that is there stays as it is.
std::string record_arch(Store& store, const NamedNetwork& network, const ArchOrigin& origin = {});

}  // namespace mds
