// The Frechet distance for infinitely many pictures (Chong and Forsyth, 2020, "Effectively unbiased FID"). The distance
// of n pictures is too large by about c / n, so a line in 1 / n is fitted to the distances of growing subsets, and its
// intercept is the score.
#pragma once

#include <ATen/core/Tensor.h>

#include "metrics/frechet.h"
#include "spec/tensor.h"

namespace mds {

struct FidInfinityOptions {
  int64_t sizes = 15;       // number of subsets; sizes evenly from the smallest to all pictures
  int64_t smallest = 5000;  // pictures in the smallest subset
  ScoreOptions score{};     // the seed also draws the subsets
};

// Each subset is drawn anew, without replacement. The interval comes from the residuals of the line: it covers the
// error of the fit, but not the choice of pictures, which all subsets share. ConfigError for fewer than 3 sizes, and
// for a smallest size outside 2 to n - 1.
Score fid_infinity(const std::string& name, const Tensor& features_ND, const FrechetReference& reference,
                   const FidInfinityOptions& options = {});

}  // namespace mds
