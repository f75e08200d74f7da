// The rows that the store reads and writes, one struct per table. Hashes are SHA-256 in lower-case hex; a hash of JSON
// is that of the text as given (canonical: sorted keys, defaults written out). Names of numbers end in their unit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/describe.h"
#include "spec/timing_mark.h"

namespace mds {

enum class RunState : uint8_t { queued, leased, paused, promoted, stopped, failed, done };
enum class LatencyKind : uint8_t { block, end_to_end, residual };

template <>
struct EnumNames<RunState> {
  static constexpr std::array names{"queued", "leased", "paused", "promoted", "stopped", "failed", "done"};
};
template <>
struct EnumNames<LatencyKind> {
  static constexpr std::array names{"block", "end_to_end", "residual"};
};

// --- what a number was measured on -----------------------------------------------------------------------------------

struct DeviceRow {
  std::string kind = "cpu";  // or "cuda"
  std::string model{};
  int64_t cores = 0;
  double clock_mhz = 0;
  int64_t memory_bytes = 0;
  std::string os{};
  std::string details_json = "{}";
};

// The program and its build, constant while it runs; numbers from different rows must not be combined.
struct EnvRow {
  std::string git_commit{};
  bool git_dirty = false;
  std::string compiler{};
  std::string compiler_flags{};
  std::string libtorch{};
  std::string cuda{};
  std::string determinism{};
  std::string details_json = "{}";  // other settings that stay while a process runs, such as its allocator
};

// --- architectures ---------------------------------------------------------------------------------------------------

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
};

// --- runs ------------------------------------------------------------------------------------------------------------

// The sweep of trainings that belong to no sweep. A user's sweep has no slash in its name.
inline constexpr const char* trainings = "train/";

struct RunRow {
  std::string sweep{};
  std::string arch{};      // hash of the trained network
  std::string protocol{};  // hash
  int64_t seed = 0;
  std::string proxy_of{};  // hash of the full-scale architecture, or empty
  int64_t rung = 0;        // index of the rung it is queued for
};

struct Worker {
  std::string owner{};  // such as "host:process"
  int64_t lease_seconds = 120;
  int64_t device = 0;  // ids of remember_device and remember_env; 0: unknown
  int64_t env = 0;
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

// The longest lease that a sweep may ask for, and so the furthest end of one that is believed.
inline constexpr int64_t longest_lease_seconds = 86400;

// A run counts as failed when this many leases in a row expired without a heartbeat.
inline constexpr int64_t most_deaths_without_progress = 10;

struct RunStatus {
  int64_t run = 0;
  std::string arch{}, proxy_of{}, protocol{};
  int64_t seed = 0;
  RunState state = RunState::queued;
  int64_t rung = 0;
  int64_t attempt = 0;
  std::string owner{}, message{};
};

// --- what runs yield -------------------------------------------------------------------------------------------------

struct MetricRow {
  int64_t iteration = 0;
  int64_t images_seen = 0;
  std::string name{};
  double value = 0;
  int64_t n = 1;  // samples from which the value was computed
  std::optional<double> low{}, high{};
  int64_t eval_seed = 0;
  std::string checkpoint{};  // SHA-256 of the scored weights, or empty
  std::string protocol{};    // hash of the score's own protocol; empty: that of the run
};

struct DecisionRow {
  int64_t run = 0;
  int64_t rung = 0;
  std::string rule{};
  int64_t rule_version = 1;
  std::string inputs_json{};
  std::string verdict{};
  bool audited = false;
};

struct CheckpointRow {
  std::string sha256{};
  std::string path{};
  int64_t bytes = 0;
  int64_t iteration = 0;
};

struct PictureRow {
  int64_t iteration = 0;
  std::string mime = "image/png";
  std::string bytes{};
  std::string prompt{};
  int64_t seed = 0;
};

// --- latency ---------------------------------------------------------------------------------------------------------

struct LatencyKey {
  LatencyKind kind = LatencyKind::block;
  std::string block_json{};  // of a block
  std::string arch{};        // hash, for end_to_end and residual; a block's latency belongs to no architecture
  int64_t device = 0;
  int64_t env = 0;
  std::string dtype = "fp32";
  int64_t threads = 1;
  int64_t batch = 1;
};

// One process that took samples. Repeating a measurement of the same key adds a process to it.
struct LatencyProcess {
  int64_t number = 0;  // unique in every database, so for example the time of recording
  int64_t warmup_count = 0;
  int64_t warmup_ns = 0;
  std::string conditions_json = "{}";  // state of the machine when it began: load, clock, free memory
};

// The raw samples of one process and repetition, in the order they were taken.
struct LatencyRow {
  LatencyKey key;
  std::string path{};  // the plan step that was timed
  Evidence evidence{};
  LatencyProcess process{};
  int64_t repetition = 0;
  std::vector<int64_t> samples_ns{};
};

// --- comparison with other libraries ---------------------------------------------------------------------------------

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
};

// --- scores of pictures and models -----------------------------------------------------------------------------------

struct ScoreRow {
  std::string subject{};       // hash of the model or of the pictures
  std::string subject_name{};  // their folder
  int64_t iteration = 0;       // of a model's training
  std::string name{};
  std::string protocol{};  // hash
  int64_t eval_seed = 0;
  double value = 0, low = 0, high = 0;
  int64_t n = 1;
  int64_t measured_unix_s = 0;
};

// A model folder that has stored scores.
struct ModelRow {
  std::string hash{};
  std::string name{};   // of its folder
  std::string stage{};  // kind of the training stage, or empty
  int64_t iterations = 0;
  int64_t params = 0;         // of the UNet; for an autoencoder, of the decoder
  std::string predecessor{};  // hash of the model that its training started from, or empty
};

struct TableCount {
  std::string table{};
  int64_t rows = 0;
};

struct StoreInfo {
  std::string file{};
  int64_t schema_version = 0;
  int64_t bytes = 0;
  std::vector<TableCount> tables{};
};

}  // namespace mds
