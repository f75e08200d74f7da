#include "reports/rows.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <set>

#include "profiler/statistics.h"
#include "search/store/select.h"
#include "spec/error.h"

namespace mds {
namespace {

using Text = std::string;

struct TimedThing {
  Setting setting{};
  int64_t owner = 0;  // block_id or arch_id
  bool is_block = false;
  int64_t run = 0, n = 0;
  Evidence evidence{};
};

TimingSummary summarised(const Store& store, const TimedThing& thing) {
  SampleBlocks blocks;
  for (const auto& [bytes] : select<Text>(
           store, "SELECT samples_ns FROM latency_sample WHERE latency_run_id = :id ORDER BY process, repetition",
           thing.run))
    blocks.push_back(unpack_samples(bytes));
  if (std::all_of(blocks.begin(), blocks.end(), [](const auto& block) { return block.empty(); }))
    throw StoreError(store.file() + ": table latency_sample, latency_run_id " + std::to_string(thing.run) +
                     ", column samples_ns: holds no sample");
  const Summary summary = summarise(blocks);
  return {.median_ns = summary.median_ns,
          .low_ns = summary.low_ns,
          .high_ns = summary.high_ns,
          .iqr_share = summary.iqr_share,
          .n = summary.n,
          .evidence = thing.evidence};
}

std::map<int64_t, Build> builds_by_id(const Store& store) {
  std::map<int64_t, Build> list;
  for (const auto& [id, commit, dirty, compiler, flags, libtorch] : select<int64_t, Text, int, Text, Text, Text>(
           store, "SELECT env_id, git_commit, git_dirty, compiler, compiler_flags, libtorch FROM env"))
    list[id] = {commit, dirty != 0, compiler, flags, libtorch};
  return list;
}

// All measurements of blocks and networks: those with the best evidence first, then the newest.
std::vector<TimedThing> timed_things(const Store& store) {
  const auto build_of = builds_by_id(store);
  std::vector<TimedThing> things;
  for (const auto& [run, kind, block, arch, device_id, device, env, dtype, threads, batch, mode, mark, n] :
       select<int64_t, Text, int64_t, int64_t, int64_t, Text, int64_t, Text, int64_t, int64_t, Text, Text, int64_t>(
           store,
           "SELECT l.latency_run_id, l.kind, l.block_id, l.arch_id, l.device_id, d.model, l.env_id, l.dtype, "
           "l.threads, l.batch, l.mode, l.mark, l.n FROM latency_summary l JOIN device d USING(device_id) "
           "WHERE l.kind <> 'residual' ORDER BY l.latency_run_id DESC")) {
    const bool is_block = kind == name_of(LatencyKind::block);
    const auto build = build_of.find(env);
    if (build == build_of.end())
      throw StoreError(store.file() + ": table latency_run, row " + std::to_string(run) + ", column env_id: is " +
                       std::to_string(env) + ", which table env has not; `mdsearch db check` lists such rows");
    things.push_back({.setting = {env, build->second, device, device_id, dtype, threads, batch},
                      .owner = is_block ? block : arch,
                      .is_block = is_block,
                      .run = run,
                      .n = n,
                      .evidence = stored_evidence(mode, mark)});
  }
  std::stable_sort(things.begin(), things.end(),
                   [](const auto& a, const auto& b) { return rank(a.evidence, a.n) < rank(b.evidence, b.n); });
  return things;
}

using Timings = std::map<std::pair<bool, int64_t>, TimingSummary>;  // by (is_block, owner)

// The best measurement of each block and network under each setting.
std::map<Setting, Timings> timings_by_setting(const Store& store) {
  std::map<Setting, Timings> by_setting;
  for (const auto& thing : timed_things(store)) {
    Timings& timings = by_setting[thing.setting];
    const std::pair key{thing.is_block, thing.owner};
    if (!timings.contains(key)) timings[key] = summarised(store, thing);
  }
  return by_setting;
}

struct BlockOfArch {
  int64_t block_id = 0;
  BlockTiming row{};
};

std::vector<BlockOfArch> blocks_of(const Store& store, int64_t arch) {
  std::vector<BlockOfArch> rows;
  for (const auto& [block, path, kind, in, out, params, macs_valid] :
       select<int64_t, Text, Text, Text, Text, int64_t, int64_t>(
           store,
           "SELECT block_id, path, kind, in_shape, out_shape, params, macs_valid FROM arch_block WHERE arch_id = :arch "
           "ORDER BY step",
           arch))
    rows.push_back(
        {block, {.path = path, .kind = kind, .in = in, .out = out, .params = params, .macs_valid = macs_valid}});
  return rows;
}

// The choices that made each architecture of a space, by the architecture's hash.
std::map<std::string, Json> choices_by_hash(const Store& store) {
  std::map<std::string, Json> choices;
  for (const auto& [hash, text] :
       select<Text, Text>(store, "SELECT hash, generator FROM arch WHERE generator LIKE '{%'")) {
    Json json = json_or_null(text);
    if (json.is_object()) choices[hash] = std::move(json);
  }
  return choices;
}

Place place_of_block(const Store& store, int64_t id) {
  return place_of(store, {"block", std::to_string(id), "block_json"}).child("pipeline");
}

Json part_of_block(const Store& store, int64_t id, const std::string& text) {
  const Json block = stored_object(store, {"block", std::to_string(id), "block_json"}, text);
  Json part = block.value("pipeline", Json());
  check_type(place_of_block(store, id), part, part.is_object(), "an object");
  return part;
}

void read_scores(const Store& store, SweepCandidate& candidate) {
  for (const auto& row : store.metrics(candidate.run)) {
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
  return setting.device + ", " + setting.dtype + ", " + std::to_string(setting.threads) +
         (setting.threads == 1 ? " thread" : " threads") + ", batch " + std::to_string(setting.batch) + ", build " +
         short_hash(setting.build.git_commit) + (setting.build.git_dirty ? " with local changes" : "");
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
  if (!complete()) return std::nullopt;
  Latency sum{.ns = blocks_ns(), .evidence = {TimingMode::final, TimingMark::steady}, .is_sum = true};
  for (const auto& block : blocks) sum.evidence = weakest(sum.evidence, block.timing->evidence);
  return sum.evidence.rejected() ? std::nullopt : std::optional(sum);
}

std::optional<double> gflops(int64_t macs_valid, int64_t batch, double median_ns) {
  if (macs_valid <= 0 || median_ns <= 0) return std::nullopt;
  return 2 * double(macs_valid) * double(batch) / median_ns;
}

std::vector<NetworkProfile> network_profiles(const Store& store) {
  const auto by_setting = timings_by_setting(store);
  std::vector<NetworkProfile> profiles;
  for (const auto& [id, name, hash, params, macs_valid] : select<int64_t, Text, Text, int64_t, int64_t>(
           store, "SELECT arch_id, name, hash, params, macs_valid FROM arch ORDER BY arch_id")) {
    const auto blocks = blocks_of(store, id);
    for (const auto& [setting, timings] : std::views::reverse(by_setting)) {
      NetworkProfile profile{
          .name = name, .hash = hash, .params = params, .macs_valid = macs_valid, .setting = setting};
      const auto timing_of = [&](bool is_block, int64_t owner) {
        const auto found = timings.find({is_block, owner});
        return found == timings.end() ? std::nullopt : std::optional(found->second);
      };
      profile.whole = timing_of(false, id);
      for (const auto& [block_id, row] : blocks) {
        profile.blocks.push_back(row);
        profile.blocks.back().timing = timing_of(true, block_id);
      }
      if (profile.whole || profile.blocks_ns() > 0) profiles.push_back(std::move(profile));
    }
  }
  return profiles;
}

std::vector<PipelineTiming> pipeline_timings(const Store& store) {
  std::map<int64_t, Json> parts;
  for (const auto& [id, text] :
       select<int64_t, Text>(store, "SELECT block_id, block_json FROM block WHERE block_json LIKE '{\"pipeline\"%'"))
    parts[id] = part_of_block(store, id, text);
  std::vector<PipelineTiming> found;
  if (parts.empty()) return found;
  for (const auto& [setting, timings] : timings_by_setting(store))
    for (const auto& [key, timing] : timings) {
      const auto part = parts.find(key.second);
      if (!key.first || part == parts.end() || timing.rejected()) continue;
      const Place place = place_of_block(store, part->first);
      const auto value = [&](const char* name, auto fallback) {
        return stored_value(part->second, name, fallback, place);
      };
      found.push_back({.model = value("model", Text()),
                       .part = value("part", Text()),
                       .steps = value("steps", int64_t(0)),
                       .calls = value("calls", int64_t(0)),
                       .sampler = value("sampler", Text()),
                       .setting = setting,
                       .timing = timing});
    }
  return found;
}

std::string label(const SweepCandidate& candidate) {
  return candidate.name.empty() ? short_hash(candidate.hash) : candidate.name;
}

std::vector<SweepCandidate> candidates(const Store& store, const std::string& sweep) {
  if (!sweep.empty() && select<int64_t>(store, "SELECT sweep_id FROM sweep WHERE name = :name", sweep).empty())
    throw StoreError(store.file() + ": holds no sweep \"" + sweep + "\"");
  const std::string other = trainings;
  const auto choices = choices_by_hash(store);
  std::vector<SweepCandidate> rows;
  for (const auto& [run, in_sweep, name, hash, params, macs, macs_valid, trained, trained_params, protocol, seed, state,
                    message, device, iterations] :
       select<int64_t, Text, Text, Text, int64_t, int64_t, int64_t, Text, int64_t, Text, int64_t, Text, Text, Text,
              int64_t>(store,
                       "SELECT r.run_id, r.sweep, r.name, r.hash, r.params, r.macs, r.macs_valid, r.trained_hash, "
                       "r.trained_params, "
                       "r.protocol, r.seed, r.state, r.message, d.model, r.iterations FROM run_summary r LEFT JOIN "
                       "device d USING(device_id) "
                       "WHERE (:any = '' AND r.sweep <> :other) OR r.sweep = :sweep ORDER BY r.run_id",
                       sweep, other, sweep)) {
    SweepCandidate row{.run = run,
                       .sweep = in_sweep,
                       .name = name,
                       .hash = hash,
                       .params = params,
                       .macs = macs,
                       .macs_valid = macs_valid,
                       .trained_hash = trained,
                       .trained_params = trained_params,
                       .protocol = protocol,
                       .seed = seed,
                       .state = state,
                       .message = message,
                       .device = device,
                       .iterations = iterations};
    if (const auto made = choices.find(hash); made != choices.end()) row.choices = made->second;
    read_scores(store, row);
    const auto decisions = store.decisions(run);
    if (!decisions.empty()) row.verdict = decisions.back().verdict;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<SweepCandidate> training_runs(const Store& store) {
  return store.sweep_config(trainings) ? candidates(store, trainings) : std::vector<SweepCandidate>{};
}

std::optional<Better> direction_of(const std::string& metric) {
  const ScoreKind* kind = score_kind(metric);
  return kind ? std::optional(kind->better) : std::nullopt;
}

std::vector<SamplePicture> pictures(const Store& store, const SweepCandidate& candidate) {
  std::vector<SamplePicture> rows;
  for (const auto& [mime, bytes, prompt, iteration, seed] : select<Text, Text, Text, int64_t, int64_t>(
           store, "SELECT mime, bytes, prompt, iteration, seed FROM picture WHERE run_id = :run ORDER BY picture_id",
           candidate.run))
    rows.push_back({label(candidate), mime, bytes, prompt, iteration, seed});
  return rows;
}

Json printed_value(const std::vector<Printed>& figures, const PrintedKey& key) {
  for (const auto& figure : figures)
    if (figure.source == key.source && figure.network == key.network && figure.name == key.name) return figure.value;
  return nullptr;
}

std::vector<Printed> printed_figures(const Store& store) {
  std::vector<Printed> rows;
  for (const auto& [source, network, name, unit, conditions, value] : select<Text, Text, Text, Text, Text, double>(
           store,
           "SELECT source, network, name, unit, conditions, value FROM literature ORDER BY source, network, name"))
    rows.push_back({source, network, name, unit, conditions, value});
  return rows;
}

std::string protocol_json(const Store& store, const std::string& hash) {
  for (const auto& [text] : select<Text>(store, "SELECT protocol_json FROM protocol WHERE hash = :hash", hash))
    return text;
  return "";
}

StoredProtocol stored_protocol(const Store& store, const std::string& hash) {
  const StoredPlace place{"protocol", hash, "protocol_json"};
  return {stored_object(store, place, protocol_json(store, hash)), place_of(store, place)};
}

std::vector<Build> builds(const Store& store) {
  std::set<Build> distinct;
  for (const auto& [id, build] : builds_by_id(store)) distinct.insert(build);
  return {distinct.begin(), distinct.end()};
}

}  // namespace mds
