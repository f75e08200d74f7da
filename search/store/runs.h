// Sweeps, the protocols of their runs, and the runs. queue.h changes the state of a run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/store/row.h"

namespace mds {

enum class RunState : uint8_t { queued, leased, paused, promoted, stopped, failed, done };
template <>
struct EnumNames<RunState> {
  static constexpr std::array names{"queued", "leased", "paused", "promoted", "stopped", "failed", "done"};
};

// The sweep of trainings that belong to no sweep. A user's sweep has no slash in its name.
inline constexpr const char* trainings = "train/";

struct ProtocolRow {
  std::string hash{};  // of protocol_json
  std::string protocol_json{};

  static constexpr TableTraits table{.name = "protocol"};
  static void columns(auto& self, auto&& column) {
    column("hash", self.hash, {.key = true, .check = "length(hash) = 64"});
    column("protocol_json", self.protocol_json);
  }
};

struct SweepRow {
  std::string name{};
  std::string config_json{};
  int64_t created_unix_s = 0;

  static constexpr TableTraits table{.name = "sweep"};
  static void columns(auto& self, auto&& column) {
    column("name", self.name, {.key = true});
    column("config_json", self.config_json);
    column("created_unix_s", self.created_unix_s);
  }
};

struct RunRow {
  std::string sweep{};
  std::string arch{};      // hash of the trained network
  std::string protocol{};  // hash
  int64_t seed = 0;
  std::string proxy_of{};  // hash of the full-scale architecture, or empty
  int64_t rung = 0;        // index of the rung it is queued for
  // The rest is the queue's.
  int64_t run = 0;
  RunState state = RunState::queued;
  int64_t attempt = 0;  // leases since the last progress
  int64_t fence = 0;    // token of the last lease
  std::string owner{};
  int64_t lease_expires_unix_s = 0;
  int64_t device = 0, env = 0;  // of the last lease; 0: unknown
  std::string message{};
  int64_t created_unix_s = 0, updated_unix_s = 0;

  static constexpr TableTraits table{.name = "run"};
  static void columns(auto& self, auto&& column) {
    column("run_id", self.run, {.number = true});
    column("sweep_id", self.sweep, {.key = true, .parent = "sweep", .by = "name"});
    column("arch_id", self.arch, {.key = true, .parent = "arch", .by = "hash"});
    column("protocol_id", self.protocol, {.key = true, .parent = "protocol", .by = "hash"});
    column("seed", self.seed, {.key = true});
    column("proxy_of_arch_id", self.proxy_of, {.nullable = true, .parent = "arch", .by = "hash"});
    column("state", self.state);
    column("rung", self.rung, {.check = "rung >= 0"});
    column("attempt", self.attempt, {.fallback = "0"});
    column("fence", self.fence, {.fallback = "0"});
    column("owner", self.owner, {.fallback = "''"});
    column("lease_expires_unix_s", self.lease_expires_unix_s, {.fallback = "0"});
    column("device_id", self.device, {.nullable = true, .parent = "device"});
    column("env_id", self.env, {.nullable = true, .parent = "env"});
    column("message", self.message, {.fallback = "''"});
    column("created_unix_s", self.created_unix_s);
    column("updated_unix_s", self.updated_unix_s);
  }
};

// The right to work on one run. Every claim raises `fence`, and a write with an older one is refused.
struct Lease {
  int64_t run = 0;
  int64_t rung = 0;  // train up to this rung
  int64_t fence = 0;
  int64_t attempt = 0;
  int64_t lease_seconds = 0;
};

// Who writes to a run: the holder of a lease, or anyone while the run is not leased.
struct RunRef {
  int64_t run = 0;
  std::optional<int64_t> fence;
  RunRef(int64_t run_id) : run(run_id) {}                             // NOLINT(google-explicit-constructor)
  RunRef(const Lease& lease) : run(lease.run), fence(lease.fence) {}  // NOLINT(google-explicit-constructor)
};
// LeaseLost where the lease has ended; StoreError where another holds one, or there is no such run.
void require_writable_run(const Database& database, const RunRef& run);

std::string add_protocol(Database& database, const std::string& json);  // returns the hash of its canonical form
// A second sweep of the same name changes nothing.
void add_sweep(Database& database, const std::string& name, const std::string& config_json);
int64_t ensure_run(Database& database, RunRow row);  // one run for each (sweep, arch, protocol, seed)

std::vector<std::string> sweep_names(const Database& database);  // oldest first
std::optional<std::string> sweep_config(const Database& database, const std::string& name);
std::vector<RunRow> runs_of(const Database& database, const std::string& sweep);

}  // namespace mds
