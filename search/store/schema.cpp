// Rows refer to each other by integer keys inside the file, and hashes identify them outside: merging renumbers keys
// and matches rows by hash and unique columns. Triggers make observed rows append-only; only upkeep.h can remove them.
// Times are seconds since 1970, UTC.
#include "search/store/schema.h"

#include <algorithm>

#include "search/store/archs.h"
#include "search/store/latencies.h"
#include "search/store/literature.h"
#include "search/store/machines.h"
#include "search/store/parity.h"
#include "search/store/run_results.h"
#include "search/store/scores.h"

namespace mds {
namespace {

std::string version_table(const SqlDialect& dialect) {
  const std::string integer = dialect.type_of(CellType::integer), text = dialect.type_of(CellType::text);
  return "CREATE TABLE schema_version(version " + integer + " PRIMARY KEY, applied_unix_s " + integer +
         " NOT NULL, description " + text + " NOT NULL)";
}

constexpr const char* latest_metric = R"(CREATE VIEW latest_metric AS
SELECT m.* FROM metric m WHERE m.iteration = (SELECT max(o.iteration) FROM metric o
  WHERE o.run_id = m.run_id AND o.name = m.name AND o.protocol_id = m.protocol_id AND o.eval_seed = m.eval_seed))";

// A run may have trained a proxy; the name and the counts here are those of the full-scale architecture.
constexpr const char* run_summary = R"(CREATE VIEW run_summary AS
SELECT r.run_id, s.name AS sweep, whole.arch_id AS arch_id, whole.hash AS hash, whole.name AS name,
  whole.params AS params, whole.macs AS macs, whole.macs_valid AS macs_valid,
  trained.hash AS trained_hash, trained.params AS trained_params,
  p.hash AS protocol, r.seed, r.state, r.rung, r.attempt, r.message, r.device_id, r.env_id,
  (SELECT coalesce(max(iteration), 0) FROM metric m WHERE m.run_id = r.run_id) AS iterations
FROM run r JOIN sweep s USING(sweep_id) JOIN protocol p USING(protocol_id)
  JOIN arch trained ON trained.arch_id = r.arch_id
  JOIN arch whole ON whole.arch_id = coalesce(r.proxy_of_arch_id, r.arch_id))";

constexpr const char* latency_summary = R"(CREATE VIEW latency_summary AS
SELECT l.*, count(*) AS repetitions, count(DISTINCT s.process) AS processes, sum(length(s.samples_ns)) / 8 AS n
FROM latency_run l JOIN latency_sample s USING(latency_run_id) GROUP BY l.latency_run_id)";

Refusal picture_limit() {
  const std::string most = std::to_string(picture_bytes_max);
  return {.name = "picture_limit",
          .event = "INSERT ON picture",
          .message = "pictures of one run may take " + most + " bytes together",
          .condition =
              "(SELECT coalesce(sum(length(bytes)), 0) FROM picture WHERE run_id = NEW.run_id) + "
              "length(NEW.bytes) > " +
              most};
}

}  // namespace

const std::vector<StoredTable>& tables() {
  static const std::vector<StoredTable> list{table_of<DeviceRow>(),
                                             table_of<EnvRow>(),
                                             table_of<ArchRow>(),
                                             table_of<BlockJsonRow>(),
                                             table_of<BlockRow>(),
                                             table_of<ProtocolRow>(),
                                             table_of<SweepRow>(),
                                             table_of<RunRow>(),
                                             table_of<MetricRow>(),
                                             table_of<EvaluationSampleRow>(),
                                             table_of<DecisionRow>(),
                                             table_of<CheckpointRow>(),
                                             table_of<PictureRow>(),
                                             table_of<PipelineRow>(),
                                             table_of<LatencyRunRow>(),
                                             table_of<LatencyProcess>(),
                                             table_of<LatencySampleRow>(),
                                             table_of<LiteratureRow>(),
                                             table_of<ParityRow>(),
                                             table_of<ScoreRow>(),
                                             table_of<ScoreReplicatesRow>(),
                                             table_of<ModelRow>(),
                                             table_of<ModelTrainingRow>()};
  return list;
}

Migration whole_schema(const SqlDialect& dialect) {
  Migration schema{.version = schema_version(), .description = "new database", .statements = {version_table(dialect)}};
  const auto refuse = [&](const Refusal& refusal) {
    for (const auto& statement : dialect.create_refusal(refusal)) schema.statements.push_back(statement);
  };
  for (const auto& table : tables()) {
    schema.statements.push_back(dialect.create_table(table));
    if (const auto key = dialect.create_key_index(table); !key.empty()) schema.statements.push_back(key);
    for (const char* change : {"UPDATE", "DELETE"})
      if (const auto refusal = append_only(table.name(), change)) refuse(*refusal);
  }
  for (const auto& statement : {latest_metric, run_summary, latency_summary}) schema.statements.emplace_back(statement);
  refuse(picture_limit());
  return schema;
}

std::optional<Refusal> append_only(const std::string& table, const std::string& change) {
  const auto is_append_only = [&](const StoredTable& each) { return each.name() == table && each.traits.append_only; };
  if (!std::ranges::any_of(tables(), is_append_only)) return std::nullopt;
  return Refusal{
      .name = table + "_no_" + change, .event = change + " ON " + table, .message = table + " is append-only"};
}

int64_t schema_version() { return migrations().back().version; }

}  // namespace mds
