// The queries that writers need before they write. Reports have their own queries, through select.h.
#include <array>
#include <cstring>

#include "search/store/schema.h"
#include "search/store/select.h"
#include "search/store/store.h"
#include "search/store/stored_json.h"

namespace mds {
namespace {

using Text = std::string;

}  // namespace

std::vector<int64_t> unpack_samples(const std::string& bytes) {
  std::vector<int64_t> samples(bytes.size() / sizeof(int64_t));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(int64_t));
  return samples;
}

std::vector<std::string> Store::sweeps() const {
  std::vector<std::string> names;
  for (const auto& [name] : select<Text>(*this, "SELECT name FROM sweep ORDER BY sweep_id")) names.push_back(name);
  return names;
}

std::optional<std::string> Store::sweep_config(const std::string& name) const {
  for (const auto& [config] : select<Text>(*this, "SELECT config_json FROM sweep WHERE name = :name", name))
    return config;
  return std::nullopt;
}

std::vector<ParityRow> Store::latest_parity() const {
  std::vector<ParityRow> rows;
  for (const auto& [network, hash, peer, version, build, params, difference, allowed, time] :
       select<Text, Text, Text, Text, Text, int64_t, double, double, int64_t>(
           *this,
           "SELECT network, hash, peer, peer_version, build, params, difference, allowed, measured_unix_s FROM parity "
           "p "
           "WHERE measured_unix_s = (SELECT max(o.measured_unix_s) FROM parity o WHERE o.network = p.network AND "
           "o.peer = p.peer) ORDER BY peer, network"))
    rows.push_back({network, hash, peer, version, build, params, difference, allowed, time});
  return rows;
}

std::vector<ScoreRow> Store::scores() const {
  std::vector<ScoreRow> rows;
  for (const auto& [subject, subject_name, iteration, name, protocol, seed, value, low, high, n, time] :
       select<Text, Text, int64_t, Text, Text, int64_t, double, double, double, int64_t, int64_t>(
           *this,
           "SELECT s.subject, s.subject_name, s.iteration, s.name, p.hash, s.eval_seed, s.value, s.low, s.high, s.n, "
           "s.measured_unix_s FROM score s JOIN protocol p USING(protocol_id) "
           "ORDER BY s.name, p.hash, s.iteration, s.subject_name, s.eval_seed"))
    rows.push_back({subject, subject_name, iteration, name, protocol, seed, value, low, high, n, time});
  return rows;
}

std::vector<ModelRow> Store::models() const {
  std::vector<ModelRow> rows;
  for (const auto& [hash, name, stage, iterations, params, predecessor] :
       select<Text, Text, Text, int64_t, int64_t, Text>(
           *this, "SELECT hash, name, stage, iterations, params, predecessor FROM model ORDER BY name, hash"))
    rows.push_back({hash, name, stage, iterations, params, predecessor});
  return rows;
}

std::vector<RunStatus> Store::runs(const std::string& sweep) const {
  std::vector<RunStatus> rows;
  for (const auto& [run, arch, proxy_of, protocol, seed, state, rung, attempt, owner, message] :
       select<int64_t, Text, Text, Text, int64_t, Text, int64_t, int64_t, Text, Text>(
           *this,
           "SELECT r.run_id, a.hash, f.hash, p.hash, r.seed, r.state, r.rung, r.attempt, r.owner, r.message "
           "FROM run r JOIN sweep s USING(sweep_id) JOIN arch a ON a.arch_id = r.arch_id JOIN protocol p "
           "USING(protocol_id) "
           "LEFT JOIN arch f ON f.arch_id = r.proxy_of_arch_id WHERE s.name = :sweep ORDER BY r.run_id",
           sweep))
    rows.push_back({run, arch, proxy_of, protocol, seed, stored_enum<RunState>(state), rung, attempt, owner, message});
  return rows;
}

std::vector<MetricRow> Store::metrics(int64_t run) const {
  std::vector<MetricRow> rows;
  for (const auto& [iteration, images, name, value, n, low, high, seed, checkpoint, protocol] :
       select<int64_t, int64_t, Text, double, int64_t, std::optional<double>, std::optional<double>, int64_t, Text,
              Text>(*this,
                    "SELECT m.iteration, m.images_seen, m.name, m.value, m.n, m.low, m.high, m.eval_seed, "
                    "m.checkpoint_sha256, p.hash "
                    "FROM metric m JOIN protocol p USING(protocol_id) WHERE m.run_id = :run "
                    "ORDER BY m.name, m.iteration, m.eval_seed",
                    run))
    rows.push_back({iteration, images, name, value, n, low, high, seed, checkpoint, protocol});
  return rows;
}

std::vector<MetricRow> Store::curve(int64_t run, const std::string& name) const {
  std::vector<MetricRow> rows = metrics(run);
  std::erase_if(rows, [&](const MetricRow& row) { return row.name != name; });
  return rows;
}

std::vector<DecisionRow> Store::decisions(int64_t run) const {
  std::vector<DecisionRow> rows;
  for (const auto& [rung, rule, version, inputs, verdict, audited] :
       select<int64_t, Text, int64_t, Text, Text, int>(*this,
                                                       "SELECT rung, rule, rule_version, inputs_json, verdict, audited "
                                                       "FROM decision WHERE run_id = :run ORDER BY decision_id",
                                                       run))
    rows.push_back({run, rung, rule, version, inputs, verdict, audited != 0});
  return rows;
}

std::vector<CheckpointRow> Store::checkpoints(int64_t run) const {
  std::vector<CheckpointRow> rows;
  for (const auto& [sha, path, bytes, iteration] :
       select<Text, Text, int64_t, int64_t>(*this,
                                            "SELECT sha256, path, bytes, iteration FROM checkpoint WHERE run_id = :run "
                                            "ORDER BY iteration, checkpoint_id",
                                            run))
    rows.push_back({sha, path, bytes, iteration});
  return rows;
}

std::optional<ArchRow> Store::find_arch(const std::string& hash_or_name) const {
  for (const auto& [hash, name, spec, params, macs, macs_valid, convention, input, verdict, reason, parent, generator,
                    seed] :
       select<Text, Text, Text, int64_t, int64_t, int64_t, Text, Text, Text, Text, Text, Text, int64_t>(
           *this,
           "SELECT hash, name, spec_json, params, macs, macs_valid, convention, input, verdict, reject_reason, "
           "parent_hash, "
           "generator, generator_seed FROM arch WHERE hash = :hash OR name = :name ORDER BY hash = :hash2 DESC, "
           "arch_id LIMIT 1",
           hash_or_name, hash_or_name, hash_or_name))
    return ArchRow{hash,  name,    spec,   params, macs,      macs_valid, convention,
                   input, verdict, reason, parent, generator, seed};
  return std::nullopt;
}

std::vector<LatencyRow> Store::find_latency(const LatencyKey& key) const {
  const bool is_block = key.kind == LatencyKind::block;
  const std::string kind(name_of(key.kind)), owner = is_block ? sha256(key.block_json) : key.arch;
  const std::string join = is_block ? "JOIN block o USING(block_id)" : "JOIN arch o USING(arch_id)";
  auto found = select<int64_t, Text, Text, Text, int64_t>(
      *this,
      "SELECT latency_run_id, path, mode, mark, n FROM latency_summary l " + join +
          " WHERE kind = :kind AND o.hash = :owner AND device_id = :device AND env_id = :env "
          "AND dtype = :dtype AND threads = :threads AND batch = :batch ORDER BY latency_run_id",
      kind, owner, key.device, key.env, key.dtype, key.threads, key.batch);
  const auto evidence_of = [](const auto& row) { return stored_evidence(std::get<2>(row), std::get<3>(row)); };
  const auto best =
      std::ranges::min_element(found, {}, [&](const auto& row) { return rank(evidence_of(row), std::get<4>(row)); });
  std::vector<LatencyRow> rows;
  if (best == found.end() || evidence_of(*best).rejected()) return rows;
  const auto& [id, path, mode, mark, n] = *best;
  for (const auto& [process, count, ns, conditions, repetition, samples] :
       select<int64_t, int64_t, int64_t, Text, int64_t, Text>(
           *this,
           "SELECT process, warmup_count, warmup_ns, conditions_json, repetition, samples_ns FROM latency_sample "
           "JOIN latency_process USING(latency_run_id, process) WHERE latency_run_id = :id "
           "ORDER BY process, repetition",
           id))
    rows.push_back({.key = key,
                    .path = path,
                    .evidence = evidence_of(*best),
                    .process = {process, count, ns, conditions},
                    .repetition = repetition,
                    .samples_ns = unpack_samples(samples)});
  return rows;
}

StoreInfo Store::info() const {
  StoreInfo info{.file = file_};
  guarded([&] { info.schema_version = stored_version(); });
  for (const std::string table : table_names())
    info.tables.push_back({table, std::get<0>(select<int64_t>(*this, "SELECT count(*) FROM " + table).front())});
  info.bytes = std::get<0>(
      select<int64_t>(*this, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").front());
  return info;
}

std::vector<std::string> Store::check() const {
  std::vector<std::string> problems;
  for (const auto& [text] : select<Text>(*this, "PRAGMA integrity_check"))
    if (text != "ok") problems.push_back(text);
  for (const auto& [text] :
       select<Text>(*this,
                    "SELECT \"table\" || ' row ' || coalesce(rowid, '') || ' points to no ' || parent "
                    "FROM pragma_foreign_key_check"))
    problems.push_back(text);
  const std::array<std::array<std::string, 2>, 3> hashed{
      {{"arch", "spec_json"}, {"block", "block_json"}, {"protocol", "protocol_json"}}};
  for (const auto& [table, column] : hashed)
    for (const auto& [hash, text] : select<Text, Text>(*this, "SELECT hash, " + column + " FROM " + table))
      if (sha256(text) != hash)
        problems.push_back(table + " " + hash + ": the hash of its " + column + " is " + sha256(text));
  return problems;
}

}  // namespace mds
