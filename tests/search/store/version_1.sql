-- A results database as the first version of the schema made it.
CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied_unix_s INTEGER NOT NULL, description TEXT NOT NULL);

CREATE TABLE device(
  device_id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  model TEXT NOT NULL,
  cores INTEGER NOT NULL,
  clock_mhz REAL NOT NULL,
  memory_bytes INTEGER NOT NULL,
  os TEXT NOT NULL,
  details_json TEXT NOT NULL,
  UNIQUE(kind, model, cores, clock_mhz, memory_bytes, os, details_json));

CREATE TABLE env(
  env_id INTEGER PRIMARY KEY,
  git_commit TEXT NOT NULL,
  git_dirty INTEGER NOT NULL CHECK(git_dirty IN (0, 1)),
  compiler TEXT NOT NULL,
  compiler_flags TEXT NOT NULL,
  libtorch TEXT NOT NULL,
  cuda TEXT NOT NULL,
  determinism TEXT NOT NULL,
  details_json TEXT NOT NULL,
  UNIQUE(git_commit, git_dirty, compiler, compiler_flags, libtorch, cuda, determinism, details_json));

CREATE TABLE arch(
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
  generator_seed INTEGER NOT NULL);

CREATE TABLE block(
  block_id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE CHECK(length(hash) = 64),
  block_json TEXT NOT NULL);

CREATE TABLE arch_block(
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
  PRIMARY KEY(arch_id, path)) WITHOUT ROWID;

CREATE TABLE protocol(
  protocol_id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE CHECK(length(hash) = 64),
  protocol_json TEXT NOT NULL);

CREATE TABLE sweep(
  sweep_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  config_json TEXT NOT NULL,
  created_unix_s INTEGER NOT NULL);

CREATE TABLE run(
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
  UNIQUE(sweep_id, arch_id, protocol_id, seed));

CREATE TABLE metric(
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
  PRIMARY KEY(run_id, name, iteration, protocol_id, eval_seed)) WITHOUT ROWID;

CREATE TABLE decision(
  decision_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  rung INTEGER NOT NULL,
  rule TEXT NOT NULL,
  rule_version INTEGER NOT NULL,
  inputs_json TEXT NOT NULL,
  verdict TEXT NOT NULL,
  audited INTEGER NOT NULL CHECK(audited IN (0, 1)),
  decided_unix_s INTEGER NOT NULL,
  UNIQUE(run_id, rung, rule, rule_version, inputs_json, audited));

CREATE TABLE checkpoint(
  checkpoint_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  iteration INTEGER NOT NULL,
  sha256 TEXT NOT NULL CHECK(length(sha256) = 64),
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK(bytes > 0),
  UNIQUE(run_id, iteration, sha256));

CREATE TABLE picture(
  picture_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES run,
  iteration INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  seed INTEGER NOT NULL,
  mime TEXT NOT NULL CHECK(mime IN ('image/png', 'image/jpeg', 'image/webp')),
  bytes BLOB NOT NULL CHECK(length(bytes) BETWEEN 1 AND 16384),
  UNIQUE(run_id, iteration, prompt, seed));

CREATE TRIGGER picture_limit BEFORE INSERT ON picture
WHEN (SELECT coalesce(sum(length(bytes)), 0) FROM picture WHERE run_id = NEW.run_id) + length(NEW.bytes) > 16384
BEGIN SELECT RAISE(ABORT, 'pictures of one run may take 16384 bytes together'); END;

CREATE TABLE latency_run(
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
  mark TEXT NOT NULL CHECK(mark IN ('final', 'screening', 'noisy', 'unstable', 'rejected')),
  measured_unix_s INTEGER NOT NULL,
  CHECK((kind = 'block') = (block_id IS NOT NULL)),
  CHECK((kind = 'block') = (arch_id IS NULL)));

CREATE UNIQUE INDEX latency_of_block
ON latency_run(block_id, device_id, env_id, dtype, threads, batch, mark) WHERE kind = 'block';

CREATE UNIQUE INDEX latency_of_arch
ON latency_run(arch_id, kind, device_id, env_id, dtype, threads, batch, mark) WHERE kind <> 'block';

CREATE TABLE latency_process(
  latency_run_id INTEGER NOT NULL REFERENCES latency_run,
  process INTEGER NOT NULL,
  warmup_count INTEGER NOT NULL CHECK(warmup_count >= 0),
  warmup_ns INTEGER NOT NULL CHECK(warmup_ns >= 0),
  conditions_json TEXT NOT NULL,
  PRIMARY KEY(latency_run_id, process)) WITHOUT ROWID;

CREATE TABLE latency_sample(
  latency_run_id INTEGER NOT NULL REFERENCES latency_run,
  process INTEGER NOT NULL,
  repetition INTEGER NOT NULL,
  samples_ns BLOB NOT NULL CHECK(length(samples_ns) > 0 AND length(samples_ns) % 8 = 0),
  PRIMARY KEY(latency_run_id, process, repetition));

CREATE TABLE literature(
  source TEXT NOT NULL,
  network TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  unit TEXT NOT NULL,
  conditions TEXT NOT NULL,
  PRIMARY KEY(source, network, name)) WITHOUT ROWID;

CREATE VIEW latest_metric AS
SELECT m.* FROM metric m WHERE m.iteration = (SELECT max(o.iteration) FROM metric o
  WHERE o.run_id = m.run_id AND o.name = m.name AND o.protocol_id = m.protocol_id AND o.eval_seed = m.eval_seed);

CREATE VIEW run_summary AS
SELECT r.run_id, s.name AS sweep, whole.arch_id AS arch_id, whole.hash AS hash, whole.name AS name,
  whole.params AS params, whole.macs AS macs, whole.macs_valid AS macs_valid,
  trained.hash AS trained_hash, trained.params AS trained_params,
  p.hash AS protocol, r.seed, r.state, r.rung, r.attempt, r.message, r.device_id, r.env_id,
  (SELECT coalesce(max(iteration), 0) FROM metric m WHERE m.run_id = r.run_id) AS iterations
FROM run r JOIN sweep s USING(sweep_id) JOIN protocol p USING(protocol_id)
  JOIN arch trained ON trained.arch_id = r.arch_id
  JOIN arch whole ON whole.arch_id = coalesce(r.proxy_of_arch_id, r.arch_id);

CREATE VIEW latency_summary AS
SELECT l.*, count(*) AS repetitions, count(DISTINCT s.process) AS processes, sum(length(s.samples_ns)) / 8 AS n
FROM latency_run l JOIN latency_sample s USING(latency_run_id) GROUP BY l.latency_run_id;

CREATE TRIGGER metric_no_UPDATE BEFORE UPDATE ON metric BEGIN SELECT RAISE(ABORT, 'metric is append-only'); END;

CREATE TRIGGER metric_no_DELETE BEFORE DELETE ON metric BEGIN SELECT RAISE(ABORT, 'metric is append-only'); END;

CREATE TRIGGER decision_no_UPDATE BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;

CREATE TRIGGER decision_no_DELETE BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;

CREATE TRIGGER latency_process_no_UPDATE BEFORE UPDATE ON latency_process BEGIN SELECT RAISE(ABORT, 'latency_process is append-only'); END;

CREATE TRIGGER latency_process_no_DELETE BEFORE DELETE ON latency_process BEGIN SELECT RAISE(ABORT, 'latency_process is append-only'); END;

CREATE TRIGGER latency_sample_no_UPDATE BEFORE UPDATE ON latency_sample BEGIN SELECT RAISE(ABORT, 'latency_sample is append-only'); END;

CREATE TRIGGER latency_sample_no_DELETE BEFORE DELETE ON latency_sample BEGIN SELECT RAISE(ABORT, 'latency_sample is append-only'); END;

INSERT INTO schema_version VALUES(1, 0, 'architectures, protocols, runs, metrics, decisions, latency samples, literature');
