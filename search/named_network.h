// How users name a network: the same in every command that takes one.
#pragma once

#include <map>
#include <string>

#include "networks/network_spec.h"
#include "search/store/store.h"

namespace mds {

inline constexpr const char* default_database = "out/results.db";

// The forms of NAME, for messages and help.
inline constexpr const char* network_names =
    "a shipped name, a .json file, a model folder, or of the database a stored name, NAME@SWEEP, winner@SWEEP (of a "
    "class of size: winner-CLASS@SWEEP), a hash or its first 6 digits";

// A shipped network has its shipped name, however it was loaded, and a stored one its stored name. The name of another
// file's network ends in the first digits of its hash, so that it cannot be mistaken for a different network.
struct NamedNetwork {
  std::string name;  // "mobilediffusion", "w1024-k7", "my-unet-0123abcd"
  NetworkSpec spec;
  std::string sweep{};  // for a stored network: the sweep asked for, or the only sweep that has it
};

// The network that NAME means, at its own size. Opens the database, for reading only, where NAME is neither a shipped
// name nor a file. RequestError with the alternatives: for an unknown name the nearest ones, for an ambiguous name all
// its matches.
NamedNetwork find_network(const std::string& name, const std::string& database = default_database);

// RequestError where the network is not a UNet.
UNetSpec unet_of(const NamedNetwork& network);
UNetSpec find_unet(const std::string& name, const std::string& database = default_database);

// Whether NAME has to be looked up in the database.
bool is_stored_name(const std::string& name);

// The hash of each shipped network, by name.
const std::map<std::string, std::string>& shipped_hashes();

NetworkSpec network_of(const ArchRow& arch);

}  // namespace mds
