// Read-only queries of a results database, as typed rows. All numbers are in base units (counts, seconds, nanoseconds).
// Scores are comparable only under one protocol and at equal images seen, latencies only under one setting.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "profiler/roof.h"
#include "search/store/literature.h"
#include "search/store/store.h"
#include "search/store/stored_json.h"
#include "spec/score_kind.h"

namespace mds {

// --- latency ---------------------------------------------------------------------------------------------------------

// How a program was built.
struct Build {
  std::string git_commit{};
  bool git_dirty = false;
  std::string compiler{}, flags{}, libtorch{};
  auto operator<=>(const Build&) const = default;
  static void columns(auto& self, auto&& column) {
    column("git_commit", self.git_commit);
    column("git_dirty", self.git_dirty);
    column("compiler", self.compiler);
    column("compiler_flags", self.flags);
    column("libtorch", self.libtorch);
  }
};
std::string to_string(const Build& build);  // "commit abc with local changes, GNU 12.2.0 -O3, LibTorch 2.13.0"
std::vector<Build> builds(const Database& database);

// Where and how something was timed. Only latencies of one setting may share a table or sum. Newer programs sort last.
struct Setting {
  int64_t env_id = 0;
  Build build{};
  std::string device{};
  int64_t device_id = 0;
  std::string dtype{};
  int64_t threads = 1;
  int64_t batch = 1;
  Kernels kernels = Kernels::library;
  auto operator<=>(const Setting&) const = default;
};
std::string to_string(const Setting& setting);  // "AMD EPYC, fp32, library kernels, 2 threads, batch 1, build 0123abcd"

// The median of raw samples with its distribution-free 95% interval, which is absent for too few samples.
struct TimingSummary {
  double median_ns = 0;
  std::optional<double> low_ns{}, high_ns{}, iqr_share{};  // interquartile range over median
  int64_t n = 0;
  Evidence evidence{};
  std::optional<Roof> roof{};  // what the machine reached beside it
  bool rejected() const { return evidence.rejected(); }
};
std::optional<double> milliseconds(const std::optional<double>& ns);

struct BlockTiming {
  std::string path{}, kind{}, in{}, out{};
  int64_t params = 0, macs_valid = 0;
  std::string block_json{};  // canonical, of block and site
  std::optional<TimingSummary> timing{};

  static void columns(auto& self, auto&& column) {
    column("path", self.path);
    column("kind", self.kind);
    column("in_shape", self.in);
    column("out_shape", self.out);
    column("params", self.params);
    column("macs_valid", self.macs_valid);
    column("block_json", self.block_json);
  }
};

// One forward pass: of the whole network, or the sum of its blocks with the worst of their marks.
struct Latency {
  double ns = 0;
  std::optional<double> low_ns{}, high_ns{};
  Evidence evidence{};
  bool is_sum = false;
};

// One network under one setting: its blocks in plan order and, where it was timed, the whole network.
struct NetworkProfile {
  std::string name{}, hash{};
  int64_t params = 0, macs_valid = 0;
  Setting setting{};
  std::vector<BlockTiming> blocks{};
  std::optional<TimingSummary> whole{};

  bool complete() const;      // every block was timed
  bool has_rejected() const;  // among the blocks or the whole
  double blocks_ns() const;   // sum of the medians, including rejected ones
  // Rejected timings do not count.
  std::optional<Latency> summed() const;   // of a complete set of blocks
  std::optional<Latency> latency() const;  // of the whole, else the sum
};

// By network; within each, newest programs first.
std::vector<NetworkProfile> network_profiles(const Database& database);

// A block with its site under one setting, in no network.
struct BlockCell {
  std::string block_json{};  // canonical, of block and site
  Setting setting{};
  TimingSummary timing{};
};

// The best timing of every block under each wanted setting, rejected ones too; in the order in which blocks were
// stored.
std::vector<BlockCell> block_cells(const Database& database, const std::function<bool(const Setting&)>& wanted);

struct PipelineTiming {
  PipelineRow pipeline{};
  Setting setting{};
  TimingSummary timing{};
};

// Of the parts of models and of whole pictures (`mdsearch profile --model`), without rejected timings.
std::vector<PipelineTiming> pipeline_timings(const Database& database);

// --- runs ------------------------------------------------------------------------------------------------------------

struct SweepCandidate {
  int64_t run = 0;
  std::string sweep{}, name{}, hash{};  // of the full-scale architecture
  int64_t params = 0, macs = 0, macs_valid = 0;
  Json choices = Json::object();  // {choice: value}; empty where it is not from a space
  std::string trained_hash{};     // hash of the trained network: itself, or its proxy
  int64_t trained_params = 0;
  std::string protocol{};
  int64_t seed = 0;
  std::string state{}, message{}, device{}, verdict{};
  int64_t iterations = 0, images_seen = 0;
  std::vector<MetricRow> evaluations{};       // every score, by name, then iteration
  std::map<std::string, MetricRow> scores{};  // latest of each

  static void columns(auto& self, auto&& column) {
    column("run_id", self.run);
    column("sweep", self.sweep);
    column("name", self.name);
    column("hash", self.hash);
    column("params", self.params);
    column("macs", self.macs);
    column("macs_valid", self.macs_valid);
    column("trained_hash", self.trained_hash);
    column("trained_params", self.trained_params);
    column("protocol", self.protocol);
    column("seed", self.seed);
    column("state", self.state);
    column("message", self.message);
    column("device.model", self.device);
    column("iterations", self.iterations);
  }
};
std::string label(const SweepCandidate& candidate);  // its name, else the first letters of its hash

// Oldest first; of all sweeps when `sweep` is empty. StoreError when the sweep does not exist.
std::vector<SweepCandidate> candidates(const Database& database, const std::string& sweep);

std::set<std::string> score_names(const std::vector<SweepCandidate>& rows);  // of all of them

// The runs of `mdsearch train`, which belong to no sweep.
std::vector<SweepCandidate> training_runs(const Database& database);

// Which way is better for a metric that judges networks (distance, similarity, signal-to-noise ratio); else absent.
std::optional<Better> direction_of(const std::string& metric);

struct SamplePicture {
  std::string candidate{}, mime{}, bytes{}, prompt{};
  int64_t iteration = 0, seed = 0;

  static void columns(auto& self, auto&& column) {
    column("mime", self.mime);
    column("bytes", self.bytes, {.bytes = true});
    column("prompt", self.prompt);
    column("iteration", self.iteration);
    column("seed", self.seed);
  }
};
std::vector<SamplePicture> pictures(const Database& database, const SweepCandidate& candidate);

// --- words -----------------------------------------------------------------------------------------------------------

std::vector<LiteratureRow> printed_figures(const Database& database);
// The figure's value, or null where the source prints none for the network.
struct PrintedKey {
  std::string source{}, network{}, name{};
};
Json printed_value(const std::vector<LiteratureRow>& figures, const PrintedKey& key);

std::string protocol_json(const Database& database, const std::string& hash);

// The same as an object; ConfigError with the row where it is none, or where a value is of another type.
struct StoredProtocol {
  Json json{};
  Place place{};
  template <class T>
  T value(const char* key, T fallback = {}) const {
    return stored_value(json, key, fallback, place);
  }
};
StoredProtocol stored_protocol(const Database& database, const std::string& hash);

std::string short_hash(const std::string& hash);

}  // namespace mds
