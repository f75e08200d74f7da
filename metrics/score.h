// A measured quality with its uncertainty: every metric returns one, and the store keeps it.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "spec/bootstrap.h"
#include "spec/describe.h"
#include "spec/tensor.h"

namespace mds {

// How an interval was found, and so which uncertainty it covers.
enum class IntervalKind {
  bootstrap,   // the measure itself on resampled pictures
  linearised,  // its first-order change on resampled pictures, where the measure itself takes too long
  residuals,   // the resampled residuals of a regression
  seeds,       // the spread between sets drawn from different seeds
};
template <>
struct EnumNames<IntervalKind> {
  static constexpr std::array<std::string_view, 4> names{"bootstrap", "linearised", "residuals", "seeds"};
};

// What was drawn anew for each replicate.
enum class Resampling {
  counted,   // those pictures over which the measure is a mean; other sets stay as they are
  pictures,  // the measured pictures, where the measure counts those of the reference
  captions,  // captions, each with its measured and its reference pictures
};
template <>
struct EnumNames<Resampling> {
  static constexpr std::array<std::string_view, 3> names{"counted", "pictures", "captions"};
};

struct Score {
  std::string name;
  double value = 0;
  double low = 0, high = 0;
  int64_t n = 0;
  uint64_t seed = 0;
  IntervalKind interval = IntervalKind::bootstrap;
  int64_t clusters = 0;
  Resampling resampling = Resampling::counted;
  std::vector<double> replicates{};  // the measure on each resample; none where the interval came from something else

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "the metric, named after what it is");
    field("value", self.value, "the metric over all n");
    field("low", self.low, "lower end of its 95% interval");
    field("high", self.high, "upper end");
    field("n", self.n, "pictures or pairs measured");
    field("seed", self.seed, "of the bootstrap");
    field("interval", self.interval, "what the interval was found from", later());
    field("clusters", self.clusters, "captions that were resampled, each with all its pictures; 0: picture by picture",
          later());
    field("resampling", self.resampling, "what was resampled", later());
  }
};

struct ScoreOptions {
  int64_t replicates = 200;
  uint64_t seed = 0;
  // Which caption each picture belongs to, where captions have several: these are resampled as one. Empty: no clusters.
  std::vector<int64_t> cluster_of{};
  // The same for the reference's pictures, whose captions are then resampled too. A caption that only the reference has
  // is drawn among those. Empty: the reference stays as it is.
  std::vector<int64_t> reference_cluster_of{};

  bool resamples_reference() const { return !reference_cluster_of.empty(); }
};

// The resamples of n pictures for intervals. std::logic_error where cluster_of has another length than n.
BootstrapIndices resamples(int64_t n, const ScoreOptions& options);

// The reference's pictures of the same resamples, where it is resampled.
BootstrapIndices reference_resamples(const ScoreOptions& options);

// How many clusters are drawn; 0 without clusters.
int64_t cluster_count(const ScoreOptions& options);

// The mean of per-picture values (one dimension, at least one value).
Score mean_score(const std::string& name, const Tensor& values, const ScoreOptions& options = {});

// For a measure of n pictures that changes, to first order, by the mean of influences_N (one per picture) over a
// resample. The reference set stays fixed.
Score linearised_score(const std::string& name, double value, const Tensor& influences_N,
                       const ScoreOptions& options = {});

// The measure of each resampled row, to first order.
std::vector<double> linearised_replicates(double value, const Tensor& influences_N, const BootstrapIndices& indices);

// The mean of a measure over sets that were drawn from different seeds, with Student's interval of that mean:
//   mean +- t(0.975, S - 1) s / sqrt(S), where s is the standard deviation (S - 1) of the S values.
// The score's n is that of one set, the smallest. ConfigError for fewer than 2 scores.
Score over_seeds(const std::vector<Score>& of_seeds);

// ConfigError where the two sets of features, (N, D) and (M, D), differ in width.
void require_equal_widths(const Tensor& features_ND, const Tensor& reference_MD);

// The tensor as contiguous float64 on the CPU. ConfigError, naming `what`, for another rank or values that are not
// finite.
Tensor checked_float64(const std::string& what, const Tensor& tensor, int64_t rank);

}  // namespace mds
