// The Frechet distance that infinitely many pictures would have (Chong and Forsyth, 2020, "Effectively unbiased FID"):
// the distance of n pictures lies about c / n above it, so distances of growing subsets are fitted by a line in 1 / n,
// and its intercept is the score.
#pragma once

#include "metrics/frechet.h"

namespace mds {

struct FidInfinityOptions {
  int64_t sizes = 15;       // subsets, evenly from the smallest to all pictures
  int64_t smallest = 5000;  // pictures in the first
  ScoreOptions score{};     // the seed also draws the subsets
};

// Subsets are drawn without replacement, each anew. The interval comes from the line's residuals: it answers for the
// fit, not for the pictures, which all subsets share. ConfigError: fewer than 3 sizes, or a smallest outside 2 to n
// - 1.
Score fid_infinity(const std::string& name, const at::Tensor& features_ND, const FrechetReference& reference,
                   const FidInfinityOptions& options = {});

}  // namespace mds
