// The Frechet distance between two sets of features, modelled as Gaussians (sample covariance, n - 1), in float64:
//   d^2 = |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2)
// Covariances are kept as factors, S = F^T F, because tr (S1 S2)^(1/2) is the nuclear norm of F1 F2^T. This avoids
// matrix roots and complex numbers, and nothing is singular when there are fewer pictures than features.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "metrics/score.h"
#include "spec/bootstrap.h"
#include "spec/tensor.h"

namespace mds {

// Letters: N pictures, D features, R <= min(N, D) rows of a factor.
struct FeatureStats {
  Tensor mean_D;
  Tensor factor_RD;
  int64_t n = 0;
};

// ConfigError for fewer than 2 pictures and for features that are not finite.
FeatureStats feature_stats(const Tensor& features_ND);

// From a mean and a covariance of pictures whose number is not known: n is the least that can have a covariance of full
// rank. Both float64.
FeatureStats stats_of_moments(const Tensor& mean_D, const Tensor& covariance_DD);

// Statistics of sets too large for memory, collected batch by batch. Merging blocks loses no digits to large means.
class FeatureAccumulator {
 public:
  void add(const Tensor& features_ND);
  FeatureStats stats() const;

 private:
  Tensor mean_D_, scatter_DD_;
  int64_t n_ = 0;
};

double frechet_distance(const FeatureStats& a, const FeatureStats& b);

// Two exact ways to compute tr (S1 S2)^(1/2) from the product F1 F2^T: as the sum of its singular values, and as the
// sum of the roots of the eigenvalues of its Gram matrix (R S2 R with R the root of S1, up to rotation). The first
// keeps more digits where factors are short; the second is faster where both are square.
double trace_root_nuclear(const Tensor& product);
double trace_root_symmetric(const Tensor& product);

// A reference set, prepared once and then compared with many small sets.
class FrechetReference {
 public:
  // The features are those of the statistics; only a reference that is resampled needs them.
  explicit FrechetReference(FeatureStats reference, Tensor features_MD = {})
      : reference_(std::move(reference)), features_MD_(std::move(features_MD)) {}

  double distance(const Tensor& features_ND) const;

  // One distance for each row of indices into the pictures. They are larger than `distance`, because a resample holds
  // fewer distinct pictures: compare replicates only with replicates, or use centred_interval.
  std::vector<double> replicates(const Tensor& features_ND, const BootstrapIndices& indices) const;

  // How much each picture moves the distance, (N) with mean 0: to first order, the distance of a resample minus that of
  // the set is the mean over the drawn pictures. With c a centred picture, m1 and m2 the means and T the optimal
  // transport S1^(-1/2) (S1^(1/2) S2 S1^(1/2))^(1/2) S1^(-1/2): 2 (m1 - m2) . c + |c|^2 - c^T T c.
  Tensor influences(const Tensor& features_ND) const;

  // The distance of each row: by `replicates` where the smaller of n and the reference's rows is at most 256, else by
  // `influences`, as a single replicate would take seconds. `of_reference`: rows of the reference's pictures that were
  // drawn with them; none: it stays as it is. std::logic_error where the reference has no features for that.
  std::vector<double> resampled(const Tensor& features_ND, const BootstrapIndices& indices,
                                const BootstrapIndices& of_reference = {}) const;

  // The interval covers the choice of the pictures, but not the bias that a set of n pictures has. It comes from
  // replicates or influences, as in `resampled`; the score says from which. Pictures drawn from the reference's own
  // captions differ from it less than pictures of other captions would, so there the reference is to be resampled too.
  Score score(const std::string& name, const Tensor& features_ND, const ScoreOptions& options = {}) const;

 private:
  bool linearises(int64_t n) const;
  std::vector<double> joint_replicates(const Tensor& features_ND, const BootstrapIndices& indices,
                                       const BootstrapIndices& of_reference) const;

  FeatureStats reference_;
  Tensor features_MD_;
};

}  // namespace mds
