#include "experiments/timing/block_profile.h"

#include <map>
#include <numeric>
#include <tuple>

#include "experiments/timing/block_list.h"
#include "experiments/timing/roof.h"
#include "reports/block_table.h"

namespace mds {
namespace {

// Blocks that are timed against each other, and stored together: few enough that their weights fit and that little is
// lost where the work is stopped.
constexpr size_t blocks_at_once = 8;
constexpr int64_t weights_at_once = int64_t(64) << 20;

std::vector<std::vector<PlanStep>> parts_of(const std::vector<PlanStep>& blocks) {
  std::vector<std::vector<PlanStep>> parts;
  int64_t weights = 0;
  for (const auto& step : blocks) {
    const int64_t own = cost(step).params;
    if (parts.empty() || parts.back().size() == blocks_at_once || weights + own > weights_at_once) {
      parts.emplace_back();
      weights = 0;
    }
    weights += own;
    parts.back().push_back(step);
  }
  return parts;
}

RawProfile time_part(const std::vector<PlanStep>& part, const BlockProfileRequest& request, Listener& listener) {
  ProfileOptions options = request.options;
  options.whole = false;
  std::vector<size_t> all(part.size());
  std::iota(all.begin(), all.end(), size_t{0});
  const auto roof = request.roof ? std::optional(measured_roof(options.device)) : std::nullopt;
  RawProfile profile = time_plan({.input = part.front().site.in, .steps = part}, all, options, listener);
  profile.roof = roof;
  return profile;
}

std::vector<RawProfile> measured(const std::vector<PlanStep>& part, const BlockProfileRequest& request,
                                 const MeasureBlocks& apart) {
  Listener silent;
  if (request.processes == 1) return {time_part(part, request, silent)};
  std::vector<RawProfile> processes;
  for (int64_t i = 0; i < request.processes; ++i) processes.push_back(apart(flag_of(part), i));
  return processes;
}

bool matches(const Setting& setting, const LatencyKey& key) {
  return std::tie(setting.env_id, setting.device_id, setting.dtype, setting.threads, setting.batch, setting.kernels) ==
         std::tie(key.env, key.device, key.dtype, key.threads, key.batch, key.kernels);
}

// The rows of the request's blocks, in its order.
std::string table_text(const Database& database, const BlockProfileRequest& request, const LatencyKey& key,
                       Format format) {
  std::map<std::string, BlockCell> found;
  for (auto& cell : block_cells(database, [&](const Setting& setting) { return matches(setting, key); }))
    found[cell.block_json] = cell;
  std::vector<BlockCell> cells;
  for (const auto& step : request.blocks)
    if (const auto cell = found.find(canonical_json(step)); cell != found.end()) cells.push_back(cell->second);
  return to_text(block_table(cells), format);
}

}  // namespace

RawProfile time_blocks(const BlockProfileRequest& request, Listener& listener) {
  RawProfile all;
  for (const auto& part : parts_of(request.blocks)) {
    RawProfile timed = time_part(part, request, listener);
    if (all.steps.empty())
      all = std::move(timed);
    else
      all.steps.insert(all.steps.end(), timed.steps.begin(), timed.steps.end());
  }
  return all;
}

std::string profile_blocks(const BlockProfileRequest& request, const MeasureBlocks& apart, Format format,
                           Listener& listener) {
  Database database(request.database);
  const LatencyKey key = key_of(database, request.options);
  std::vector<PlanStep> missing;
  for (const auto& step : request.blocks)
    if (timed_processes(database, block_key(key, step), request.options.mode) < request.processes)
      missing.push_back(step);
  if (missing.size() < request.blocks.size())
    listener.say(std::to_string(request.blocks.size() - missing.size()) + " of " +
                 std::to_string(request.blocks.size()) + " blocks are in " + request.database + " and not timed again");
  const auto progress = listener.progress("profile", int64_t(missing.size()));
  int64_t done = 0;
  for (const auto& part : parts_of(missing)) {
    listener.throw_if_stopped();
    record_blocks(database, part, request.options, measured(part, request, apart));
    progress->show(done += int64_t(part.size()), part.back().path);
  }
  return table_text(database, request, key, format);
}

}  // namespace mds
