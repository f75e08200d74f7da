// Comparisons over several objectives, all of which are better when lower.
#pragma once

#include <cstdint>
#include <vector>

namespace mds {

using Objectives = std::vector<double>;

// At least as good in every objective and better in one.
bool dominates(const Objectives& a, const Objectives& b);

// The front of each: 0 where none dominates it, n + 1 where only those of fronts 0 to n do.
std::vector<int64_t> fronts_of(const std::vector<Objectives>& values);

// Each one's rank in every objective, from 1 for the lowest value, on average; equal values share the mean of their
// ranks.
std::vector<double> mean_ranks(const std::vector<Objectives>& values);

// How far apart the neighbours of each are, among all that are given, in units of each objective's range, summed over
// the objectives; infinite at the ends (Deb et al., 2002). An objective in which all are equal adds nothing.
std::vector<double> crowding_distances(const std::vector<Objectives>& values);

}  // namespace mds
