// The results database: one SQLite file that many processes write. This class owns the schema and every SQL statement
// that writes; reports read through select.h. Every method throws StoreError, and a failed write changes nothing.
// An object is for one thread and must not be used after a fork.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "search/store/rows.h"

namespace soci {
class session;
}

namespace mds {

enum class StoreMode : uint8_t { create_or_open, open_existing, read_only };

class Store {
 public:
  // ":memory:" is a database that exists as long as the object.
  explicit Store(const std::string& file, StoreMode mode = StoreMode::create_or_open);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& file() const { return file_; }
  soci::session& reading_session() const { return *sql_; }

  // Runs `body`, which may only read; SQL errors become StoreError with the file's name.
  void guarded(const std::function<void()>& body) const;

  // Runs `body` as one immediate transaction: all of its writes or none. May be nested: the outermost
  // one commits, and an error must reach it.
  void transaction(const std::function<void()>& body);

  // As transaction() outside of any other; all that was committed up to its end survives a loss of power.
  void durably(const std::function<void()>& body);

  // Returns the id of the row, inserting it where it is new. The id is valid in this file only.
  int64_t remember_device(const DeviceRow& row);
  int64_t remember_env(const EnvRow& row);

  // Idempotent: a second row of the same hash changes nothing.
  void add_arch(const ArchRow& row);
  void add_arch_blocks(const std::string& arch, const std::vector<BlockRow>& rows);
  std::string add_protocol(const std::string& json);  // returns the hash of its canonical form
  void add_sweep(const std::string& name, const std::string& config_json);
  int64_t ensure_run(const RunRow& row);  // one run for each (sweep, arch, protocol, seed)

  // The work queue. claim() takes a promoted or queued run, or a leased one whose lease ran out, or ends
  // further ahead than the worker's would, as after the clock was set back; deepest rung first.
  std::optional<Lease> claim(const std::string& sweep, const Worker& worker);
  // Takes this run whatever its state: for a worker that knows that the holder of its lease is gone.
  Lease take(int64_t run, const Worker& worker);
  void heartbeat(const Lease& lease);  // extends the lease by its lease_seconds and records progress
  void finish(const Lease& lease, RunState state, const std::string& message = "");
  void promote(int64_t run, int64_t rung);  // continues a paused or stopped run to a deeper rung
  void stop(int64_t run, const std::string& message = "");
  void retry(int64_t run);  // queues a failed or finished run again, at its rung

  void add_metric(const RunRef& run, const MetricRow& row);  // a repeated evaluation keeps the first value
  void add_checkpoint(const RunRef& run, const CheckpointRow& row);
  void add_picture(const RunRef& run, const PictureRow& row);  // a run keeps the pictures of its last iteration
  void add_decision(const DecisionRow& row);
  void add_latency(const LatencyRow& row);

  void add_parity(const ParityRow& row);  // a repeated row is kept once
  void add_score(const ScoreRow& row);    // a repeated evaluation keeps the first value

  void add_model(const ModelRow& row);  // idempotent by hash

  std::vector<std::string> sweeps() const;  // names, oldest first
  std::optional<std::string> sweep_config(const std::string& name) const;
  std::vector<ParityRow> latest_parity() const;  // the last of each network and peer, by peer, then network
  std::vector<ScoreRow> scores() const;          // by name, protocol, then iteration
  std::vector<ModelRow> models() const;          // by name
  std::vector<RunStatus> runs(const std::string& sweep) const;
  std::vector<MetricRow> metrics(int64_t run) const;                         // by name, then iteration
  std::vector<MetricRow> curve(int64_t run, const std::string& name) const;  // by iteration
  std::vector<DecisionRow> decisions(int64_t run) const;                     // oldest first
  std::vector<CheckpointRow> checkpoints(int64_t run) const;                 // by iteration
  std::optional<ArchRow> find_arch(const std::string& hash_or_name) const;
  std::vector<LatencyRow> find_latency(const LatencyKey& key) const;  // samples of the best mark, never rejected ones

  void merge(const std::string& other_file);  // idempotent; where both have a run, the later update wins
  std::vector<std::string> check() const;     // problems of the file; empty when sound
  StoreInfo info() const;

 private:
  void open(StoreMode mode);
  void migrate();
  int64_t stored_version() const;  // 0: an empty database
  template <class Result>
  Result writing(const std::function<Result()>& body) {
    Result result{};
    transaction([&] { result = body(); });
    return result;
  }
  int64_t id_of(const char* table, const char* column, const std::string& value) const;  // StoreError if absent
  void require_writable_run(const RunRef& run) const;
  void give_up_on_deadly_runs(int64_t sweep_id, int64_t lease_seconds);
  int64_t remember_block(const std::string& block_json);
  int64_t latency_run(const LatencyRow& row);
  [[noreturn]] void fail(const std::string& message) const;

  std::string file_;
  bool read_only_ = false;
  int depth_ = 0;
  std::unique_ptr<soci::session> sql_;
};

// Nanoseconds of a latency_sample's BLOB.
std::vector<int64_t> unpack_samples(const std::string& bytes);

// Whether a statfs f_type is that of a network file system, where SQLite's locks and shared memory are not reliable.
bool is_network_filesystem(int64_t statfs_type);

}  // namespace mds
