// Comparisons of our networks with those of other libraries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/store/row.h"

namespace mds {

// Compares outputs of one of our networks with those of the same network in another library, with equal weights and
// inputs. tests/parity/run.py writes one such line per comparison.
struct ParityRow {
  std::string network{};  // with the size and the batch it ran at
  std::string hash{};     // of the network
  std::string peer{};
  std::string peer_version{};
  std::string build{};    // of our program
  int64_t params = 0;     // as the other library counts them
  double difference = 0;  // largest absolute difference over the largest absolute value
  double limit = 0;
  int64_t measured_unix_s = 0;

  static void describe(auto& self, auto&& field) {
    field("network", self.network, "and the size and batch it ran at");
    field("hash", self.hash, "of the network");
    field("peer", self.peer, "the other library");
    field("peer_version", self.peer_version, "its version");
    field("build", self.build, "of our program");
    field("params", self.params, "as the peer counts them", at_least(1));
    field("difference", self.difference, "largest absolute one over the largest absolute value", at_least(0));
    field("limit", self.limit, "that it should keep", at_least(0));
    field("measured_unix_s", self.measured_unix_s, "when", at_least(1));
  }

  // The key comes first, because SQLite 3.40 reports other tables that lie in the order of their key as damaged.
  static constexpr TableTraits table{.name = "parity", .storage = Storage::by_key, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("network", self.network, {.key = true});
    column("peer", self.peer, {.key = true});
    column("measured_unix_s", self.measured_unix_s, {.key = true});
    column("hash", self.hash, {.check = "length(hash) = 64"});
    column("peer_version", self.peer_version);
    column("build", self.build);
    column("params", self.params, {.check = "params > 0"});
    column("difference", self.difference, {.check = "difference >= 0"});
    column("allowed", self.limit, {.check = "allowed > 0"});
  }
};

inline void add_parity(Database& database, const ParityRow& row) {
  insert(database, row);
}  // a repeated row is kept once

// The last of each network and peer, by peer, then network.
inline std::vector<ParityRow> latest_parity(const Database& database) {
  return stored_rows<ParityRow>(database,
                                "WHERE measured_unix_s = (SELECT max(o.measured_unix_s) FROM parity o WHERE o.network "
                                "= parity.network AND o.peer = parity.peer) ORDER BY peer, network");
}

}  // namespace mds
