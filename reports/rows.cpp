#include "reports/rows.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <set>

#include "profiler/statistics.h"
#include "spec/error.h"

namespace mds {
namespace {

struct TimedThing {
  Setting setting{};
  LatencyKind kind{};
  int64_t owner = 0;  // number of the block, architecture or pipeline
  int64_t run = 0, n = 0;
  Evidence evidence{};

  static void columns(auto& self, auto&& column) {
    column("latency_run_id", self.run);
    column("l.kind", self.kind);
    column("coalesce(block_id, arch_id, pipeline_id)", self.owner);
    column("device_id", self.setting.device_id);
    column("device.model", self.setting.device);
    column("env_id", self.setting.env_id);
    column("dtype", self.setting.dtype);
    column("threads", self.setting.threads);
    column("batch", self.setting.batch);
    column("kernels", self.setting.kernels);
    column("mode", self.evidence.mode);
    column("mark", self.evidence.mark);
    column("n", self.n);
  }
};

// The best that processes of the timing said of the machine; absent where none did.
std::optional<Roof> roof_of(const Database& database, const TimedThing& thing) {
  std::optional<Roof> best;
  for (const auto& process :
       stored_rows<LatencyProcess>(database, "WHERE latency_run_id = :id ORDER BY process", thing.run)) {
    const Json conditions = json_or_null(process.conditions_json);
    if (!conditions.is_object() || !conditions.contains("roof")) continue;
    const std::string place = database.file() + ": table latency_process, process " + std::to_string(process.number);
    const Roof roof = from_json<Roof>(conditions["roof"], place + ": conditions_json.roof");
    if (!best || roof.gflops(thing.setting.dtype) > best->gflops(thing.setting.dtype)) best = roof;
  }
  return best;
}

TimingSummary summarised(const Database& database, const TimedThing& thing) {
  std::map<int64_t, SampleBlocks> by_process;
  for (auto& row :
       stored_rows<LatencySampleRow>(database, "WHERE latency_run_id = :id ORDER BY process, repetition", thing.run))
    if (!row.samples_ns.empty()) by_process[row.process].push_back(std::move(row.samples_ns));
  if (by_process.empty())
    throw StoreError(database.file() + ": table latency_sample, latency_run_id " + std::to_string(thing.run) +
                     ", column samples_ns: holds no sample");
  ProcessBlocks processes;
  for (auto& [number, blocks] : by_process) processes.push_back(std::move(blocks));
  const Summary summary = summarise_processes(processes);
  return {.median_ns = summary.median_ns,
          .low_ns = summary.low_ns,
          .high_ns = summary.high_ns,
          .iqr_share = summary.iqr_share,
          .n = summary.n,
          .evidence = thing.evidence,
          .roof = roof_of(database, thing)};
}

// A row with the number that its table has for it. id_column: the number's.
template <class Row, const char* id_column>
struct Numbered {
  int64_t id = 0;
  Row row{};
  static void columns(auto& self, auto&& column) {
    column(id_column, self.id);
    Row::columns(self.row, column);
  }
};
constexpr char env_id[] = "env_id", arch_id[] = "arch_id", block_id[] = "block_id", pipeline_id[] = "pipeline_id";

std::map<int64_t, Build> builds_by_id(const Database& database) {
  std::map<int64_t, Build> list;
  for (const auto& row : query_rows<Numbered<Build, env_id>>(database, "FROM env")) list[row.id] = row.row;
  return list;
}

// All measurements of blocks and networks: those with the best evidence first, then the newest.
std::vector<TimedThing> timed_things(const Database& database) {
  const auto build_of = builds_by_id(database);
  auto things = query_rows<TimedThing>(
      database,
      "FROM latency_summary l JOIN device USING(device_id) WHERE l.kind <> 'residual' ORDER BY latency_run_id DESC");
  for (auto& thing : things) {
    const auto build = build_of.find(thing.setting.env_id);
    if (build == build_of.end())
      throw StoreError(database.file() + ": table latency_run, row " + std::to_string(thing.run) +
                       ", column env_id: is " + std::to_string(thing.setting.env_id) +
                       ", which table env has not; `mdsearch db check` lists such rows");
    thing.setting.build = build->second;
  }
  std::stable_sort(things.begin(), things.end(),
                   [](const auto& a, const auto& b) { return rank(a.evidence, a.n) < rank(b.evidence, b.n); });
  return things;
}

using Timings = std::map<std::pair<LatencyKind, int64_t>, TimingSummary>;  // by kind and owner

// The best measurement of each block and network under each setting.
std::map<Setting, Timings> timings_by_setting(const Database& database) {
  std::map<Setting, Timings> by_setting;
  for (const auto& thing : timed_things(database)) {
    Timings& timings = by_setting[thing.setting];
    const std::pair key{thing.kind, thing.owner};
    if (!timings.contains(key)) timings[key] = summarised(database, thing);
  }
  return by_setting;
}

// The choices that made each architecture of a space, by the architecture's hash.
std::map<std::string, Json> choices_by_hash(const Database& database) {
  std::map<std::string, Json> choices;
  for (const auto& row : stored_rows<ArchRow>(database, "WHERE generator LIKE '{%'")) {
    Json json = json_or_null(row.generator);
    if (json.is_object()) choices[row.hash] = std::move(json);
  }
  return choices;
}

void read_scores(const Database& database, SweepCandidate& candidate) {
  for (const auto& row : metrics_of(database, candidate.run)) {
    candidate.images_seen = std::max(candidate.images_seen, row.images_seen);
    if (!direction_of(row.name)) continue;
    candidate.evaluations.push_back(row);
    const auto& [at, is_new] = candidate.scores.emplace(row.name, row);
    if (!is_new && row.iteration > at->second.iteration) at->second = row;
  }
}

}  // namespace

std::optional<double> milliseconds(const std::optional<double>& ns) {
  return ns ? std::optional(*ns * 1e-6) : std::nullopt;
}

std::string short_hash(const std::string& hash) { return hash.substr(0, 8); }

std::string to_string(const Build& build) {
  return "commit " + build.git_commit + (build.git_dirty ? " with local changes" : "") + ", " + build.compiler + " " +
         build.flags + ", LibTorch " + build.libtorch;
}

std::string to_string(const Setting& setting) {
  return setting.device + ", " + setting.dtype + ", " + std::string(name_of(setting.kernels)) + " kernels, " +
         std::to_string(setting.threads) + (setting.threads == 1 ? " thread" : " threads") + ", batch " +
         std::to_string(setting.batch) + ", build " + short_hash(setting.build.git_commit) +
         (setting.build.git_dirty ? " with local changes" : "");
}

bool NetworkProfile::complete() const {
  return !blocks.empty() &&
         std::all_of(blocks.begin(), blocks.end(), [](const auto& block) { return block.timing.has_value(); });
}

bool NetworkProfile::has_rejected() const {
  return (whole && whole->rejected()) || std::any_of(blocks.begin(), blocks.end(), [](const auto& block) {
           return block.timing && block.timing->rejected();
         });
}

double NetworkProfile::blocks_ns() const {
  double sum = 0;
  for (const auto& block : blocks)
    if (block.timing) sum += block.timing->median_ns;
  return sum;
}

std::optional<Latency> NetworkProfile::latency() const {
  if (whole && !whole->rejected())
    return Latency{
        .ns = whole->median_ns, .low_ns = whole->low_ns, .high_ns = whole->high_ns, .evidence = whole->evidence};
  return summed();
}

std::optional<Latency> NetworkProfile::summed() const {
  if (!complete()) return std::nullopt;
  Latency sum{.ns = blocks_ns(), .evidence = {TimingMode::final, TimingMark::steady}, .is_sum = true};
  for (const auto& block : blocks) sum.evidence = weakest(sum.evidence, block.timing->evidence);
  return sum.evidence.rejected() ? std::nullopt : std::optional(sum);
}

std::vector<NetworkProfile> network_profiles(const Database& database) {
  const auto by_setting = timings_by_setting(database);
  std::vector<NetworkProfile> profiles;
  for (const auto& [id, arch] : query_rows<Numbered<ArchRow, arch_id>>(database, "FROM arch ORDER BY arch_id")) {
    const auto blocks = query_rows<Numbered<BlockTiming, block_id>>(
        database, "FROM arch_block JOIN block USING(block_id) WHERE arch_id = :arch ORDER BY step", id);
    for (const auto& [setting, timings] : std::views::reverse(by_setting)) {
      NetworkProfile profile{.name = arch.name,
                             .hash = arch.hash,
                             .params = arch.params,
                             .macs_valid = arch.macs_valid,
                             .setting = setting};
      const auto timing_of = [&](LatencyKind kind, int64_t owner) {
        const auto found = timings.find({kind, owner});
        return found == timings.end() ? std::nullopt : std::optional(found->second);
      };
      profile.whole = timing_of(LatencyKind::end_to_end, id);
      for (const auto& [block_id, row] : blocks) {
        profile.blocks.push_back(row);
        profile.blocks.back().timing = timing_of(LatencyKind::block, block_id);
      }
      if (profile.whole || profile.blocks_ns() > 0) profiles.push_back(std::move(profile));
    }
  }
  return profiles;
}

std::vector<BlockCell> block_cells(const Database& database, const std::function<bool(const Setting&)>& wanted) {
  std::map<std::pair<int64_t, Setting>, TimedThing> best;
  for (const auto& thing : timed_things(database))
    if (thing.kind == LatencyKind::block && wanted(thing.setting))
      best.emplace(std::pair(thing.owner, thing.setting), thing);
  std::map<int64_t, std::string> json_of;
  for (const auto& block : query_rows<Numbered<BlockJsonRow, block_id>>(database, "FROM block"))
    json_of[block.id] = block.row.block_json;
  std::vector<BlockCell> cells;
  for (const auto& [key, thing] : best)
    cells.push_back({.block_json = json_of[key.first], .setting = key.second, .timing = summarised(database, thing)});
  return cells;
}

std::vector<PipelineTiming> pipeline_timings(const Database& database) {
  const auto pipelines = query_rows<Numbered<PipelineRow, pipeline_id>>(database, "FROM pipeline ORDER BY pipeline_id");
  std::vector<PipelineTiming> found;
  if (pipelines.empty()) return found;
  for (const auto& [setting, timings] : timings_by_setting(database))
    for (const auto& [id, row] : pipelines)
      if (const auto timing = timings.find({LatencyKind::pipeline, id});
          timing != timings.end() && !timing->second.rejected())
        found.push_back({.pipeline = row, .setting = setting, .timing = timing->second});
  return found;
}

std::string label(const SweepCandidate& candidate) {
  return candidate.name.empty() ? short_hash(candidate.hash) : candidate.name;
}

std::vector<SweepCandidate> candidates(const Database& database, const std::string& sweep) {
  if (!sweep.empty() && !sweep_config(database, sweep))
    throw StoreError(database.file() + ": holds no sweep \"" + sweep + "\"");
  const auto choices = choices_by_hash(database);
  auto rows = query_rows<SweepCandidate>(database,
                                         "FROM run_summary LEFT JOIN device USING(device_id) WHERE (:any = '' AND "
                                         "sweep <> :other) OR sweep = :sweep ORDER BY run_id",
                                         sweep, trainings, sweep);
  for (auto& row : rows) {
    if (const auto made = choices.find(row.hash); made != choices.end()) row.choices = made->second;
    read_scores(database, row);
    const auto decisions = decisions_of(database, row.run);
    if (!decisions.empty()) row.verdict = decisions.back().verdict;
  }
  return rows;
}

std::set<std::string> score_names(const std::vector<SweepCandidate>& rows) {
  std::set<std::string> names;
  for (const auto& row : rows)
    for (const auto& [name, score] : row.scores) names.insert(name);
  return names;
}

std::vector<SweepCandidate> training_runs(const Database& database) {
  return sweep_config(database, trainings) ? candidates(database, trainings) : std::vector<SweepCandidate>{};
}

std::optional<Better> direction_of(const std::string& metric) {
  const ScoreKind* kind = score_kind(metric);
  return kind ? std::optional(kind->better) : std::nullopt;
}

std::vector<SamplePicture> pictures(const Database& database, const SweepCandidate& candidate) {
  auto rows =
      query_rows<SamplePicture>(database, "FROM picture WHERE run_id = :run ORDER BY picture_id", candidate.run);
  for (auto& row : rows) row.candidate = label(candidate);
  return rows;
}

Json printed_value(const std::vector<LiteratureRow>& figures, const PrintedKey& key) {
  for (const auto& figure : figures)
    if (figure.source == key.source && figure.network == key.network && figure.name == key.name) return figure.value;
  return nullptr;
}

std::vector<LiteratureRow> printed_figures(const Database& database) {
  return stored_rows<LiteratureRow>(database, "ORDER BY source, network, name");
}

std::string protocol_json(const Database& database, const std::string& hash) {
  const auto rows = stored_rows<ProtocolRow>(database, "WHERE hash = :hash", hash);
  return rows.empty() ? "" : rows.front().protocol_json;
}

StoredProtocol stored_protocol(const Database& database, const std::string& hash) {
  const StoredPlace place{"protocol", hash, "protocol_json"};
  return {stored_object(database, place, protocol_json(database, hash)), place_of(database, place)};
}

std::vector<Build> builds(const Database& database) {
  std::set<Build> distinct;
  for (const auto& [id, build] : builds_by_id(database)) distinct.insert(build);
  return {distinct.begin(), distinct.end()};
}

}  // namespace mds
