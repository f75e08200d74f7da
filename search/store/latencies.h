// Latencies: what was timed under which setting, by which process, with the raw samples.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "search/store/row.h"
#include "spec/kernels.h"
#include "spec/timing_mark.h"

namespace mds {

enum class LatencyKind : uint8_t { block, end_to_end, residual, pipeline };
template <>
struct EnumNames<LatencyKind> {
  static constexpr std::array names{"block", "end_to_end", "residual", "pipeline"};
};

enum class PipelinePart : uint8_t { text, unet_step, decoder, whole };
template <>
struct EnumNames<PipelinePart> {
  static constexpr std::array names{"text", "unet step", "decoder", "whole"};
};

// A part of what a model does for a picture, or all of it: what a latency depends on besides machine and program.
struct PipelineRow {
  std::string model{};  // hash
  PipelinePart part = PipelinePart::whole;
  int64_t steps = 0;      // of the whole
  int64_t calls = 0;      // of the UNet in each step; of the whole and of a step
  std::string sampler{};  // of the whole
  std::string size{};     // of the picture, "768x512"; empty: the model's own

  static constexpr TableTraits table{.name = "pipeline"};
  static void columns(auto& self, auto&& column) {
    column("model", self.model, {.key = true, .check = "length(model) = 64"});
    column("part", self.part, {.key = true});
    column("steps", self.steps, {.key = true, .check = "steps >= 0"});
    column("calls", self.calls, {.key = true, .check = "calls >= 0"});
    column("sampler", self.sampler, {.key = true});
    column("size", self.size, {.key = true});
  }
};

struct LatencyKey {
  LatencyKind kind = LatencyKind::block;
  std::string block_json{};  // of a block
  std::string arch{};        // hash, for end_to_end and residual; a block's latency belongs to no architecture
  PipelineRow pipeline{};
  int64_t device = 0;
  int64_t env = 0;
  std::string dtype = "fp32";
  int64_t threads = 1;
  int64_t batch = 1;
  Kernels kernels = Kernels::library;
};

// One process that took samples. Repeating a measurement of the same key adds a process to it.
struct LatencyProcess {
  int64_t number = 0;  // unique in every database, so for example the time of recording
  int64_t warmup_count = 0;
  int64_t warmup_ns = 0;
  std::string conditions_json = "{}";  // the machine when it began: load, clock, free memory, its roof
  int64_t latency_run = 0;             // set by add_latency

  static constexpr TableTraits table{.name = "latency_process", .storage = Storage::by_key, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("latency_run_id", self.latency_run, {.key = true, .parent = "latency_run"});
    column("process", self.number, {.key = true});
    column("warmup_count", self.warmup_count, {.check = "warmup_count >= 0"});
    column("warmup_ns", self.warmup_ns, {.check = "warmup_ns >= 0"});
    column("conditions_json", self.conditions_json);
  }
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

// The tables behind such rows, with LatencyProcess between them.
struct LatencyRunRow {
  LatencyKey key;
  std::string block{};   // hash of the key's block_json, or empty
  int64_t pipeline = 0;  // number of the key's pipeline, or 0
  std::string path{};
  Evidence evidence{};
  int64_t measured_unix_s = 0;

  // A block's latency belongs to the block and its site, not to the architecture in which it was timed.
  static constexpr TableTraits table{
      .name = "latency_run",
      .check =
          "(kind = 'block') = (block_id IS NOT NULL) AND (kind IN ('end_to_end', 'residual')) = (arch_id IS NOT "
          "NULL) AND (kind = 'pipeline') = (pipeline_id IS NOT NULL)"};
  static void columns(auto& self, auto&& column) {
    column("kind", self.key.kind, {.key = true});
    column("block_id", self.block, {.key = true, .nullable = true, .parent = "block", .by = "hash"});
    column("arch_id", self.key.arch, {.key = true, .nullable = true, .parent = "arch", .by = "hash"});
    column("pipeline_id", self.pipeline, {.key = true, .nullable = true, .parent = "pipeline"});
    column("path", self.path);
    column("device_id", self.key.device, {.key = true, .parent = "device"});
    column("env_id", self.key.env, {.key = true, .parent = "env"});
    column("dtype", self.key.dtype, {.key = true});
    column("threads", self.key.threads, {.key = true, .check = "threads > 0"});
    column("batch", self.key.batch, {.key = true, .check = "batch > 0"});
    column("kernels", self.key.kernels, {.key = true});
    column("mode", self.evidence.mode, {.key = true});
    column("mark", self.evidence.mark, {.key = true});
    column("measured_unix_s", self.measured_unix_s);
  }
};

struct LatencySampleRow {
  int64_t latency_run = 0, process = 0, repetition = 0;
  std::vector<int64_t> samples_ns{};

  static constexpr TableTraits table{.name = "latency_sample", .storage = Storage::loose, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("latency_run_id", self.latency_run, {.key = true, .parent = "latency_run"});
    column("process", self.process, {.key = true});
    column("repetition", self.repetition, {.key = true});
    column("samples_ns", self.samples_ns, {.check = "length(samples_ns) > 0 AND length(samples_ns) % 8 = 0"});
  }
};

void add_latency(Database& database, const LatencyRow& row);
// Samples of the best mark, never rejected ones.
std::vector<LatencyRow> find_latency(const Database& database, const LatencyKey& key);
// How many processes took samples in this mode that were not rejected.
int64_t timed_processes(const Database& database, const LatencyKey& key, TimingMode mode);

// For each of these networks (hashes) of which all blocks were timed, the sum of the blocks' median times in ns. All
// sums are of one setting: the one that has most of them, and of several such that of the latest program.
std::map<std::string, double> summed_latencies(const Database& database, const std::vector<std::string>& archs);

}  // namespace mds
