// What a user calls a network, the same in every command that takes one.
#pragma once

#include <map>
#include <string>

#include "networks/network_spec.h"
#include "search/store/store.h"

namespace mds {

inline constexpr const char* default_database = "out/results.db";

// What NAME may be, for messages and help.
inline constexpr const char* network_names =
    "a shipped name, a .json file, a model folder, or of the database a stored name, NAME@SWEEP, winner@SWEEP or a "
    "hash "
    "or its first 6 digits";

// A shipped network has its shipped name however it was loaded, a stored one the name that it is stored under; the name
// of another file's ends in the hash's first digits, so that none passes for another network.
struct NamedNetwork {
  std::string name;  // "mobilediffusion", "w1024-k7", "my-unet-0123abcd"
  NetworkSpec spec;
  std::string sweep{};  // of a stored network: the sweep asked for, or the only one that it is a candidate of
};

// The network that NAME means, at its own size. The database is opened, for reading only, where NAME is neither shipped
// nor a file. UsageError that says what there is: for an unknown name the nearest ones, for an ambiguous one all that
// it may mean.
NamedNetwork find_network(const std::string& name, const std::string& database = default_database);
UNetSpec find_unet(const std::string& name, const std::string& database = default_database);  // UsageError for others

// Whether NAME is looked up in the database.
bool is_stored_name(const std::string& name);

// The hash of each shipped network, by name.
const std::map<std::string, std::string>& shipped_hashes();

NetworkSpec network_of(const ArchRow& arch);

}  // namespace mds
