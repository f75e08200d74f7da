#include "search/store/latencies.h"

#include <algorithm>

#include "search/store/archs.h"
#include "search/store/clock.h"
#include "search/store/select.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

// What latency_summary says of a latency.
struct Timed {
  int64_t latency_run = 0;
  std::string path{};
  Evidence evidence{};
  int64_t n = 0;

  static void columns(auto& self, auto&& column) {
    column("latency_run_id", self.latency_run);
    column("path", self.path);
    column("mode", self.evidence.mode);
    column("mark", self.evidence.mark);
    column("n", self.n);
  }
};

std::optional<int64_t> owner_of(const Database& database, const LatencyKey& key) {
  if (key.kind == LatencyKind::block) return find_row(database, BlockJsonRow{sha256(key.block_json), key.block_json});
  if (key.kind == LatencyKind::pipeline) return find_row(database, key.pipeline);
  return find_row(database, ArchRow{.hash = key.arch});
}

// All measurements with this key, of every mode and mark.
std::vector<Timed> timed(const Database& database, const LatencyKey& key) {
  return query_rows<Timed>(database,
                           "FROM latency_summary WHERE kind = :kind AND coalesce(block_id, arch_id, pipeline_id) = "
                           ":owner AND device_id = :device AND env_id = :env AND dtype = :dtype AND threads = :threads "
                           "AND batch = :batch AND kernels = :kernels ORDER BY latency_run_id",
                           key.kind, owner_of(database, key), key.device, key.env, key.dtype, key.threads, key.batch,
                           key.kernels);
}

// The settings under which blocks were timed, the latest program first.
std::vector<LatencyKey> block_settings(const Database& database) {
  std::vector<LatencyKey> settings;
  for (const auto& [device, env, dtype, threads, batch, kernels] :
       select<int64_t, int64_t, std::string, int64_t, int64_t, Kernels>(
           database,
           "SELECT DISTINCT device_id, env_id, dtype, threads, batch, kernels FROM latency_run WHERE kind = "
           ":kind ORDER BY env_id DESC, device_id, dtype, threads, batch, kernels",
           LatencyKind::block))
    settings.push_back(
        {.device = device, .env = env, .dtype = dtype, .threads = threads, .batch = batch, .kernels = kernels});
  return settings;
}

std::optional<double> median_of_block(const Database& database, LatencyKey key, const std::string& block_json) {
  key.block_json = block_json;
  std::vector<double> samples;
  for (const auto& row : find_latency(database, key))
    samples.insert(samples.end(), row.samples_ns.begin(), row.samples_ns.end());
  return samples.empty() ? std::nullopt : std::optional(median_of(std::move(samples)));
}

}  // namespace

void add_latency(Database& database, const LatencyRow& row) {
  database.transaction([&] {
    LatencyRunRow run{.key = row.key, .path = row.path, .evidence = row.evidence, .measured_unix_s = unix_seconds()};
    if (row.key.kind == LatencyKind::block) run.block = add_block(database, row.key.block_json);
    if (row.key.kind == LatencyKind::pipeline) run.pipeline = insert_numbered(database, row.key.pipeline);
    if (!run.block.empty() || run.pipeline) run.key.arch.clear();
    LatencyProcess process = row.process;
    process.latency_run = insert_numbered(database, run);
    insert(database, process);
    insert(database, LatencySampleRow{process.latency_run, process.number, row.repetition, row.samples_ns});
  });
}

std::vector<LatencyRow> find_latency(const Database& database, const LatencyKey& key) {
  const auto all = timed(database, key);
  const auto best = std::ranges::min_element(all, {}, [](const Timed& row) { return rank(row.evidence, row.n); });
  std::vector<LatencyRow> rows;
  if (best == all.end() || best->evidence.rejected()) return rows;
  const auto processes =
      stored_rows<LatencyProcess>(database, "WHERE latency_run_id = :run ORDER BY process", best->latency_run);
  const auto samples = stored_rows<LatencySampleRow>(
      database, "WHERE latency_run_id = :run ORDER BY process, repetition", best->latency_run);
  for (const auto& process : processes)
    for (const auto& sample : samples)
      if (sample.process == process.number)
        rows.push_back({.key = key,
                        .path = best->path,
                        .evidence = best->evidence,
                        .process = process,
                        .repetition = sample.repetition,
                        .samples_ns = sample.samples_ns});
  return rows;
}

int64_t timed_processes(const Database& database, const LatencyKey& key, TimingMode mode) {
  size_t processes = 0;
  for (const auto& row : timed(database, key))
    if (row.evidence.mode == mode && !row.evidence.rejected())
      processes +=
          stored_rows<LatencyProcess>(database, "WHERE latency_run_id = :run ORDER BY process", row.latency_run).size();
  return int64_t(processes);
}

std::map<std::string, double> summed_latencies(const Database& database, const std::vector<std::string>& archs) {
  std::map<std::string, std::vector<std::string>> blocks;
  for (const auto& arch : archs)
    for (const auto& [json] : select<std::string>(
             database,
             "SELECT b.block_json FROM arch_block s JOIN arch a USING(arch_id) JOIN block b USING(block_id) "
             "WHERE a.hash = :hash",
             arch))
      blocks[arch].push_back(json);
  std::map<std::string, double> most;
  for (const auto& setting : block_settings(database)) {
    std::map<std::string, std::optional<double>> medians;
    std::map<std::string, double> sums;
    for (const auto& [arch, all] : blocks) {
      std::optional<double> sum = 0;
      for (const auto& json : all) {
        const auto [known, is_new] = medians.try_emplace(json);
        if (is_new) known->second = median_of_block(database, setting, json);
        sum = sum && known->second ? std::optional(*sum + *known->second) : std::nullopt;
      }
      if (sum) sums[arch] = *sum;
    }
    if (sums.size() > most.size()) most = std::move(sums);
  }
  return most;
}

}  // namespace mds
