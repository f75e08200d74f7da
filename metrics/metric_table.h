// The scores by name: which network sees the pictures, how they are resized for it, what they are compared with, and
// how the score is computed. A new score is a new line of this table.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "metrics/reference_stats.h"
#include "spec/bootstrap.h"
#include "spec/tensor.h"

namespace mds {

enum class Against : uint8_t {
  statistics,  // mean and covariance of reference pictures
  features,    // all features of reference pictures
  captions,    // each picture's own caption
  partners,    // the reference picture of the same file name
  layouts,     // each picture's own layout
};

// How many pictures a subset has, for the measures that draw subsets. 0: the usual number, or what the sets allow.
struct SubsetSizes {
  int64_t kid = 0;      // usually 1000; the whole smaller set if it has fewer
  int64_t fid_inf = 0;  // of the smallest subset, usually 5000; half of the pictures if there are at most so many
};

// The sizes used for n measured pictures and reference_n reference pictures.
SubsetSizes fitted(SubsetSizes asked, int64_t n, int64_t reference_n);

struct MeasureInput {
  Tensor features_ND;                         // of the measured pictures
  const ReferenceStats* reference = nullptr;  // for statistics and features
  Tensor texts_ND{};                          // for captions: row i is the caption of picture i
  SubsetSizes subsets{};
  std::vector<Tensor> choices_KE{};  // for choices: the captions to choose from for picture i, its own first
};

// A subset that a measure draws: its size, and that size where the two sets allow it, else a RequestError with the
// flag.
struct Subset {
  int64_t SubsetSizes::* size;
  int64_t (*checked)(const SubsetSizes& sizes, int64_t n, int64_t reference_n);
};

// A distance between the features of the measured pictures and those of the reference.
struct SetDistance {
  Score (*score)(const std::string& name, const MeasureInput& input, const ScoreOptions& options);
  // The distance of the set and of each row of pictures drawn from it; `seed` draws its subsets.
  Resampled (*resampled)(const MeasureInput& input, const BootstrapIndices& indices, uint64_t seed);
  const Subset* subset = nullptr;  // null: it takes all pictures
  bool by_caption = false;         // resamples a reference of the drawn captions' own pictures with them
};

// The mean of one value per picture, float64 (N).
struct PictureMean {
  Tensor (*values)(const MeasureInput& input);
};

// The share of pictures that are told from other captions than their own: see caption_choice.h. Pictures whose captions
// offer no choice are not counted.
struct ChoiceShare {
  std::vector<std::string> (*choices)(const std::string& caption);
};

// The mean of one value per pair of uint8 pictures, float64 (N).
struct PixelPairs {
  Tensor (*values)(const Tensor& a_NCHW, const Tensor& b_NCHW);
};

// The mean distance of pairs of pictures in the features of the network.
struct PerceptualPairs {};

// The mean of a value of each picture and its layout, by the network: see box_overlap.h. Pictures without a layout are
// not counted.
enum class LayoutValue : uint8_t { overlap, binding };
struct LayoutMean {
  LayoutValue value;
};

struct Metric {
  const char* name;
  const char* network;  // empty: compares pixels
  const char* resizer;
  Against against;
  const char* convention;  // describes the number in words: its form, scale and constants
  std::variant<SetDistance, PictureMean, ChoiceShare, PixelPairs, PerceptualPairs, LayoutMean> kind;
};

// The score of a set's features. RequestError, naming the flag, where the set is too small for the subsets;
// std::logic_error for a metric of pairs.
Score score_of(const Metric& metric, const MeasureInput& input, const ScoreOptions& options);

// The subset that the metric draws; null where it takes all pictures.
const Subset* subset_of(const Metric& metric);

// Whether the score resamples captions with the reference's pictures of them, where it has such.
bool resamples_captions(const Metric& metric);

// RequestError, naming the flag, where the two sets are too small for the subsets that the metric draws.
void require_subsets(const Metric& metric, SubsetSizes asked, int64_t n, int64_t reference_n);

std::span<const Metric> all_metrics();

// The metrics that compare two folders where none are named.
inline constexpr const char* default_metrics = "fd_effnet,kid_effnet";

// Null for a name that is not in the table.
const Metric* find_metric(const std::string& name);
std::string known_metrics();  // all names, separated by commas

// Turns "fid,kid" into lines of the table. RequestError for an unknown or repeated name, and for an empty list.
std::vector<const Metric*> find_metrics(const std::string& list);

}  // namespace mds
