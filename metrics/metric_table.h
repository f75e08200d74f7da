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

// How many pictures the measures draw at a time that look at subsets. 0: the usual number, or what the sets allow.
struct SubsetSizes {
  int64_t kid = 0;      // usually 1000; all of the smaller set where that has fewer
  int64_t fid_inf = 0;  // the smallest, usually 5000; half of the pictures where there are no more than that
};

// The sizes that n pictures and a reference of so many are measured with.
SubsetSizes fitted(SubsetSizes asked, int64_t n, int64_t reference_n);

// UsageError, naming the flag, where n pictures and a reference of so many do not hold the subsets that a metric draws.
struct Metric;
void require_subsets(const Metric& metric, SubsetSizes asked, int64_t n, int64_t reference_n);

struct MeasureInput {
  at::Tensor features_ND;                     // of the measured pictures
  const ReferenceStats* reference = nullptr;  // for statistics and features
  at::Tensor texts_ND{};                      // for captions: row i is the caption of picture i
  SubsetSizes subsets{};
  std::vector<at::Tensor> choices_KE{};  // for choices: the captions that picture i is told from, its own first
};

struct Resampled {
  double value = 0;
  std::vector<double> replicates{};
};

struct Metric {
  const char* name;
  const char* network;  // empty: pixels
  const char* resizer;
  Against against;
  const char* convention;  // what the number is, in words: its form, scale and constants
  // Of a set. UsageError, naming the flag, where it is too small for the subsets.
  Score (*of_set)(const std::string& name, const MeasureInput& input, const ScoreOptions& options) = nullptr;
  // Of each picture of a set, float64 (N); null where the measure is no mean of them.
  at::Tensor (*of_each)(const MeasureInput& input) = nullptr;
  // Of a set and of each row of pictures drawn from it; `seed` draws its subsets. Null where it is a mean.
  Resampled (*resampled)(const MeasureInput& input, const BootstrapIndices& indices, uint64_t seed) = nullptr;
  int64_t SubsetSizes::* subset = nullptr;  // that it draws; null: it takes all pictures
  // Of pairs of uint8 pictures, float64 (N).
  at::Tensor (*of_pair)(const at::Tensor& a_NCHW, const at::Tensor& b_NCHW) = nullptr;
  // For a choice between captions: see caption_choice.h. Pictures whose captions offer none are not counted.
  std::vector<std::string> (*choices)(const std::string& caption) = nullptr;
};

std::span<const Metric> all_metrics();

// What two folders are compared by where nothing is asked for.
inline constexpr const char* default_metrics = "fd_effnet,kid_effnet";

// Null for a name that the table lacks.
const Metric* find_metric(const std::string& name);
std::string known_metrics();  // all names, with commas between

// "fid,kid" -> the table's lines. UsageError for an unknown or repeated name, and for none.
std::vector<const Metric*> find_metrics(const std::string& list);

}  // namespace mds
