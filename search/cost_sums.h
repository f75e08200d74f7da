// Sums of costs, as whole networks have them of their levels: a list of sums stands for all combinations, of which none
// is made to count those under caps or to find the best.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "search/candidate.h"

namespace mds {

inline constexpr size_t most_summed_levels = 8;

// One cost, how many combinations have it, and which way each level is made in the first of them.
struct CostSum {
  int64_t params = 0, macs = 0;  // macs_valid
  int64_t count = 1;
  std::array<uint32_t, most_summed_levels> ways{};
};

// Sorted by params, then macs; equal costs become one sum.
std::vector<CostSum> merged(std::vector<CostSum> sums);

// All sums of one of `a` and one of `b`, merged. Each level's way must be zero in one of the two.
std::vector<CostSum> added(const std::vector<CostSum>& a, const std::vector<CostSum>& b);
CostSum added(const CostSum& a, const CostSum& b);

// How many pairs of one of `a` and one of `b` each cap admits. Both lists are merged.
struct AdmittedPairs {
  int64_t params = 0, macs = 0, both = 0;
};
AdmittedPairs admitted_pairs(const std::vector<CostSum>& a, const std::vector<CostSum>& b, const Caps& caps);

// The costs than which none has at least as many params for at most as many macs; one of each, by rising macs.
std::vector<CostSum> front_of(const std::vector<CostSum>& sums);

}  // namespace mds
