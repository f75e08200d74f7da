// Rows refer to each other by integer keys inside the file, and hashes identify them outside: merging renumbers keys
// and matches rows by hash and unique columns. Triggers make observed rows append-only; only upkeep.h can remove them.
// Times are seconds since 1970, UTC.
#include "search/store/schema.h"

#include <algorithm>
#include <array>

namespace mds {
namespace {

constexpr const char* arch = R"(CREATE TABLE arch(
  arch_id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE CHECK(length(hash) = 64),
  name TEXT NOT NULL,
  spec_json TEXT NOT NULL,
  params INTEGER NOT NULL CHECK(params >= 0),
  macs INTEGER NOT NULL CHECK(macs >= 0),
  macs_valid INTEGER NOT NULL CHECK(macs_valid BETWEEN 0 AND macs),
  convention TEXT NOT NULL,
  input TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK(verdict IN ('admitted', 'rejected', 'unjudged')),
  reject_reason TEXT NOT NULL,
  parent_hash TEXT NOT NULL,
  generator TEXT NOT NULL,
  generator_seed INTEGER NOT NULL))";

constexpr const char* block = R"(CREATE TABLE block(
  block_id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE CHECK(length(hash) = 64),
  block_json TEXT NOT NULL))";

constexpr const char* arch_block = R"(CREATE TABLE arch_block(
  arch_id INTEGER NOT NULL REFERENCES arch,
  step INTEGER NOT NULL,
  path TEXT NOT NULL,
  kind TEXT NOT NULL,
  in_shape TEXT NOT NULL,
  out_shape TEXT NOT NULL,
  params INTEGER NOT NULL,
  macs INTEGER NOT NULL,
  macs_valid INTEGER NOT NULL,
  block_id INTEGER NOT NULL REFERENCES block,
  PRIMARY KEY(arch_id, path)) WITHOUT ROWID)";

constexpr const char* protocol = R"(CREATE TABLE protocol(
  protocol_id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE CHECK(length(hash) = 64),
  protocol_json TEXT NOT NULL))";

constexpr const char* device = R"(CREATE TABLE device(
  device_id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  model TEXT NOT NULL,
  cores INTEGER NOT NULL,
  clock_mhz REAL NOT NULL,
  memory_bytes INTEGER NOT NULL,
  os TEXT NOT NULL,
  details_json TEXT NOT NULL,
  UNIQUE(kind, model, cores, clock_mhz, memory_bytes, os, details_json)))";

constexpr const char* env = R"(CREATE TABLE env(
  env_id INTEGER PRIMARY KEY,
  git_commit TEXT NOT NULL,
  git_dirty INTEGER NOT NULL CHECK(git_dirty IN (0, 1)),
  compiler TEXT NOT NULL,
  compiler_flags TEXT NOT NULL,
  libtorch TEXT NOT NULL,
  cuda TEXT NOT NULL,
  determinism TEXT NOT NULL,
  details_json TEXT NOT NULL,
  UNIQUE(git_commit, git_dirty, compiler, compiler_flags, libtorch, cuda, determinism, details_json)))";

constexpr const char* sweep = R"(CREATE TABLE sweep(
  sweep_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  config_json TEXT NOT NULL,
  created_unix_s INTEGER NOT NULL))";

constexpr const char* run = R"(CREATE TABLE run(
  run_id INTEGER PRIMARY KEY,
  sweep_id INTEGER NOT NULL REFERENCES sweep,
  arch_id INTEGER NOT NULL REFERENCES arch,
  protocol_id INTEGER NOT NULL REFERENCES protocol,
  seed INTEGER NOT NULL,
  proxy_of_arch_id INTEGER REFERENCES arch,
  state TEXT NOT NULL CHECK(state IN ('queued', 'leased', 'paused', 'promoted', 'stopped', 'failed', 'done')),
  rung INTEGER NOT NULL CHECK(rung >= 0),
  attempt INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  owner TEXT NOT NULL DEFAULT '',
  lease_expires_unix_s INTEGER NOT NULL DEFAULT 0,
  device_id INTEGER REFERENCES device,
  env_id INTEGER REFERENCES env,
  message TEXT NOT NULL DEFAULT '',
  created_unix_s INTEGER NOT NULL,
  updated_unix_s INTEGER NOT NULL,
  UNIQUE(sweep_id, arch_id, protocol_id, seed)))";

constexpr const char* metric = R"(CREATE TABLE metric(
  run_id INTEGER NOT NULL REFERENCES run,
  name TEXT NOT NULL,
  iteration INTEGER NOT NULL CHECK(iteration >= 0),
  protocol_id INTEGER NOT NULL REFERENCES protocol,
  eval_seed INTEGER NOT NULL,
  images_seen INTEGER NOT NULL CHECK(images_seen >= 0),
  value REAL NOT NULL,
  n INTEGER NOT NULL CHECK(n > 0),
  low REAL,
  high REAL,
  checkpoint_sha256 TEXT NOT NULL,
  CHECK(low IS NULL OR low <= high),
  PRIMARY KEY(run_id, name, iteration, protocol_id, eval_seed)) WITHOUT ROWID)";

constexpr const char* decision = R"(CREATE TABLE decision(
  decision_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  rung INTEGER NOT NULL,
  rule TEXT NOT NULL,
  rule_version INTEGER NOT NULL,
  inputs_json TEXT NOT NULL,
  verdict TEXT NOT NULL,
  audited INTEGER NOT NULL CHECK(audited IN (0, 1)),
  decided_unix_s INTEGER NOT NULL,
  UNIQUE(run_id, rung, rule, rule_version, inputs_json, audited)))";

constexpr const char* checkpoint = R"(CREATE TABLE checkpoint(
  checkpoint_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  iteration INTEGER NOT NULL,
  sha256 TEXT NOT NULL CHECK(length(sha256) = 64),
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK(bytes > 0),
  UNIQUE(run_id, iteration, sha256)))";

constexpr const char* picture = R"(CREATE TABLE picture(
  picture_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  iteration INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  seed INTEGER NOT NULL,
  mime TEXT NOT NULL CHECK(mime IN ('image/png', 'image/jpeg', 'image/webp')),
  bytes BLOB NOT NULL CHECK(length(bytes) BETWEEN 1 AND 16384),
  UNIQUE(run_id, iteration, prompt, seed)))";

constexpr const char* picture_limit = R"(CREATE TRIGGER picture_limit BEFORE INSERT ON picture
WHEN (SELECT coalesce(sum(length(bytes)), 0) FROM picture WHERE run_id = NEW.run_id) + length(NEW.bytes) > 16384
BEGIN SELECT RAISE(ABORT, 'pictures of one run may take 16384 bytes together'); END)";

// The table with the columns that say what a timing is worth: one mark up to version 4, mode and mark from 5 on.
std::string latency_run(const std::string& marks) {
  return R"(CREATE TABLE latency_run(
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
)" + marks +
         R"(
  measured_unix_s INTEGER NOT NULL,
  CHECK((kind = 'block') = (block_id IS NOT NULL)),
  CHECK((kind = 'block') = (arch_id IS NULL))))";
}

constexpr const char* one_mark =
    "  mark TEXT NOT NULL CHECK(mark IN ('final', 'screening', 'noisy', 'unstable', 'rejected')),";
constexpr const char* mode_and_mark = R"(  mode TEXT NOT NULL CHECK(mode IN ('quick', 'screening', 'final')),
  mark TEXT NOT NULL CHECK(mark IN ('steady', 'unchecked', 'noisy', 'unstable', 'rejected')),)";

// A block's latency belongs to the block and its site, not to the architecture in which it was timed.
std::string latency_of_block(const std::string& marks) {
  return "CREATE UNIQUE INDEX latency_of_block\nON latency_run(block_id, device_id, env_id, dtype, threads, batch, " +
         marks + ") WHERE kind = 'block'";
}
std::string latency_of_arch(const std::string& marks) {
  return "CREATE UNIQUE INDEX latency_of_arch\nON latency_run(arch_id, kind, device_id, env_id, dtype, threads, "
         "batch, " +
         marks + ") WHERE kind <> 'block'";
}

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

constexpr const char* literature_table = R"(CREATE TABLE literature(
  source TEXT NOT NULL,
  network TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  unit TEXT NOT NULL,
  conditions TEXT NOT NULL,
  PRIMARY KEY(source, network, name)) WITHOUT ROWID)";

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

constexpr const char* version_table =
    "CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied_unix_s INTEGER NOT NULL, description TEXT NOT "
    "NULL)";

constexpr std::array append_only{"metric", "decision", "latency_process", "latency_sample", "parity", "score", "model"};

constexpr std::array tables{
    "device", "env",      "arch",       "block",   "arch_block",  "protocol",        "sweep",          "run",
    "metric", "decision", "checkpoint", "picture", "latency_run", "latency_process", "latency_sample", "literature",
    "parity", "score",    "model"};

void make_append_only(std::vector<std::string>& statements, const std::string& table) {
  for (const char* change : {"UPDATE", "DELETE"})
    statements.push_back(append_only_trigger(table, change).value().statement);
}

Migration first() {
  Migration migration{.version = 1,
                      .description = "architectures, protocols, runs, metrics, decisions, latency samples, literature",
                      .statements = {version_table,
                                     device,
                                     env,
                                     arch,
                                     block,
                                     arch_block,
                                     protocol,
                                     sweep,
                                     run,
                                     metric,
                                     decision,
                                     checkpoint,
                                     picture,
                                     picture_limit,
                                     latency_run(one_mark),
                                     latency_of_block("mark"),
                                     latency_of_arch("mark"),
                                     latency_process,
                                     latency_sample,
                                     literature_table,
                                     latest_metric,
                                     run_summary,
                                     latency_summary}};
  for (const char* table : {"metric", "decision", "latency_process", "latency_sample"})
    make_append_only(migration.statements, table);
  return migration;
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
          "DROP TABLE latency_process", "DROP TABLE latency_run", latency_run(mode_and_mark),
          latency_of_block("mode, mark"), latency_of_arch("mode, mark"), latency_process, latency_sample, runs_by_mode,
          "INSERT INTO latency_process SELECT 2 * latency_run_id + quick, process, warmup_count, warmup_ns, "
          "conditions_json FROM old_process",
          "INSERT INTO latency_sample SELECT 2 * s.latency_run_id + p.quick, s.process, s.repetition, "
          "s.samples_ns FROM old_sample s JOIN old_process p USING(latency_run_id, process)",
          "DROP TABLE temp.old_sample", "DROP TABLE temp.old_run", "DROP TABLE temp.old_process", latency_summary}};
  for (const char* table : {"latency_process", "latency_sample"}) make_append_only(migration.statements, table);
  return migration;
}

}  // namespace

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> list{first(), second(), third(), fourth(), fifth()};
  return list;
}

std::optional<Trigger> append_only_trigger(const std::string& table, const std::string& change) {
  if (!std::ranges::count(append_only, table)) return std::nullopt;
  const std::string name = table + "_no_" + change;
  return Trigger{name, "CREATE TRIGGER " + name + " BEFORE " + change + " ON " + table +
                           " BEGIN SELECT RAISE(ABORT, '" + table + " is append-only'); END"};
}

int64_t schema_version() { return migrations().back().version; }

std::span<const char* const> table_names() { return tables; }

}  // namespace mds
