// The scores by name: what network sees the pictures, how they reach its size, what they are compared with, and the
// measure. A new score is a line of this table.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "metrics/reference_stats.h"

namespace mds {

enum class Against : uint8_t {
  statistics,  // mean and covariance of reference pictures
  features,    // all features of reference pictures
  captions,    // each picture's own caption
  partners,    // the reference picture of the same file name
};

struct MeasureInput {
  at::Tensor features_ND;                     // of the measured pictures
  const ReferenceStats* reference = nullptr;  // for statistics and features
  at::Tensor texts_ND{};                      // for captions: row i is the caption of picture i
};

struct Metric {
  const char* name;
  const char* network;  // empty: pixels
  const char* resizer;
  Against against;
  Score (*of_set)(const std::string& name, const MeasureInput& input, const ScoreOptions& options) = nullptr;
  at::Tensor (*of_pair)(const at::Tensor& a_NCHW,
                        const at::Tensor& b_NCHW) = nullptr;  // of pixels: uint8 pictures; float64 (N)
};

std::span<const Metric> all_metrics();

// "fid,kid" -> the table's lines. UsageError for an unknown or repeated name, and for none.
std::vector<const Metric*> find_metrics(const std::string& list);

}  // namespace mds
