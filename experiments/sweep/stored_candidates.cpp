#include "experiments/sweep/stored_candidates.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "search/named_network.h"

namespace mds {
namespace {

std::optional<double> score_at(const Database& database, const RunRow& run, int64_t iteration,
                               const std::string& score) {
  for (const auto& row : curve_of(database, run.run, score))
    if (row.iteration == iteration) return std::isfinite(row.value) ? std::optional(row.value) : std::nullopt;
  return std::nullopt;
}

}  // namespace

bool ended(const CandidateRuns& runs) {
  return std::ranges::all_of(runs, [](const RunRow& run) {
    return run.state == RunState::done || run.state == RunState::stopped || run.state == RunState::failed;
  });
}

std::vector<CandidateRuns> runs_by_candidate(const Database& database, const std::string& sweep) {
  std::vector<CandidateRuns> list;
  std::map<std::string, size_t> known;
  for (auto& run : runs_of(database, sweep)) {
    const auto [at, is_new] = known.emplace(run.proxy_of, list.size());
    if (is_new) list.emplace_back();
    list[at->second].push_back(std::move(run));
  }
  return list;
}

std::vector<StoredCandidate> stored_candidates(const Database& database, const std::string& sweep) {
  std::vector<StoredCandidate> list;
  for (auto& runs : runs_by_candidate(database, sweep)) {
    const ArchRow arch = find_arch(database, runs.front().proxy_of).value();
    const Json choices = json_or_null(arch.generator);
    list.push_back({{.network = std::get<UNetSpec>(network_of(arch)),
                     .cost = cost_of(arch),
                     .choices = choices.is_object() ? choices : Json::object(),
                     .name = arch.name},
                    std::move(runs)});
  }
  return list;
}

std::vector<std::vector<double>> result_of(const Database& database, const CandidateRuns& runs, const Wanted& wanted) {
  std::vector<std::vector<double>> means;
  const auto alive = std::ranges::count_if(runs, [](const RunRow& run) { return run.state != RunState::failed; });
  for (const int64_t iteration : wanted.rungs) {
    std::vector<double> sums(wanted.scores.size(), 0);
    for (const auto& run : runs)
      for (size_t i = 0; i < sums.size() && run.state != RunState::failed; ++i) {
        const auto score = score_at(database, run, iteration, wanted.scores[i]);
        if (!score) return means;
        sums[i] += *score / double(alive);
      }
    if (alive > 0) means.push_back(std::move(sums));
  }
  return means;
}

}  // namespace mds
