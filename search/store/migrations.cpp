// How older files become those of today. These texts are history: a change of a row gets a migration of its own, and
// none of these follows it. Files of SQLite alone have such a history, so the statements are SQLite's.
#include "search/store/schema.h"

namespace mds {
namespace {
namespace history {

// One of our networks compared with the same one in another library; `build` identifies our program.
// The key comes first, because SQLite 3.40 reports other tables WITHOUT ROWID as damaged.
constexpr const char* parity = R"(CREATE TABLE parity(
  network TEXT NOT NULL,
  peer TEXT NOT NULL,
  measured_unix_s INTEGER NOT NULL,
  hash TEXT NOT NULL CHECK(length(hash) = 64),
  peer_version TEXT NOT NULL,
  build TEXT NOT NULL,
  params INTEGER NOT NULL CHECK(params > 0),
  difference REAL NOT NULL CHECK(difference >= 0),
  allowed REAL NOT NULL CHECK(allowed > 0),
  PRIMARY KEY(network, peer, measured_unix_s)) WITHOUT ROWID)";

// A score of any pictures, not tied to a run; `subject` is the hash of the model or of the pictures.
constexpr const char* score = R"(CREATE TABLE score(
  subject TEXT NOT NULL CHECK(length(subject) = 64),
  name TEXT NOT NULL,
  protocol_id INTEGER NOT NULL REFERENCES protocol,
  eval_seed INTEGER NOT NULL,
  subject_name TEXT NOT NULL,
  iteration INTEGER NOT NULL CHECK(iteration >= 0),
  value REAL NOT NULL,
  low REAL NOT NULL,
  high REAL NOT NULL CHECK(low <= high),
  n INTEGER NOT NULL CHECK(n > 0),
  measured_unix_s INTEGER NOT NULL,
  PRIMARY KEY(subject, name, protocol_id, eval_seed)) WITHOUT ROWID)";

// What a model folder says about its training; a score's subject may be such a model.
constexpr const char* model = R"(CREATE TABLE model(
  hash TEXT PRIMARY KEY CHECK(length(hash) = 64),
  name TEXT NOT NULL,
  stage TEXT NOT NULL,
  iterations INTEGER NOT NULL CHECK(iterations >= 0),
  params INTEGER NOT NULL CHECK(params > 0),
  predecessor TEXT NOT NULL) WITHOUT ROWID)";

constexpr const char* latency_run = R"(CREATE TABLE latency_run(
  latency_run_id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK(kind IN ('block', 'end_to_end', 'residual')),
  block_id INTEGER REFERENCES block,
  arch_id INTEGER REFERENCES arch,
  path TEXT NOT NULL,
  device_id INTEGER NOT NULL REFERENCES device,
  env_id INTEGER NOT NULL REFERENCES env,
  dtype TEXT NOT NULL,
  threads INTEGER NOT NULL CHECK(threads > 0),
  batch INTEGER NOT NULL CHECK(batch > 0),
  mode TEXT NOT NULL CHECK(mode IN ('quick', 'screening', 'final')),
  mark TEXT NOT NULL CHECK(mark IN ('steady', 'unchecked', 'noisy', 'unstable', 'rejected')),
  measured_unix_s INTEGER NOT NULL,
  CHECK((kind = 'block') = (block_id IS NOT NULL)),
  CHECK((kind = 'block') = (arch_id IS NULL))))";

constexpr const char* latency_of_block =
    "CREATE UNIQUE INDEX latency_of_block\nON latency_run(block_id, device_id, env_id, dtype, threads, batch, mode, "
    "mark) WHERE kind = 'block'";
constexpr const char* latency_of_arch =
    "CREATE UNIQUE INDEX latency_of_arch\nON latency_run(arch_id, kind, device_id, env_id, dtype, threads, batch, "
    "mode, "
    "mark) WHERE kind <> 'block'";

constexpr const char* latency_process = R"(CREATE TABLE latency_process(
  latency_run_id INTEGER NOT NULL REFERENCES latency_run,
  process INTEGER NOT NULL,
  warmup_count INTEGER NOT NULL CHECK(warmup_count >= 0),
  warmup_ns INTEGER NOT NULL CHECK(warmup_ns >= 0),
  conditions_json TEXT NOT NULL,
  PRIMARY KEY(latency_run_id, process)) WITHOUT ROWID)";

constexpr const char* latency_sample = R"(CREATE TABLE latency_sample(
  latency_run_id INTEGER NOT NULL REFERENCES latency_run,
  process INTEGER NOT NULL,
  repetition INTEGER NOT NULL,
  samples_ns BLOB NOT NULL CHECK(length(samples_ns) > 0 AND length(samples_ns) % 8 = 0),
  PRIMARY KEY(latency_run_id, process, repetition)))";

constexpr const char* latency_summary = R"(CREATE VIEW latency_summary AS
SELECT l.*, count(*) AS repetitions, count(DISTINCT s.process) AS processes, sum(length(s.samples_ns)) / 8 AS n
FROM latency_run l JOIN latency_sample s USING(latency_run_id) GROUP BY l.latency_run_id)";

// What a decision needs of a score besides its value, which lay in files of one machine until then.
constexpr const char* evaluation_sample = R"(CREATE TABLE evaluation_sample(
  run_id INTEGER NOT NULL REFERENCES run,
  iteration INTEGER NOT NULL CHECK(iteration >= 0),
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('picture', 'replicate', 'halves')),
  samples BLOB NOT NULL CHECK(length(samples) > 0 AND length(samples) % 4 = 0),
  PRIMARY KEY(run_id, iteration, name, kind)))";

void make_append_only(std::vector<std::string>& statements, const std::string& table) {
  for (const std::string change : {"UPDATE", "DELETE"})
    statements.push_back("CREATE TRIGGER " + table + "_no_" + change + " BEFORE " + change + " ON " + table +
                         " BEGIN SELECT RAISE(ABORT, '" + table + " is append-only'); END");
}

Migration second() {
  Migration migration{.version = 2, .description = "parity with other libraries", .statements = {parity}};
  make_append_only(migration.statements, "parity");
  return migration;
}

Migration third() {
  Migration migration{.version = 3, .description = "scores of pictures and models", .statements = {score}};
  make_append_only(migration.statements, "score");
  return migration;
}

Migration fourth() {
  Migration migration{.version = 4, .description = "trained models", .statements = {model}};
  make_append_only(migration.statements, "model");
  return migration;
}

// Which processes of a latency were quick: at most 9 samples of 8 bytes, whose mark said "screening" too.
constexpr const char* old_processes = R"(CREATE TEMP TABLE old_process AS
SELECT p.*, l.mark = 'screening' AND (SELECT coalesce(sum(length(s.samples_ns)), 0) FROM latency_sample s
  WHERE s.latency_run_id = p.latency_run_id AND s.process = p.process) <= 9 * 8 AS quick
FROM latency_process p JOIN latency_run l USING(latency_run_id))";

// A run of both kinds of processes becomes two. A mark other than "final" did not say its mode, which is taken as the
// shorter one.
constexpr const char* runs_by_mode = R"(INSERT INTO latency_run
SELECT DISTINCT 2 * r.latency_run_id + p.quick, r.kind, r.block_id, r.arch_id, r.path, r.device_id, r.env_id, r.dtype,
  r.threads, r.batch, CASE WHEN p.quick THEN 'quick' WHEN r.mark = 'final' THEN 'final' ELSE 'screening' END,
  CASE WHEN p.quick THEN 'unchecked' WHEN r.mark IN ('final', 'screening') THEN 'steady' ELSE r.mark END,
  r.measured_unix_s
FROM old_run r JOIN old_process p USING(latency_run_id))";

// Children go before their parent and come back after it, because SQLite cannot change the checks of a table.
Migration fifth() {
  Migration migration{
      .version = 5,
      .description = "mode and mark of a latency",
      .statements = {
          "DROP VIEW latency_summary", old_processes, "CREATE TEMP TABLE old_run AS SELECT * FROM latency_run",
          "CREATE TEMP TABLE old_sample AS SELECT * FROM latency_sample", "DROP TABLE latency_sample",
          "DROP TABLE latency_process", "DROP TABLE latency_run", latency_run, latency_of_block, latency_of_arch,
          latency_process, latency_sample, runs_by_mode,
          "INSERT INTO latency_process SELECT 2 * latency_run_id + quick, process, warmup_count, warmup_ns, "
          "conditions_json FROM old_process",
          "INSERT INTO latency_sample SELECT 2 * s.latency_run_id + p.quick, s.process, s.repetition, "
          "s.samples_ns FROM old_sample s JOIN old_process p USING(latency_run_id, process)",
          "DROP TABLE temp.old_sample", "DROP TABLE temp.old_run", "DROP TABLE temp.old_process", latency_summary}};
  for (const char* table : {"latency_process", "latency_sample"}) make_append_only(migration.statements, table);
  return migration;
}

// Latencies of whole pictures were those of blocks with a JSON of their own. These columns of a block are what it said.
constexpr const char* pipeline = R"(CREATE TABLE pipeline(
  pipeline_id INTEGER PRIMARY KEY,
  model TEXT NOT NULL CHECK(length(model) = 64),
  part TEXT NOT NULL CHECK(part IN ('text', 'unet step', 'decoder', 'whole')),
  steps INTEGER NOT NULL CHECK(steps >= 0),
  calls INTEGER NOT NULL CHECK(calls >= 0),
  sampler TEXT NOT NULL,
  size TEXT NOT NULL,
  UNIQUE(model, part, steps, calls, sampler, size)))";

constexpr const char* pipeline_blocks = R"(CREATE TEMP TABLE pipeline_block AS
SELECT block_id, json_extract(block_json, '$.pipeline.model') AS model,
  json_extract(block_json, '$.pipeline.part') AS part,
  coalesce(json_extract(block_json, '$.pipeline.steps'), 0) AS steps,
  coalesce(json_extract(block_json, '$.pipeline.calls'), 0) AS calls,
  coalesce(json_extract(block_json, '$.pipeline.sampler'), '') AS sampler,
  coalesce(json_extract(block_json, '$.pipeline.size'), '') AS size
FROM block WHERE block_json LIKE '{"pipeline"%')";

constexpr const char* latency_run_6 = R"(CREATE TABLE latency_run(
  latency_run_id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK(kind IN ('block', 'end_to_end', 'residual', 'pipeline')),
  block_id INTEGER REFERENCES block,
  arch_id INTEGER REFERENCES arch,
  pipeline_id INTEGER REFERENCES pipeline,
  path TEXT NOT NULL,
  device_id INTEGER NOT NULL REFERENCES device,
  env_id INTEGER NOT NULL REFERENCES env,
  dtype TEXT NOT NULL,
  threads INTEGER NOT NULL CHECK(threads > 0),
  batch INTEGER NOT NULL CHECK(batch > 0),
  mode TEXT NOT NULL CHECK(mode IN ('quick', 'screening', 'final')),
  mark TEXT NOT NULL CHECK(mark IN ('steady', 'unchecked', 'noisy', 'unstable', 'rejected')),
  measured_unix_s INTEGER NOT NULL,
  CHECK((kind = 'block') = (block_id IS NOT NULL) AND (kind IN ('end_to_end', 'residual')) = (arch_id IS NOT NULL)
    AND (kind = 'pipeline') = (pipeline_id IS NOT NULL))))";

constexpr const char* latency_run_key = R"(CREATE UNIQUE INDEX latency_run_key ON latency_run(kind,
  coalesce(block_id, 0), coalesce(arch_id, 0), coalesce(pipeline_id, 0), device_id, env_id, dtype, threads, batch, mode,
  mark))";

constexpr const char* runs_with_pipelines = R"(INSERT INTO latency_run
SELECT r.latency_run_id, CASE WHEN p.pipeline_id IS NULL THEN r.kind ELSE 'pipeline' END,
  CASE WHEN p.pipeline_id IS NULL THEN r.block_id END, r.arch_id, p.pipeline_id, r.path, r.device_id, r.env_id, r.dtype,
  r.threads, r.batch, r.mode, r.mark, r.measured_unix_s
FROM old_run r LEFT JOIN pipeline_block b USING(block_id)
  LEFT JOIN pipeline p USING(model, part, steps, calls, sampler, size))";

constexpr const char* latency_run_7 = R"(CREATE TABLE latency_run(
  latency_run_id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK(kind IN ('block', 'end_to_end', 'residual', 'pipeline')),
  block_id INTEGER REFERENCES block,
  arch_id INTEGER REFERENCES arch,
  pipeline_id INTEGER REFERENCES pipeline,
  path TEXT NOT NULL,
  device_id INTEGER NOT NULL REFERENCES device,
  env_id INTEGER NOT NULL REFERENCES env,
  dtype TEXT NOT NULL,
  threads INTEGER NOT NULL CHECK(threads > 0),
  batch INTEGER NOT NULL CHECK(batch > 0),
  kernels TEXT NOT NULL CHECK(kernels IN ('library', 'prepared')),
  mode TEXT NOT NULL CHECK(mode IN ('quick', 'screening', 'final')),
  mark TEXT NOT NULL CHECK(mark IN ('steady', 'unchecked', 'noisy', 'unstable', 'rejected')),
  measured_unix_s INTEGER NOT NULL,
  CHECK((kind = 'block') = (block_id IS NOT NULL) AND (kind IN ('end_to_end', 'residual')) = (arch_id IS NOT NULL)
    AND (kind = 'pipeline') = (pipeline_id IS NOT NULL))))";

constexpr const char* latency_run_key_7 = R"(CREATE UNIQUE INDEX latency_run_key ON latency_run(kind,
  coalesce(block_id, 0), coalesce(arch_id, 0), coalesce(pipeline_id, 0), device_id, env_id, dtype, threads, batch,
  kernels, mode, mark))";

// Until then all networks ran LibTorch's operators.
constexpr const char* runs_of_the_library = R"(INSERT INTO latency_run
SELECT latency_run_id, kind, block_id, arch_id, pipeline_id, path, device_id, env_id, dtype, threads, batch, 'library',
  mode, mark, measured_unix_s
FROM old_run)";

// The statements that make latency_run and its key and fill it from old_run.
struct NewRuns {
  const char *table, *key, *filled;
};

// Makes the tables of latencies anew, after the migration's own statements; `cleared` comes at the end.
Migration with_new_latencies(Migration migration, const NewRuns& runs, const std::vector<std::string>& cleared) {
  auto& statements = migration.statements;
  const auto add = [&](const std::vector<std::string>& more) {
    statements.insert(statements.end(), more.begin(), more.end());
  };
  statements.insert(statements.begin(), "DROP VIEW latency_summary");
  add({"CREATE TEMP TABLE old_run AS SELECT * FROM latency_run",
       "CREATE TEMP TABLE old_process AS SELECT * FROM latency_process",
       "CREATE TEMP TABLE old_sample AS SELECT * FROM latency_sample", "DROP TABLE latency_sample",
       "DROP TABLE latency_process", "DROP TABLE latency_run"});
  add({runs.table, runs.key, latency_process, latency_sample, runs.filled,
       "INSERT INTO latency_process SELECT * FROM old_process", "INSERT INTO latency_sample SELECT * FROM old_sample"});
  add(cleared);
  add({"DROP TABLE temp.old_sample", "DROP TABLE temp.old_process", "DROP TABLE temp.old_run", latency_summary});
  for (const char* table : {"latency_process", "latency_sample"}) make_append_only(statements, table);
  return migration;
}

Migration sixth() {
  const Migration pipelines{
      .version = 6,
      .description = "pipelines as rows",
      .statements = {pipeline, pipeline_blocks,
                     "INSERT INTO pipeline(model, part, steps, calls, sampler, size) SELECT model, part, steps, calls, "
                     "sampler, size FROM pipeline_block ORDER BY block_id"}};
  return with_new_latencies(
      pipelines, {latency_run_6, latency_run_key, runs_with_pipelines},
      {"DELETE FROM block WHERE block_id IN (SELECT block_id FROM pipeline_block)", "DROP TABLE temp.pipeline_block"});
}

Migration seventh() {
  return with_new_latencies({.version = 7, .description = "kernels of latencies", .statements = {}},
                            {latency_run_7, latency_run_key_7, runs_of_the_library}, {});
}

Migration eighth() {
  Migration migration{.version = 8, .description = "samples of evaluations", .statements = {evaluation_sample}};
  make_append_only(migration.statements, "evaluation_sample");
  return migration;
}

constexpr const char* model_9 = R"(CREATE TABLE model(
  hash TEXT PRIMARY KEY CHECK(length(hash) = 64),
  name TEXT NOT NULL,
  stage TEXT NOT NULL,
  iterations INTEGER NOT NULL CHECK(iterations >= 0),
  params INTEGER NOT NULL CHECK(params > 0),
  predecessor TEXT NOT NULL,
  data TEXT NOT NULL) WITHOUT ROWID)";

// What the stored trainings say of their data, of which the models said nothing until then.
constexpr const char* trained_on = R"(CREATE TEMP TABLE trained_on AS
SELECT json_extract(protocol_json, '$.config.name') AS name,
  json_extract(protocol_json, '$.config.stage.kind') AS stage,
  json_extract(protocol_json, '$.config.loop.iterations') AS iterations,
  coalesce(json_extract(protocol_json, '$.config.stage.latents'),
    (SELECT group_concat(value, ', ') FROM json_each(protocol_json, '$.config.stage.data'))) AS data
FROM protocol WHERE json_valid(protocol_json) AND json_type(protocol_json, '$.config.name') = 'text')";

// A training's model lies in the folder FOLDER/NAME/model.
constexpr const char* models_with_data = R"(INSERT INTO model
SELECT m.hash, m.name, m.stage, m.iterations, m.params, m.predecessor, coalesce((SELECT max(t.data) FROM trained_on t
  WHERE t.stage = m.stage AND t.iterations = m.iterations AND
    substr('/' || m.name, -length(t.name) - 7) = '/' || t.name || '/model'), '')
FROM old_model m)";

Migration ninth() {
  Migration migration{
      .version = 9,
      .description = "training data of models",
      .statements = {"CREATE TEMP TABLE old_model AS SELECT * FROM model", "DROP TABLE model", model_9, trained_on,
                     models_with_data, "DROP TABLE temp.trained_on", "DROP TABLE temp.old_model"}};
  make_append_only(migration.statements, "model");
  return migration;
}

constexpr const char* score_replicates = R"(CREATE TABLE score_replicates(
  subject TEXT NOT NULL CHECK(length(subject) = 64),
  name TEXT NOT NULL,
  protocol_id INTEGER NOT NULL REFERENCES protocol,
  eval_seed INTEGER NOT NULL,
  replicates BLOB NOT NULL CHECK(length(replicates) > 0 AND length(replicates) % 4 = 0),
  PRIMARY KEY(subject, name, protocol_id, eval_seed)))";

constexpr const char* model_training = R"(CREATE TABLE model_training(
  model TEXT PRIMARY KEY CHECK(length(model) = 64),
  run TEXT NOT NULL,
  config_json TEXT NOT NULL) WITHOUT ROWID)";

Migration tenth() {
  Migration migration{.version = 10,
                      .description = "replicates of scores, trainings of models",
                      .statements = {score_replicates, model_training}};
  for (const char* table : {"score_replicates", "model_training"}) make_append_only(migration.statements, table);
  return migration;
}

}  // namespace history
}  // namespace

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> list{history::second(), history::third(), history::fourth(),
                                           history::fifth(),  history::sixth(), history::seventh(),
                                           history::eighth(), history::ninth(), history::tenth()};
  return list;
}

}  // namespace mds
