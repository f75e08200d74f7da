#include "experiments/timing/profiling.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "experiments/arch_record.h"
#include "experiments/recording.h"

namespace mds {
namespace {

const StepSamples* find(const RawProfile& process, const std::string& path) {
  const auto found =
      std::find_if(process.steps.begin(), process.steps.end(), [&](const auto& step) { return step.path == path; });
  return found == process.steps.end() ? nullptr : &*found;
}

LatencyKey network_key(LatencyKey key, LatencyKind kind, const std::string& arch) {
  key.kind = kind;
  key.arch = arch;
  return key;
}

// A number that no process in any database has: the time of recording in nanoseconds.
int64_t first_process_number() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

Json conditions_of(const RawProfile& process) {
  Json conditions = to_json(process.conditions);
  if (process.roof) conditions["roof"] = to_json(*process.roof);
  return conditions;
}

// Adds one row per process and interleaved block; `row` holds the number of the first process.
void add_samples(Database& database, LatencyRow row, const std::vector<RawProfile>& processes) {
  int64_t number = row.process.number;
  for (const auto& process : processes) {
    const StepSamples* step = find(process, row.path);
    if (!step) continue;
    row.process = {number++, step->warmup_count, step->warmup_ns, conditions_of(process).dump()};
    for (row.repetition = 0; row.repetition < int64_t(step->samples_ns.size()); ++row.repetition) {
      row.samples_ns = step->samples_ns[size_t(row.repetition)];
      add_latency(database, row);
    }
  }
}

}  // namespace

LatencyKey key_of(Database& database, const ProfileOptions& options) {
  return {.device = record_device(database, options.device.substr(0, options.device.find(':'))),
          .env = record_env(database),
          .dtype = std::string(name_of(options.dtype)),
          .threads = at::get_num_threads(),
          .batch = options.batch,
          .kernels = options.kernels};
}

LatencyKey block_key(LatencyKey key, const PlanStep& step) {
  key.kind = LatencyKind::block;
  key.block_json = canonical_json(step);
  return key;
}

ProcessBlocks samples_of(const std::vector<RawProfile>& processes, const std::string& path) {
  ProcessBlocks all;
  for (const auto& process : processes)
    if (const StepSamples* step = find(process, path)) all.push_back(step->samples_ns);
  return all;
}

Evidence evidence_of(const std::vector<RawProfile>& processes, const std::string& path, TimingMode mode) {
  Evidence evidence{mode, TimingMark::steady};
  for (const auto& process : processes)
    if (const StepSamples* step = find(process, path)) evidence = weakest(evidence, {mode, step->mark});
  return evidence;
}

std::vector<double> step_medians(const Plan& plan, const std::vector<RawProfile>& processes) {
  std::vector<double> medians;
  for (const size_t i : representatives(plan))
    medians.push_back(median_ns(pooled(blocks_of(samples_of(processes, plan.steps[i].path)))));
  return medians;
}

void record_profile(Database& database, const NamedNetwork& network, const ProfileOptions& options,
                    const std::vector<RawProfile>& processes) {
  const Plan plan = make_plan(canonical(network.spec));
  const LatencyProcess first{.number = first_process_number()};
  database.transaction([&] {
    const std::string arch = record_arch(database, network);
    const LatencyKey key = key_of(database, options);
    const auto add = [&](const LatencyKey& owner, const std::string& path) {
      const Evidence evidence = evidence_of(processes, path, options.mode);
      add_samples(database, {.key = owner, .path = path, .evidence = evidence, .process = first}, processes);
    };
    for (const size_t i : distinct_steps(plan)) add(block_key(key, plan.steps[i]), plan.steps[i].path);
    if (!options.whole) return;
    add(network_key(key, LatencyKind::end_to_end, arch), whole_path);
    if (!options.blocks) return;
    const auto medians = step_medians(plan, processes);
    const double blocks = std::accumulate(medians.begin(), medians.end(), 0.0);
    const double residual = median_ns(pooled(blocks_of(samples_of(processes, whole_path)))) - blocks;
    add_latency(database, {.key = network_key(key, LatencyKind::residual, arch),
                           .path = "(residual)",
                           .evidence = evidence_of(processes, whole_path, options.mode),
                           .process = first,
                           .samples_ns = {std::llround(residual)}});
  });
}

void record_blocks(Database& database, const std::vector<PlanStep>& blocks, const ProfileOptions& options,
                   const std::vector<RawProfile>& processes) {
  const LatencyProcess first{.number = first_process_number()};
  database.transaction([&] {
    const LatencyKey key = key_of(database, options);
    for (const auto& step : blocks) {
      const Evidence evidence = evidence_of(processes, step.path, options.mode);
      add_samples(database, {.key = block_key(key, step), .path = step.path, .evidence = evidence, .process = first},
                  processes);
    }
  });
}

void record_parts(Database& database, const std::map<std::string, PipelineRow>& parts, const ProfileOptions& options,
                  const std::vector<RawProfile>& processes) {
  const LatencyProcess first{.number = first_process_number()};
  database.transaction([&] {
    LatencyKey key = key_of(database, options);
    key.kind = LatencyKind::pipeline;
    for (const auto& [path, part] : parts) {
      key.pipeline = part;
      const Evidence evidence = evidence_of(processes, path, options.mode);
      add_samples(database, {.key = key, .path = path, .evidence = evidence, .process = first}, processes);
    }
  });
}

int64_t measured_processes(Database& database, const NamedNetwork& network, const ProfileOptions& options) {
  const std::string arch = record_arch(database, network);
  const LatencyKey key = network_key(key_of(database, options), LatencyKind::end_to_end, arch);
  return timed_processes(database, key, options.mode);
}

void profile_into(Database& database, const NamedNetwork& named, const ProfileOptions& options, Listener& listener) {
  const NamedNetwork network{named.name, canonical(named.spec)};
  const Plan plan = make_plan(network.spec);
  const LatencyKey key = key_of(database, options);
  const std::string arch = record_arch(database, network);
  std::vector<size_t> missing;
  if (options.blocks)
    for (const size_t i : distinct_steps(plan))
      if (find_latency(database, block_key(key, plan.steps[i])).empty()) missing.push_back(i);
  ProfileOptions left = options;
  left.blocks = false;  // no residual, as the samples of the whole and of its steps are from different runs
  left.whole = options.whole && find_latency(database, network_key(key, LatencyKind::end_to_end, arch)).empty();
  if (missing.empty() && !left.whole) return;
  listener.say("mdsearch times " + std::string(left.whole ? "" : "blocks of ") + network.name);
  record_profile(database, network, left, {time_plan(plan, missing, left, listener)});
}

}  // namespace mds
