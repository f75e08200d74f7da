// What writers ask before they write. Reports have queries of their own, over reading_session().
#include <soci/soci.h>

#include <filesystem>

#include "search/store/schema.h"
#include "search/store/store.h"

namespace mds {
namespace {

using soci::into;
using soci::use;

template <NamedEnum E>
E parse(const std::string& name) {
  E value{};
  read_enum(Json(name), value, {"database", ""});
  return value;
}

std::vector<int64_t> unpack(soci::blob& blob) {
  std::vector<int64_t> samples(blob.get_len() / sizeof(int64_t));
  blob.read(0, reinterpret_cast<char*>(samples.data()), samples.size() * sizeof(int64_t));
  return samples;
}

}  // namespace

std::vector<RunStatus> Store::runs(const std::string& sweep) const {
  std::vector<RunStatus> rows;
  guarded([&] {
    RunStatus row;
    std::string state;
    soci::statement query =
        (sql_->prepare
             << "SELECT r.run_id, a.hash, coalesce(f.hash, ''), p.hash, r.seed, r.state, r.rung, r.attempt, r.owner, "
                "r.message FROM run r JOIN sweep s USING(sweep_id) JOIN arch a ON a.arch_id = r.arch_id "
                "JOIN protocol p USING(protocol_id) LEFT JOIN arch f ON f.arch_id = r.proxy_of_arch_id "
                "WHERE s.name = :sweep ORDER BY r.run_id",
         into(row.run), into(row.arch), into(row.proxy_of), into(row.protocol), into(row.seed), into(state),
         into(row.rung), into(row.attempt), into(row.owner), into(row.message), use(sweep));
    for (bool more = query.execute(true); more; more = query.fetch()) {
      row.state = parse<RunState>(state);
      rows.push_back(row);
    }
  });
  return rows;
}

std::vector<MetricRow> Store::metrics_where(int64_t run, const std::string& condition, const std::string& name) const {
  std::vector<MetricRow> rows;
  guarded([&] {
    MetricRow row;
    double low = 0, high = 0;
    soci::indicator low_mark, high_mark;
    soci::statement query =
        (sql_->prepare
             << "SELECT m.iteration, m.images_seen, m.name, m.value, m.n, m.low, m.high, m.eval_seed, "
                "m.checkpoint_sha256, p.hash FROM metric m JOIN protocol p USING(protocol_id) WHERE m.run_id = :run "
                "AND " +
                    condition + " ORDER BY m.name, m.iteration, m.eval_seed",
         into(row.iteration), into(row.images_seen), into(row.name), into(row.value), into(row.n), into(low, low_mark),
         into(high, high_mark), into(row.eval_seed), into(row.checkpoint), into(row.protocol), use(run), use(name));
    for (bool more = query.execute(true); more; more = query.fetch()) {
      row.low = low_mark == soci::i_ok ? std::optional(low) : std::nullopt;
      row.high = high_mark == soci::i_ok ? std::optional(high) : std::nullopt;
      rows.push_back(row);
    }
  });
  return rows;
}

std::vector<MetricRow> Store::metrics(int64_t run) const { return metrics_where(run, "m.name <> :none", ""); }

std::vector<MetricRow> Store::curve(int64_t run, const std::string& name) const {
  return metrics_where(run, "m.name = :name", name);
}

std::vector<DecisionRow> Store::decisions(int64_t run) const {
  std::vector<DecisionRow> rows;
  guarded([&] {
    DecisionRow row{.run = run};
    int audited = 0;
    soci::statement query =
        (sql_->prepare << "SELECT rung, rule, rule_version, inputs_json, verdict, audited FROM decision "
                          "WHERE run_id = :run ORDER BY decision_id",
         into(row.rung), into(row.rule), into(row.rule_version), into(row.inputs_json), into(row.verdict),
         into(audited), use(run));
    for (bool more = query.execute(true); more; more = query.fetch()) {
      row.audited = audited != 0;
      rows.push_back(row);
    }
  });
  return rows;
}

std::optional<CheckpointRow> Store::last_checkpoint(int64_t run) const {
  std::optional<CheckpointRow> found;
  guarded([&] {
    CheckpointRow row;
    *sql_ << "SELECT sha256, path, bytes, iteration FROM checkpoint WHERE run_id = :run "
             "ORDER BY iteration DESC, checkpoint_id DESC LIMIT 1",
        into(row.sha256), into(row.path), into(row.bytes), into(row.iteration), use(run);
    if (sql_->got_data()) found = row;
  });
  return found;
}

std::optional<ArchRow> Store::find_arch(const std::string& hash_or_name) const {
  std::optional<ArchRow> found;
  guarded([&] {
    ArchRow row;
    *sql_ << "SELECT hash, name, spec_json, params, macs, macs_valid, convention, input, verdict, reject_reason, "
             "parent_hash, "
             "generator, generator_seed FROM arch WHERE hash = :hash OR name = :name ORDER BY hash = :hash2 DESC, "
             "arch_id LIMIT 1",
        into(row.hash), into(row.name), into(row.spec_json), into(row.params), into(row.macs), into(row.macs_valid),
        into(row.convention), into(row.input), into(row.verdict), into(row.reject_reason), into(row.parent),
        into(row.generator), into(row.seed), use(hash_or_name), use(hash_or_name), use(hash_or_name);
    if (sql_->got_data()) found = row;
  });
  return found;
}

std::vector<LatencyRow> Store::find_latency(const LatencyKey& key) const {
  std::vector<LatencyRow> rows;
  const std::string kind(name_of(key.kind)), owner = key.kind == LatencyKind::block ? sha256(key.block_json) : key.arch;
  const std::string join =
      key.kind == LatencyKind::block ? "JOIN block o USING(block_id)" : "JOIN arch o USING(arch_id)";
  guarded([&] {
    int64_t id = 0;
    LatencyRow row{.key = key};
    std::string mark;
    *sql_
        << "SELECT latency_run_id, path, mark, env_id FROM latency_run l " + join +
               " WHERE kind = :kind AND o.hash = :owner "
               "AND device_id = :device AND (:any = 0 OR env_id = :env) AND dtype = :dtype AND threads = :threads AND "
               "batch = :batch ORDER BY mark = 'final' DESC, mark = 'screening' DESC, latency_run_id DESC LIMIT 1",
        into(id), into(row.path), into(mark), into(row.key.env), use(kind), use(owner), use(key.device), use(key.env),
        use(key.env), use(key.dtype), use(key.threads), use(key.batch);
    if (!sql_->got_data()) return;
    row.mark = parse<LatencyMark>(mark);
    soci::blob samples(*sql_);
    soci::statement query = (sql_->prepare << "SELECT process, repetition, samples_ns FROM latency_sample WHERE "
                                              "latency_run_id = :id ORDER BY process, repetition",
                             into(row.process), into(row.repetition), into(samples), use(id));
    for (bool more = query.execute(true); more; more = query.fetch()) {
      row.samples_ns = unpack(samples);
      rows.push_back(row);
    }
  });
  return rows;
}

StoreInfo Store::info() const {
  StoreInfo info{.file = file_};
  guarded([&] {
    info.schema_version = stored_version();
    for (const char* table : table_names()) {
      TableCount count{.table = table};
      *sql_ << "SELECT count(*) FROM " + count.table, into(count.rows);
      info.tables.push_back(count);
    }
    *sql_ << "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", into(info.bytes);
  });
  return info;
}

std::vector<std::string> Store::check() const {
  std::vector<std::string> problems;
  guarded([&] {
    std::string text, hash;
    soci::statement integrity = (sql_->prepare << "PRAGMA integrity_check", into(text));
    for (bool more = integrity.execute(true); more; more = integrity.fetch())
      if (text != "ok") problems.push_back(text);
    soci::statement keys = (sql_->prepare << "SELECT \"table\" || ' row ' || coalesce(rowid, '') || ' points to no ' "
                                             "|| parent FROM pragma_foreign_key_check",
                            into(text));
    for (bool more = keys.execute(true); more; more = keys.fetch()) problems.push_back(text);
    for (const auto& [table, column] : {std::pair<std::string, std::string>{"arch", "spec_json"},
                                        {"block", "block_json"},
                                        {"protocol", "protocol_json"}}) {
      soci::statement rows = (sql_->prepare << "SELECT hash, " + column + " FROM " + table, into(hash), into(text));
      for (bool more = rows.execute(true); more; more = rows.fetch())
        if (sha256(text) != hash)
          problems.push_back(table + " " + hash + ": the hash of its " + column + " is " + sha256(text));
    }
  });
  return problems;
}

}  // namespace mds
