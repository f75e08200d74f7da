// The results database with everything that can be stored in it.
#pragma once

#include "search/store/archs.h"
#include "search/store/inspection.h"
#include "search/store/latencies.h"
#include "search/store/machines.h"
#include "search/store/merge.h"
#include "search/store/parity.h"
#include "search/store/queue.h"
#include "search/store/run_results.h"
#include "search/store/scores.h"

namespace mds {

using RunStatus = RunRow;

class Store : public Database {
 public:
  using Database::Database;

  int64_t remember_device(const DeviceRow& row) { return mds::remember_device(*this, row); }
  int64_t remember_env(const EnvRow& row) { return mds::remember_env(*this, row); }
  void add_arch(const ArchRow& row) { mds::add_arch(*this, row); }
  void add_arch_blocks(const std::string& arch, const std::vector<BlockRow>& rows) {
    mds::add_arch_blocks(*this, arch, rows);
  }
  std::string add_protocol(const std::string& json) { return mds::add_protocol(*this, json); }
  void add_sweep(const std::string& name, const std::string& config) { mds::add_sweep(*this, name, config); }
  int64_t ensure_run(const RunRow& row) { return mds::ensure_run(*this, row); }
  std::optional<Lease> claim(const std::string& sweep, const Worker& worker) {
    return mds::claim(*this, sweep, worker);
  }
  Lease take(int64_t run, const Worker& worker) { return mds::take(*this, run, worker); }
  void heartbeat(const Lease& lease) { mds::heartbeat(*this, lease); }
  void finish(const Lease& lease, RunState state, const std::string& message = "") {
    mds::finish(*this, lease, state, message);
  }
  void promote(int64_t run, int64_t rung) { mds::promote(*this, run, rung); }
  void stop(int64_t run, const std::string& message = "") { mds::stop(*this, run, message); }
  void retry(int64_t run) { mds::retry(*this, run); }
  void add_metric(const RunRef& run, const MetricRow& row) { mds::add_metric(*this, run, row); }
  void add_checkpoint(const RunRef& run, const CheckpointRow& row) { mds::add_checkpoint(*this, run, row); }
  void add_picture(const RunRef& run, const PictureRow& row) { mds::add_picture(*this, run, row); }
  void add_decision(const DecisionRow& row) { mds::add_decision(*this, row); }
  void add_latency(const LatencyRow& row) { mds::add_latency(*this, row); }
  void add_parity(const ParityRow& row) { mds::add_parity(*this, row); }
  void add_score(const ScoreRow& row) { mds::add_score(*this, row); }
  void add_model(const ModelRow& row) { mds::add_model(*this, row); }
  std::vector<std::string> sweeps() const { return sweep_names(*this); }
  std::optional<std::string> sweep_config(const std::string& name) const { return mds::sweep_config(*this, name); }
  std::vector<ParityRow> latest_parity() const { return mds::latest_parity(*this); }
  std::vector<ScoreRow> scores() const { return all_scores(*this); }
  std::vector<ModelRow> models() const { return all_models(*this); }
  std::vector<RunRow> runs(const std::string& sweep) const { return runs_of(*this, sweep); }
  std::vector<MetricRow> metrics(int64_t run) const { return metrics_of(*this, run); }
  std::vector<MetricRow> curve(int64_t run, const std::string& name) const { return curve_of(*this, run, name); }
  std::vector<DecisionRow> decisions(int64_t run) const { return decisions_of(*this, run); }
  std::vector<CheckpointRow> checkpoints(int64_t run) const { return checkpoints_of(*this, run); }
  std::optional<ArchRow> find_arch(const std::string& name) const { return mds::find_arch(*this, name); }
  std::vector<LatencyRow> find_latency(const LatencyKey& key) const { return mds::find_latency(*this, key); }
  void merge(const std::string& other_file) { mds::merge(*this, other_file); }
  std::vector<std::string> check() const { return problems_of(*this); }
  StoreInfo info() const { return info_of(*this); }
};

}  // namespace mds
