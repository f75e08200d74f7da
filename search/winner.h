// Decides which candidate of a sweep wins: by one rule, a pure function of the results of its runs, or from a database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/store/store.h"
#include "search/winner_config.h"

namespace mds {

inline constexpr const char* winner_rule =
    "The winner has the best value of the first score that decides among the candidates at the deepest rung that any "
    "reached. Scores of different rungs are never compared, and a candidate that stopped or failed never wins. With "
    "several seeds a candidate's value is the mean over them, and only candidates with as many seeds at that rung as "
    "any are compared.";

// One run of a candidate, with its score at the deepest rung at which it was scored.
struct RunResult {
  int64_t run = 0;
  std::string candidate{};  // the same for all seeds of a candidate
  RunState state = RunState::done;
  std::optional<MetricRow> score{};
};

// A candidate at the deepest rung. Its interval is the mean of its seeds' intervals, widened to contain the value of
// every seed; absent where a seed has no interval.
struct Placed {
  std::string candidate{};
  std::vector<int64_t> runs{};  // one per seed, in the order given
  double value = 0;
  std::optional<double> low{}, high{};
  int64_t n = 0;  // pictures behind a seed's value; the fewest of all seeds

  bool overlaps(const Placed& other) const;  // whether the intervals overlap; true where one is not known
};

struct Ranking {
  std::string score{};
  int64_t iteration = 0, images_seen = 0;  // of the deepest rung
  std::vector<Placed> placed{};            // best first; equal values in the order of their first runs
  int64_t stopped = 0, failed = 0;         // what happened to the other candidates
  int64_t unfinished = 0;                  // candidates with a run that will continue
  std::vector<std::string> objectives{};   // what decided, where it was more than the score
  WinnerClass size{};                      // the class that they are of; its name is empty where there is none

  bool has_winner() const { return !placed.empty(); }
  int64_t close() const;  // rivals whose interval overlaps that of the winner
};

// Ranks by a score of spec/score_kind.h; ConfigError for a name that is not a score.
Ranking rank_runs(const std::string& score, const std::vector<RunResult>& runs);

// Ranks the candidates of a sweep by the hashes of their full-scale networks, by the sweep's winner rule: those of a
// class, or of the first one. StoreError where there is no such sweep, class or latency.
Ranking rank_sweep(const Database& database, const std::string& sweep, const std::string& size_class = "");

// The winner rule of a stored sweep.
WinnerConfig stored_winner(const Database& database, const std::string& sweep);

std::string rule_in_words(const Ranking& ranking);

// "Not settled: the intervals of 2 of its 5 rivals overlap with the winner's."
std::string settled_in_words(const Ranking& ranking);

}  // namespace mds
