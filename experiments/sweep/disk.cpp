#include "experiments/sweep/disk.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <tuple>

#include "search/stored_curves.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr int64_t files = 2;  // the new checkpoint is written beside the old one

int64_t size_of(const std::string& file) {
  std::error_code none;
  const auto size = fs::file_size(file, none);
  return none ? 0 : int64_t(size);
}

int64_t needed(const SweepContext& sweep, const RunRow& run) {
  const auto arch = find_arch(sweep.database, run.arch);
  const int64_t state = arch ? state_bytes(arch->params) : 0;
  const int64_t there = size_of(files_of(sweep.config, run).checkpoint());
  return files * std::max(state, there) - there;
}

// What may still be written: of the sweep's share and of the disk.
int64_t room(const SweepContext& sweep, const std::vector<RunRow>& runs) {
  std::error_code none;
  const auto disk = fs::space(sweep.config.folder(), none);
  int64_t left = none ? std::numeric_limits<int64_t>::max() : int64_t(disk.available);
  if (sweep.config.disk_gb == 0) return left;
  int64_t taken = 0;
  for (const auto& run : runs) taken += size_of(files_of(sweep.config, run).checkpoint());
  return std::min(left, int64_t(1e9 * sweep.config.disk_gb) - taken);
}

// The runs that rest, those first whose checkpoints are worth least.
std::vector<RunRow> resting(const SweepContext& sweep, const std::vector<RunRow>& runs) {
  std::vector<std::tuple<bool, int64_t, double, RunRow>> worth;  // paused, rung, rank from the worst on
  for (const auto& run : runs) {
    const bool paused = run.state == RunState::paused;
    if (!paused && run.state != RunState::stopped) continue;
    std::vector<Curve> curves;
    for (const auto& other : runs)
      if (other.seed == run.seed && other.state != RunState::failed)
        curves.push_back(stored_curve(sweep.database, other, sweep.config.policy, Detail::values));
    const int64_t images = sweep.config.rungs[size_t(run.rung)] * sweep.config.batch;
    const auto ranks = mean_ranks_at(sweep.config.policy, curves, images);
    const auto rank = ranks.find(run.arch);
    worth.emplace_back(paused, run.rung, rank == ranks.end() ? 0 : -rank->second, run);
  }
  std::ranges::stable_sort(
      worth, {}, [](const auto& each) { return std::tuple(std::get<0>(each), std::get<1>(each), std::get<2>(each)); });
  std::vector<RunRow> order;
  for (auto& each : worth) order.push_back(std::move(std::get<RunRow>(each)));
  return order;
}

}  // namespace

void make_room(const SweepContext& sweep, const RunRow& run) {
  const auto& [database, config, latents, measures, placement, listener, clock] = sweep;
  const int64_t wanted = needed(sweep, run);
  std::vector<std::string> words;
  // Inside a transaction no worker can claim a run whose checkpoint is being dropped.
  database.transaction([&, &database = database, &config = config] {
    const auto runs = runs_of(database, config.name);
    if (room(sweep, runs) >= wanted) return;
    for (const auto& other : resting(sweep, runs)) {
      const std::string file = files_of(config, other).checkpoint();
      if (other.run == run.run || size_of(file) == 0) continue;
      fs::remove(file);
      drop_checkpoints(database, other.run);
      words.push_back("the checkpoint of run " + std::to_string(other.run) +
                      " is dropped, as the disk is short; if it is promoted, it trains from the start");
      if (room(sweep, runs) >= wanted) return;
    }
  });
  for (const auto& line : words) listener.say(line);
}

}  // namespace mds
