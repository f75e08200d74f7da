// Read-only queries over a results database, as typed rows. All numbers in base units (counts, seconds, nanoseconds).
// A score is comparable only under one protocol and at equal images seen; a latency only under one setting.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "search/store/store.h"
#include "spec/score_kind.h"

namespace mds {

// --- latency ---------------------------------------------------------------------------------------------------------

// What a program was built from.
struct Build {
  std::string git_commit{};
  bool git_dirty = false;
  std::string compiler{}, flags{}, libtorch{};
  auto operator<=>(const Build&) const = default;
};
std::string to_string(const Build& build);  // "commit abc with local changes, GNU 12.2.0 -O3, LibTorch 2.13.0"
std::vector<Build> builds(const Store& store);

// Where and how something was timed; only latencies of one setting belong in one table or sum. Newer programs are last.
struct Setting {
  int64_t env_id = 0;
  Build build{};
  std::string device{};
  int64_t device_id = 0;
  std::string dtype{};
  int64_t threads = 1;
  int64_t batch = 1;
  auto operator<=>(const Setting&) const = default;
};
std::string to_string(const Setting& setting);  // "AMD EPYC, fp32, 2 threads, batch 1, build 0123abcd"

// Median of raw samples with its distribution-free 95% interval, absent where they are too few.
struct TimingSummary {
  double median_ns = 0;
  std::optional<double> low_ns{}, high_ns{}, iqr_share{};  // interquartile range over median
  int64_t n = 0;
  LatencyMark mark = LatencyMark::final;
  bool rejected() const { return mark == LatencyMark::rejected; }
};

struct BlockTiming {
  std::string path{}, kind{}, in{}, out{};
  int64_t params = 0, macs_valid = 0;
  std::optional<TimingSummary> timing{};
};

// One forward pass: of the whole network, or the sum of its blocks, with the worst of their marks.
struct Latency {
  double ns = 0;
  std::optional<double> low_ns{}, high_ns{};
  LatencyMark mark = LatencyMark::final;
  bool is_sum = false;
};

// One network under one setting: its blocks in plan order and, where it was timed, the whole.
struct NetworkProfile {
  std::string name{}, hash{};
  int64_t params = 0, macs_valid = 0;
  Setting setting{};
  std::vector<BlockTiming> blocks{};
  std::optional<TimingSummary> whole{};

  bool complete() const;      // every block was timed
  bool has_rejected() const;  // among the blocks or the whole
  double blocks_ns() const;   // sum of the medians, rejected ones too
  // The whole, else the sum of a complete set of blocks; nothing that is rejected counts.
  std::optional<Latency> latency() const;
};

// Speed in 1e9 floating-point operations a second: two for each valid multiply-accumulate of every sample in the batch.
// Absent where there is no work or no time.
std::optional<double> gflops(int64_t macs_valid, int64_t batch, double median_ns);

// Newest programs first, in each network.
std::vector<NetworkProfile> network_profiles(const Store& store);

// A part of what a model does for one picture, or the whole: see `mdsearch profile --model`.
struct PipelineTiming {
  std::string model{};  // hash
  std::string part{};   // "text", "unet step", "decoder" or "whole"
  int64_t steps = 0;    // of the whole
  int64_t calls = 0;    // of the UNet for a step, of the whole and of "unet step"
  std::string sampler{};
  Setting setting{};
  TimingSummary timing{};
};

// Nothing that is rejected.
std::vector<PipelineTiming> pipeline_timings(const Store& store);

// --- runs ------------------------------------------------------------------------------------------------------------

struct SweepCandidate {
  int64_t run = 0;
  std::string sweep{}, name{}, hash{};  // of the full-scale architecture
  int64_t params = 0, macs = 0, macs_valid = 0;
  Json choices = Json::object();  // {choice: value} of the space that it comes from; empty where it comes from none
  std::string trained_hash{};     // of what was trained: itself, or its proxy
  int64_t trained_params = 0;
  std::string protocol{};
  int64_t seed = 0;
  std::string state{}, message{}, device{}, verdict{};
  int64_t iterations = 0, images_seen = 0;
  std::vector<MetricRow> evaluations{};       // every score, by name, then iteration
  std::map<std::string, MetricRow> scores{};  // latest of each
};
std::string label(const SweepCandidate& candidate);  // its name, else the first letters of its hash

// Oldest first; of all sweeps when `sweep` is empty. StoreError when there is no such sweep.
std::vector<SweepCandidate> candidates(const Store& store, const std::string& sweep);

// Those that belong to no sweep: `mdsearch train`.
std::vector<SweepCandidate> training_runs(const Store& store);

// Whether a metric judges a network (a distance, a similarity, a signal-to-noise ratio) and which way is better.
std::optional<Better> direction_of(const std::string& metric);

struct SamplePicture {
  std::string candidate{}, mime{}, bytes{}, prompt{};
  int64_t iteration = 0, seed = 0;
};
std::vector<SamplePicture> pictures(const Store& store, const SweepCandidate& candidate);

// --- words -----------------------------------------------------------------------------------------------------------

struct Printed {
  std::string source{}, network{}, name{}, unit{}, conditions{};
  double value = 0;
};
std::vector<Printed> printed_figures(const Store& store);

std::string protocol_json(const Store& store, const std::string& hash);

std::string short_hash(const std::string& hash);

}  // namespace mds
