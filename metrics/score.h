// A measured quality with its uncertainty: what every metric returns and the store keeps.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "spec/bootstrap.h"
#include "spec/describe.h"

namespace mds {

// What an interval was found from, and so what it answers for.
enum class IntervalKind {
  bootstrap,   // the measure itself over resampled pictures
  linearised,  // its first-order change over resampled pictures, where the measure itself takes too long
  residuals,   // a regression's residuals, resampled
  seeds,       // the spread of the measure between sets drawn from different seeds
};
template <>
struct EnumNames<IntervalKind> {
  static constexpr std::array<std::string_view, 4> names{"bootstrap", "linearised", "residuals", "seeds"};
};

struct Score {
  std::string name;
  double value = 0;
  double low = 0, high = 0;
  int64_t n = 0;
  uint64_t seed = 0;
  IntervalKind interval = IntervalKind::bootstrap;
  int64_t clusters = 0;

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
  }
};

struct ScoreOptions {
  int64_t replicates = 200;
  uint64_t seed = 0;
  // Of each picture measured, where pictures of one caption are several: what is resampled as one. Empty: each picture.
  std::vector<int64_t> cluster_of{};
};

// The resamples of n pictures that intervals come from. std::logic_error unless clusters are of n pictures.
BootstrapIndices resamples(int64_t n, const ScoreOptions& options);

// How many clusters they draw; 0 without.
int64_t cluster_count(const ScoreOptions& options);

// The mean of per-picture values (one dimension, at least one value).
Score mean_score(const std::string& name, const at::Tensor& values, const ScoreOptions& options = {});

// A measure of n pictures whose value changes by the mean of influences_N (one a picture) over a resample of them, to
// first order. The set they are compared with is held fixed.
Score linearised_score(const std::string& name, double value, const at::Tensor& influences_N,
                       const ScoreOptions& options = {});

// The measure over each row of pictures, to first order.
std::vector<double> linearised_replicates(double value, const at::Tensor& influences_N,
                                          const BootstrapIndices& indices);

// The mean of a measure of sets drawn from different seeds, with Student's interval of that mean:
//   mean +- t(0.975, S - 1) s / sqrt(S), where s is the standard deviation (S - 1) of the S values.
// The n is that of one set, the smallest. ConfigError below 2 scores.
Score over_seeds(const std::vector<Score>& of_seeds);

// ConfigError unless both sets of features, (N, D) and (M, D), are equally wide.
void require_equal_widths(const at::Tensor& features_ND, const at::Tensor& reference_MD);

// The tensor as contiguous float64 on the CPU. ConfigError, naming `what`, for another rank or values that are not
// finite.
at::Tensor checked_float64(const std::string& what, const at::Tensor& tensor, int64_t rank);

}  // namespace mds
