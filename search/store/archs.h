// Architectures with the steps of their plans. Hashes are SHA-256 in lower-case hex, of JSON as it stands (canonical:
// sorted keys, defaults written out).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/store/row.h"
#include "spec/cost.h"

namespace mds {

struct ArchRow {
  std::string hash{};  // of spec_json; checked
  std::string name{};
  std::string spec_json{};
  int64_t params = 0;
  int64_t macs = 0;
  int64_t macs_valid = 0;
  std::string convention{};          // how MACs are counted
  std::string input{};               // shape of the input for one sample, "8x64x64"
  std::string verdict = "admitted";  // "admitted" or "rejected" by the caps; "unjudged" for a proxy
  std::string reject_reason{};
  std::string parent{};  // hash of the architecture that it was derived from, or empty
  std::string generator{};
  int64_t seed = 0;

  static constexpr TableTraits table{.name = "arch"};
  static void columns(auto& self, auto&& column) {
    column("hash", self.hash, {.key = true, .check = "length(hash) = 64"});
    column("name", self.name);
    column("spec_json", self.spec_json);
    column("params", self.params, {.check = "params >= 0"});
    column("macs", self.macs, {.check = "macs >= 0"});
    column("macs_valid", self.macs_valid, {.check = "macs_valid BETWEEN 0 AND macs"});
    column("convention", self.convention);
    column("input", self.input);
    column("verdict", self.verdict, {.check = "verdict IN ('admitted', 'rejected', 'unjudged')"});
    column("reject_reason", self.reject_reason);
    column("parent_hash", self.parent);
    column("generator", self.generator);
    column("generator_seed", self.seed);
  }
};

inline Cost cost_of(const ArchRow& arch) {
  return {.params = arch.params, .macs = arch.macs, .macs_valid = arch.macs_valid};
}

// A block's spec and site, which many architectures share.
struct BlockJsonRow {
  std::string hash{};  // of block_json
  std::string block_json{};

  static constexpr TableTraits table{.name = "block"};
  static void columns(auto& self, auto&& column) {
    column("hash", self.hash, {.key = true, .check = "length(hash) = 64"});
    column("block_json", self.block_json);
  }
};

// One step of an architecture's plan. Steps with equal block and site have the same `block_json`, and so one latency.
struct BlockRow {
  std::string path{};
  std::string kind{};
  std::string in{};
  std::string out{};
  int64_t params = 0;
  int64_t macs = 0;
  int64_t macs_valid = 0;
  std::string block_json{};  // canonical JSON of the block's spec and site
  // add_arch_blocks fills these: the hashes of architecture and block_json, and the place in the plan.
  std::string arch{}, block{};
  int64_t step = 0;

  static constexpr TableTraits table{.name = "arch_block", .storage = Storage::by_key};
  static void columns(auto& self, auto&& column) {
    column("arch_id", self.arch, {.key = true, .parent = "arch", .by = "hash"});
    column("step", self.step);
    column("path", self.path, {.key = true});
    column("kind", self.kind);
    column("in_shape", self.in);
    column("out_shape", self.out);
    column("params", self.params);
    column("macs", self.macs);
    column("macs_valid", self.macs_valid);
    column("block_id", self.block, {.parent = "block", .by = "hash"});
  }
};

// A second row of the same hash changes nothing. StoreError where the hash is not that of the spec.
void add_arch(Database& database, const ArchRow& row);
void add_arch_blocks(Database& database, const std::string& arch, const std::vector<BlockRow>& rows);
std::string add_block(Database& database, const std::string& block_json);  // returns its hash

std::optional<ArchRow> find_arch(const Database& database, const std::string& hash_or_name);

}  // namespace mds
