#include "reports/rows.h"

#include <algorithm>
#include <array>
#include <set>

#include "profiler/statistics.h"
#include "search/store/select.h"
#include "spec/error.h"

namespace mds {
namespace {

using Text = std::string;

// Final samples are better evidence than screening ones, and those than samples that never settled.
int rank_of(const std::string& mark) { return mark == "final" ? 0 : mark == "screening" ? 1 : 2; }

struct TimedThing {
  Setting setting{};
  int64_t owner = 0;  // block_id or arch_id
  bool is_block = false;
  TimingSummary timing{};
};

TimingSummary summarised(const std::vector<int64_t>& samples, const std::string& mark) {
  TimingSummary timing{.median_ns = median_ns(samples), .n = int64_t(samples.size()), .mark = mark};
  if (const auto interval = median_interval(samples)) timing.low_ns = interval->low, timing.high_ns = interval->high;
  return timing;
}

// The best-marked, then newest, measurement of each block and network under each setting.
std::vector<TimedThing> timed_things(const Store& store) {
  std::vector<TimedThing> things;
  std::set<std::tuple<Setting, int64_t, bool>> seen;
  auto runs = select<int64_t, Text, std::optional<int64_t>, std::optional<int64_t>, int64_t, Text, Text, int64_t,
                     int64_t, Text>(
      store,
      "SELECT l.latency_run_id, l.kind, l.block_id, l.arch_id, l.device_id, d.model, l.dtype, l.threads, l.batch, "
      "l.mark "
      "FROM latency_run l JOIN device d USING(device_id) WHERE l.kind <> 'residual' ORDER BY l.latency_run_id DESC");
  std::stable_sort(runs.begin(), runs.end(),
                   [](const auto& a, const auto& b) { return rank_of(std::get<9>(a)) < rank_of(std::get<9>(b)); });
  for (const auto& [id, kind, block, arch, device_id, device, dtype, threads, batch, mark] : runs) {
    const Setting setting{device, device_id, dtype, threads, batch};
    const bool is_block = kind == name_of(LatencyKind::block);
    const int64_t owner = is_block ? block.value_or(0) : arch.value_or(0);
    if (!seen.emplace(setting, owner, is_block).second) continue;
    std::vector<int64_t> samples;
    for (const auto& [bytes] : select<Text>(
             store, "SELECT samples_ns FROM latency_sample WHERE latency_run_id = :id ORDER BY process, repetition",
             id)) {
      const auto part = unpack_samples(bytes);
      samples.insert(samples.end(), part.begin(), part.end());
    }
    if (!samples.empty()) things.push_back({setting, owner, is_block, summarised(samples, mark)});
  }
  return things;
}

using Timings = std::map<std::pair<bool, int64_t>, TimingSummary>;  // by (is_block, owner)

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

void read_scores(const Store& store, SweepCandidate& candidate) {
  for (const auto& row : store.metrics(candidate.run)) {
    candidate.images_seen = std::max(candidate.images_seen, row.images_seen);
    if (!direction_of(row.name)) continue;
    const auto& [at, is_new] = candidate.scores.emplace(row.name, row);
    if (!is_new && row.iteration > at->second.iteration) at->second = row;
  }
}

}  // namespace

std::string short_hash(const std::string& hash) { return hash.substr(0, 8); }

std::string to_string(const Setting& setting) {
  return setting.device + ", " + setting.dtype + ", " + std::to_string(setting.threads) +
         (setting.threads == 1 ? " thread" : " threads") + ", batch " + std::to_string(setting.batch);
}

bool NetworkProfile::complete() const {
  return !blocks.empty() &&
         std::all_of(blocks.begin(), blocks.end(), [](const auto& block) { return block.timing.has_value(); });
}

double NetworkProfile::blocks_ns() const {
  double sum = 0;
  for (const auto& block : blocks)
    if (block.timing) sum += block.timing->median_ns;
  return sum;
}

std::optional<double> NetworkProfile::latency_ns() const {
  if (whole) return whole->median_ns;
  return complete() ? std::optional(blocks_ns()) : std::nullopt;
}

std::vector<NetworkProfile> network_profiles(const Store& store) {
  std::map<Setting, Timings> by_setting;
  for (const auto& thing : timed_things(store)) by_setting[thing.setting][{thing.is_block, thing.owner}] = thing.timing;
  std::vector<NetworkProfile> profiles;
  for (const auto& [id, name, hash, params, macs_valid] : select<int64_t, Text, Text, int64_t, int64_t>(
           store, "SELECT arch_id, name, hash, params, macs_valid FROM arch ORDER BY arch_id")) {
    const auto blocks = blocks_of(store, id);
    for (const auto& [setting, timings] : by_setting) {
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

std::string label(const SweepCandidate& candidate) {
  return candidate.name.empty() ? short_hash(candidate.hash) : candidate.name;
}

std::vector<SweepCandidate> candidates(const Store& store, const std::string& sweep) {
  if (!sweep.empty() && select<int64_t>(store, "SELECT sweep_id FROM sweep WHERE name = :name", sweep).empty())
    throw StoreError(store.file() + ": holds no sweep \"" + sweep + "\"");
  std::vector<SweepCandidate> rows;
  for (const auto& [run, in_sweep, name, hash, params, macs, macs_valid, trained, trained_params, protocol, seed, state,
                    message, device, iterations] :
       select<int64_t, Text, Text, Text, int64_t, int64_t, int64_t, Text, int64_t, Text, int64_t, Text, Text, Text,
              int64_t>(store,
                       "SELECT r.run_id, r.sweep, r.name, r.hash, r.params, r.macs, r.macs_valid, r.trained_hash, "
                       "r.trained_params, "
                       "r.protocol, r.seed, r.state, r.message, d.model, r.iterations FROM run_summary r LEFT JOIN "
                       "device d USING(device_id) "
                       "WHERE :any = '' OR r.sweep = :sweep ORDER BY r.run_id",
                       sweep, sweep)) {
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
    read_scores(store, row);
    const auto decisions = store.decisions(run);
    if (!decisions.empty()) row.verdict = decisions.back().verdict;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<Better> direction_of(const std::string& metric) {
  constexpr std::array lower{"fd_", "fid", "kid", "lpips", "cmmd"};
  constexpr std::array higher{"clip", "psnr", "ssim", "recall"};
  const auto starts = [&](const char* measure) { return metric.starts_with(measure); };
  if (std::any_of(lower.begin(), lower.end(), starts)) return Better::lower;
  if (std::any_of(higher.begin(), higher.end(), starts)) return Better::higher;
  return std::nullopt;
}

std::vector<SamplePicture> pictures(const Store& store, const SweepCandidate& candidate) {
  std::vector<SamplePicture> rows;
  for (const auto& [mime, bytes, prompt, iteration, seed] : select<Text, Text, Text, int64_t, int64_t>(
           store, "SELECT mime, bytes, prompt, iteration, seed FROM picture WHERE run_id = :run ORDER BY picture_id",
           candidate.run))
    rows.push_back({label(candidate), mime, bytes, prompt, iteration, seed});
  return rows;
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

std::vector<EnvText> environments(const Store& store) {
  std::vector<EnvText> rows;
  for (const auto& [commit, compiler, libtorch, dirty] : select<Text, Text, Text, int>(
           store, "SELECT DISTINCT git_commit, compiler, libtorch, git_dirty FROM env ORDER BY env_id"))
    rows.push_back({commit, compiler, libtorch, dirty != 0});
  return rows;
}

}  // namespace mds
