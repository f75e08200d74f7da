// Writes rows that describe and rows that are observed. Descriptions are idempotent by hash; for an observation it is
// checked that the writer may write to its run.
#include <soci/soci.h>

#include "search/store/clock.h"
#include "search/store/schema.h"
#include "search/store/store.h"

namespace mds {
namespace {

using soci::use;

soci::indicator mark_of(bool present) { return present ? soci::i_ok : soci::i_null; }

}  // namespace

int64_t Store::id_of(const char* table, const char* column, const std::string& value) const {
  int64_t id = 0;
  const std::string name = table;
  *sql_ << "SELECT " + name + "_id FROM " + name + " WHERE " + column + " = :value", soci::into(id), use(value);
  if (!sql_->got_data()) fail("holds no " + name + " with " + column + " " + value);
  return id;
}

int64_t Store::remember_device(const DeviceRow& row) {
  return writing<int64_t>([&] {
    int64_t id = 0;
    const auto same =
        "kind = :kind AND model = :model AND cores = :cores AND clock_mhz = :clock AND memory_bytes = :memory "
        "AND os = :os AND details_json = :details";
    *sql_ << "INSERT INTO device(kind, model, cores, clock_mhz, memory_bytes, os, details_json) "
             "VALUES(:kind, :model, :cores, :clock, :memory, :os, :details) ON CONFLICT DO NOTHING",
        use(row.kind), use(row.model), use(row.cores), use(row.clock_mhz), use(row.memory_bytes), use(row.os),
        use(row.details_json);
    *sql_ << std::string("SELECT device_id FROM device WHERE ") + same, soci::into(id), use(row.kind), use(row.model),
        use(row.cores), use(row.clock_mhz), use(row.memory_bytes), use(row.os), use(row.details_json);
    return id;
  });
}

int64_t Store::remember_env(const EnvRow& row) {
  return writing<int64_t>([&] {
    int64_t id = 0;
    const int dirty = row.git_dirty;
    const auto same =
        "git_commit = :commit AND git_dirty = :dirty AND compiler = :compiler AND compiler_flags = :flags "
        "AND libtorch = :libtorch AND cuda = :cuda AND determinism = :determinism AND details_json = :details";
    *sql_ << "INSERT INTO env(git_commit, git_dirty, compiler, compiler_flags, libtorch, cuda, determinism, "
             "details_json) "
             "VALUES(:commit, :dirty, :compiler, :flags, :libtorch, :cuda, :determinism, :details) ON CONFLICT DO "
             "NOTHING",
        use(row.git_commit), use(dirty), use(row.compiler), use(row.compiler_flags), use(row.libtorch), use(row.cuda),
        use(row.determinism), use(row.details_json);
    *sql_ << std::string("SELECT env_id FROM env WHERE ") + same, soci::into(id), use(row.git_commit), use(dirty),
        use(row.compiler), use(row.compiler_flags), use(row.libtorch), use(row.cuda), use(row.determinism),
        use(row.details_json);
    return id;
  });
}

void Store::add_arch(const ArchRow& row) {
  if (sha256(row.spec_json) != row.hash)
    fail("architecture " + row.name + ": its hash " + row.hash + " is not that of its spec");
  transaction([&] {
    *sql_ << "INSERT INTO arch(hash, name, spec_json, params, macs, macs_valid, convention, input, verdict, "
             "reject_reason, "
             "parent_hash, generator, generator_seed) VALUES(:hash, :name, :spec, :params, :macs, :macs_valid, "
             ":convention, "
             ":input, :verdict, :reason, :parent, :generator, :seed) ON CONFLICT(hash) DO NOTHING",
        use(row.hash), use(row.name), use(row.spec_json), use(row.params), use(row.macs), use(row.macs_valid),
        use(row.convention), use(row.input), use(row.verdict), use(row.reject_reason), use(row.parent),
        use(row.generator), use(row.seed);
  });
}

int64_t Store::remember_block(const std::string& block_json) {
  const std::string hash = sha256(block_json);
  *sql_ << "INSERT INTO block(hash, block_json) VALUES(:hash, :json) ON CONFLICT(hash) DO NOTHING", use(hash),
      use(block_json);
  return id_of("block", "hash", hash);
}

void Store::add_arch_blocks(const std::string& arch, const std::vector<BlockRow>& rows) {
  transaction([&] {
    const int64_t arch_id = id_of("arch", "hash", arch);
    for (int64_t step = 0; step < int64_t(rows.size()); ++step) {
      const BlockRow& row = rows[size_t(step)];
      const int64_t block_id = remember_block(row.block_json);
      *sql_ << "INSERT INTO arch_block(arch_id, step, path, kind, in_shape, out_shape, params, macs, macs_valid, "
               "block_id) "
               "VALUES(:arch, :step, :path, :kind, :in, :out, :params, :macs, :macs_valid, :block) ON CONFLICT DO "
               "NOTHING",
          use(arch_id), use(step), use(row.path), use(row.kind), use(row.in), use(row.out), use(row.params),
          use(row.macs), use(row.macs_valid), use(block_id);
    }
  });
}

std::string Store::add_protocol(const std::string& json) {
  const std::string text = parse_json(json, file_ + ": the new protocol").dump(), hash = sha256(text);
  transaction([&] {
    *sql_ << "INSERT INTO protocol(hash, protocol_json) VALUES(:hash, :json) ON CONFLICT(hash) DO NOTHING", use(hash),
        use(text);
  });
  return hash;
}

void Store::add_sweep(const std::string& name, const std::string& config_json) {
  if (name.empty()) fail("a sweep needs a name");
  const int64_t now = unix_seconds();
  transaction([&] {
    *sql_ << "INSERT INTO sweep(name, config_json, created_unix_s) VALUES(:name, :config, :now) ON CONFLICT(name) DO "
             "NOTHING",
        use(name), use(config_json), use(now);
  });
}

void Store::require_writable_run(const RunRef& run) const {
  int64_t fence = 0;
  std::string state;
  *sql_ << "SELECT fence, state FROM run WHERE run_id = :run", soci::into(fence), soci::into(state), use(run.run);
  const std::string name = "run " + std::to_string(run.run);
  if (!sql_->got_data()) fail("holds no " + name);
  const bool leased = state == name_of(RunState::leased);
  if (!run.fence && leased) fail(name + " is leased to a worker; only its lease may write");
  if (run.fence && (!leased || *run.fence != fence))
    throw LeaseLost(file_ + ": " + name + ": late write refused: the lease with token " + std::to_string(*run.fence) +
                    " has ended; the run is " + state + ", its token " + std::to_string(fence));
}

void Store::add_metric(const RunRef& run, const MetricRow& row) {
  transaction([&] {
    require_writable_run(run);
    int64_t protocol = 0;
    if (row.protocol.empty())
      *sql_ << "SELECT protocol_id FROM run WHERE run_id = :run", soci::into(protocol), use(run.run);
    else
      protocol = id_of("protocol", "hash", row.protocol);
    const double low = row.low.value_or(0), high = row.high.value_or(0);
    auto low_mark = mark_of(row.low.has_value()), high_mark = mark_of(row.high.has_value());
    *sql_ << "INSERT INTO metric(run_id, name, iteration, protocol_id, eval_seed, images_seen, value, n, low, high, "
             "checkpoint_sha256) VALUES(:run, :name, :iteration, :protocol, :seed, :images, :value, :n, :low, :high, "
             ":checkpoint) ON CONFLICT(run_id, name, iteration, protocol_id, eval_seed) DO NOTHING",
        use(run.run), use(row.name), use(row.iteration), use(protocol), use(row.eval_seed), use(row.images_seen),
        use(row.value), use(row.n), use(low, low_mark), use(high, high_mark), use(row.checkpoint);
  });
}

void Store::add_checkpoint(const RunRef& run, const CheckpointRow& row) {
  transaction([&] {
    require_writable_run(run);
    *sql_ << "INSERT INTO checkpoint(run_id, iteration, sha256, path, bytes) VALUES(:run, :iteration, :sha256, :path, "
             ":bytes) "
             "ON CONFLICT(run_id, iteration, sha256) DO NOTHING",
        use(run.run), use(row.iteration), use(row.sha256), use(row.path), use(row.bytes);
  });
}

void Store::add_picture(const RunRef& run, const PictureRow& row) {
  transaction([&] {
    require_writable_run(run);
    int newer = 0;
    *sql_ << "SELECT count(*) FROM picture WHERE run_id = :run AND (iteration > :iteration OR "
             "(iteration = :iteration2 AND prompt = :prompt AND seed = :seed))",
        soci::into(newer), use(run.run), use(row.iteration), use(row.iteration), use(row.prompt), use(row.seed);
    if (newer) return;
    soci::blob bytes(*sql_);
    bytes.write(0, row.bytes.data(), row.bytes.size());
    *sql_ << "DELETE FROM picture WHERE run_id = :run AND iteration < :iteration", use(run.run), use(row.iteration);
    *sql_ << "INSERT INTO picture(run_id, iteration, prompt, seed, mime, bytes) "
             "VALUES(:run, :iteration, :prompt, :seed, :mime, :bytes)",
        use(run.run), use(row.iteration), use(row.prompt), use(row.seed), use(row.mime), use(bytes);
  });
}

void Store::add_decision(const DecisionRow& row) {
  const int audited = row.audited;
  const int64_t now = unix_seconds();
  transaction([&] {
    *sql_ << "INSERT INTO decision(run_id, rung, rule, rule_version, inputs_json, verdict, audited, decided_unix_s) "
             "VALUES(:run, :rung, :rule, :version, :inputs, :verdict, :audited, :now) ON CONFLICT DO NOTHING",
        use(row.run), use(row.rung), use(row.rule), use(row.rule_version), use(row.inputs_json), use(row.verdict),
        use(audited), use(now);
  });
}

int64_t Store::latency_run(const LatencyRow& row) {
  const LatencyKey& key = row.key;
  const bool is_block = key.kind == LatencyKind::block;
  const int64_t block = is_block ? remember_block(key.block_json) : 0;
  const int64_t arch = is_block ? 0 : id_of("arch", "hash", key.arch), now = unix_seconds();
  const std::string kind(name_of(key.kind)), mode(name_of(row.evidence.mode)), mark(name_of(row.evidence.mark));
  auto block_mark = mark_of(block != 0), arch_mark = mark_of(arch != 0);
  *sql_ << "INSERT INTO latency_run(kind, block_id, arch_id, path, device_id, env_id, dtype, threads, batch, mode, "
           "mark, measured_unix_s) VALUES(:kind, :block, :arch, :path, :device, :env, :dtype, :threads, :batch, :mode, "
           ":mark, :now) ON CONFLICT DO NOTHING",
      use(kind), use(block, block_mark), use(arch, arch_mark), use(row.path), use(key.device), use(key.env),
      use(key.dtype), use(key.threads), use(key.batch), use(mode), use(mark), use(now);
  int64_t id = 0;
  const std::string owner = is_block ? "block_id" : "arch_id";
  *sql_ << "SELECT latency_run_id FROM latency_run WHERE kind = :kind AND " + owner +
               " = :owner AND device_id = :device AND "
               "env_id = :env AND dtype = :dtype AND threads = :threads AND batch = :batch AND mode = :mode AND mark = "
               ":mark",
      soci::into(id), use(kind), use(is_block ? block : arch), use(key.device), use(key.env), use(key.dtype),
      use(key.threads), use(key.batch), use(mode), use(mark);
  if (!sql_->got_data())
    fail("refused the latency of " + row.path + ": device, environment, threads and batch must be known");
  return id;
}

void Store::add_latency(const LatencyRow& row) {
  const LatencyProcess& process = row.process;
  transaction([&] {
    const int64_t id = latency_run(row);
    *sql_ << "INSERT INTO latency_process(latency_run_id, process, warmup_count, warmup_ns, conditions_json) "
             "VALUES(:run, :process, :count, :ns, :conditions) ON CONFLICT(latency_run_id, process) DO NOTHING",
        use(id), use(process.number), use(process.warmup_count), use(process.warmup_ns), use(process.conditions_json);
    soci::blob samples(*sql_);
    samples.write(0, reinterpret_cast<const char*>(row.samples_ns.data()), row.samples_ns.size() * sizeof(int64_t));
    *sql_
        << "INSERT INTO latency_sample(latency_run_id, process, repetition, samples_ns) "
           "VALUES(:run, :process, :repetition, :samples) ON CONFLICT(latency_run_id, process, repetition) DO NOTHING",
        use(id), use(process.number), use(row.repetition), use(samples);
  });
}

void Store::add_parity(const ParityRow& row) {
  transaction([&] {
    *sql_ << "INSERT INTO parity(network, hash, peer, peer_version, build, params, difference, allowed, "
             "measured_unix_s) VALUES(:network, :hash, :peer, :version, :build, :params, :difference, :allowed, :time) "
             "ON CONFLICT DO NOTHING",
        use(row.network), use(row.hash), use(row.peer), use(row.peer_version), use(row.build), use(row.params),
        use(row.difference), use(row.limit), use(row.measured_unix_s);
  });
}

void Store::add_score(const ScoreRow& row) {
  transaction([&] {
    const int64_t protocol = id_of("protocol", "hash", row.protocol);
    *sql_ << "INSERT INTO score(subject, name, protocol_id, eval_seed, subject_name, iteration, value, low, high, n, "
             "measured_unix_s) VALUES(:subject, :name, :protocol, :seed, :subject_name, :iteration, :value, :low, "
             ":high, :n, :time) ON CONFLICT DO NOTHING",
        use(row.subject), use(row.name), use(protocol), use(row.eval_seed), use(row.subject_name), use(row.iteration),
        use(row.value), use(row.low), use(row.high), use(row.n), use(row.measured_unix_s);
  });
}

void Store::add_model(const ModelRow& row) {
  transaction([&] {
    *sql_ << "INSERT INTO model(hash, name, stage, iterations, params, predecessor) VALUES(:hash, :name, :stage, "
             ":iterations, :params, :predecessor) ON CONFLICT DO NOTHING",
        use(row.hash), use(row.name), use(row.stage), use(row.iterations), use(row.params), use(row.predecessor);
  });
}

}  // namespace mds
