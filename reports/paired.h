// How the scores of one drawing compare with those of another, by the resamples of captions that both share.
#pragma once

#include <optional>

#include "reports/drawings.h"
#include "spec/bootstrap.h"

namespace mds {

struct PairedChange {
  std::optional<double> value{};
  std::optional<Interval> interval{};  // 95 %, of the paired bootstrap
};

// Of one score in two drawings of a group. No interval where one was stored without replicates, or drew other noise.
PairedChange paired_ratio(const Database& database, const ScoreRow& of, const ScoreRow& base);
PairedChange paired_difference(const Database& database, const ScoreRow& of, const ScoreRow& base);

// Cells of a change: its value, and its interval as people read it, scaled and rounded to so many digits.
Json value_cell(const PairedChange& change);
Json interval_cell(const PairedChange& change, double scale, int digits);

// What a table says below where changes have no interval.
inline constexpr const char* no_paired_interval =
    "No interval: a score was stored without its replicates, or drew other noise; `mdsearch evaluate` with the same "
    "arguments stores them.";

}  // namespace mds
