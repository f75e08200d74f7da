// What every command that stores shares: networks under a name, and the rows that say what was measured, on what
// machine and in which state.
#pragma once

#include <map>
#include <string>

#include "networks/network_spec.h"
#include "search/store/store.h"

namespace mds {

// A shipped network has its shipped name however it was loaded; the name of another file's ends in the hash's first
// digits, so that none passes for another network. The size is added where it is not the network's own.
struct NamedNetwork {
  std::string name;  // "mobilediffusion", "mobilediffusion-256px", "my-unet-0123abcd"
  NetworkSpec spec;
};

// The hash of each network of configs/architectures, by name.
std::map<std::string, std::string> shipped_hashes();

// NAME of the command line, for pictures of `pixels`; an extent of 0 is its own. UsageError for a
// size that it cannot have.
NamedNetwork load_named(const std::string& name, Extent pixels);
NetworkSpec with_asked_size(const NetworkSpec& spec, Extent pixels);

// The network of a stored architecture.
NetworkSpec network_of(const ArchRow& arch);

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
