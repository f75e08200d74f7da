#include "metrics/frechet.h"

#include <torch/types.h>

#include <cmath>

#include "metrics/thread_limit.h"

namespace mds {
namespace {

constexpr int64_t most_rows_resampled = 256;

void require_pictures(int64_t n) {
  if (n < 2) throw ConfigError("features: come from " + std::to_string(n) + " picture(s); allowed: at least 2");
}

void require_width(int64_t width, int64_t reference) {
  if (width != reference)
    throw ConfigError("features: are " + std::to_string(width) + " wide; the reference has " +
                      std::to_string(reference));
}

double trace_root(const Tensor& product) {
  return product.size(0) < product.size(1) ? trace_root_nuclear(product) : trace_root_symmetric(product);
}

// Matrices narrower than this gain nothing from more threads.
constexpr int64_t least_threaded_width = 512;
int useful_threads(int64_t width) { return width < least_threaded_width ? 1 : at::get_num_threads(); }

// The distinct rows that a resample drew, and how often it drew each.
struct Draw {
  Tensor rows, counts;
};
Draw draw_of(const std::vector<int64_t>& indices, int64_t n) {
  std::vector<int64_t> rows;
  std::vector<double> times(n), counts;
  for (const auto i : indices) times.at(i) += 1;
  for (int64_t i = 0; i < n; ++i) {
    if (times[i] == 0) continue;
    rows.push_back(i);
    counts.push_back(times[i]);
  }
  return {torch::tensor(rows), torch::tensor(counts, torch::kFloat64)};
}

// Centred rows whose Gram matrix is the covariance of the drawn rows, repeats counted.
struct Centred {
  Tensor mean, rows;
};
Centred centred(const Tensor& drawn, const Tensor& counts) {
  const auto n = counts.sum();
  const auto mean = counts.matmul(drawn) / n;
  return {mean, (drawn - mean) * (counts / (n - 1)).sqrt().unsqueeze(1)};
}

// F of S = F^T F, whose rank is at most `rank`: Cholesky's where S is positive definite, as it costs a tenth of the
// eigenvectors.
Tensor factor(const Tensor& covariance_DD, int64_t rank) {
  const int64_t width = covariance_DD.size(0);
  if (rank >= width) {
    const auto [lower, failed] = at::linalg_cholesky_ex(covariance_DD);
    if (failed.item<int>() == 0) return lower.t().contiguous();
  }
  const auto [values, vectors] = at::linalg_eigh(covariance_DD);
  const auto first = std::max<int64_t>(0, width - rank);
  return values.slice(0, first).clamp_min(0).sqrt().unsqueeze(1) * vectors.slice(1, first).t();
}

// (N): the diagonal of (P P^T)^(1/2) from the eigenvectors of the smaller Gram matrix of P.
Tensor root_diagonal(const Tensor& product_NR) {
  if (product_NR.size(0) <= product_NR.size(1)) {
    const auto [values, vectors] = at::linalg_eigh(product_NR.matmul(product_NR.t()));
    return vectors.square().matmul(values.clamp_min(0).sqrt());
  }
  const auto [values, vectors] = at::linalg_eigh(product_NR.t().matmul(product_NR));
  // Directions that hold only rounding errors add nothing.
  const auto kept = values.gt(values.max() * 1e-14);
  const auto weights = torch::where(kept, values, torch::ones_like(values)).rsqrt() * kept;
  return product_NR.matmul(vectors).square_().matmul(weights);
}

}  // namespace

double trace_root_nuclear(const Tensor& product) { return at::linalg_svdvals(product).sum().item<double>(); }

double trace_root_symmetric(const Tensor& product) {
  const bool tall = product.size(0) > product.size(1);
  const auto gram = tall ? product.t().matmul(product) : product.matmul(product.t());
  return at::linalg_eigvalsh(gram).clamp_min(0).sqrt().sum().item<double>();
}

FeatureStats feature_stats(const Tensor& features_ND) {
  const auto features = checked_float64("features", features_ND, 2);
  const auto n = features.size(0);
  require_pictures(n);
  const auto whole = centred(features, torch::ones(n, torch::kFloat64));
  return {whole.mean, std::get<1>(at::linalg_qr(whole.rows, "r")), n};
}

FeatureStats stats_of_moments(const Tensor& mean_D, const Tensor& covariance_DD) {
  require_width(covariance_DD.size(0), mean_D.size(0));
  return {mean_D, factor(covariance_DD, mean_D.size(0)), mean_D.size(0) + 1};
}

void FeatureAccumulator::add(const Tensor& features_ND) {
  const auto batch = checked_float64("features", features_ND, 2);
  const auto mean = batch.mean(0);
  const auto scatter = (batch - mean).t().matmul(batch - mean);
  const auto count = double(batch.size(0)), before = double(n_);
  n_ += batch.size(0);
  if (before == 0) {
    mean_D_ = mean;
    scatter_DD_ = scatter;
    return;
  }
  require_width(batch.size(1), mean_D_.size(0));
  const auto gap = mean - mean_D_;
  mean_D_ = mean_D_ + gap * (count / (before + count));
  scatter_DD_ = scatter_DD_ + scatter + gap.outer(gap) * (before * count / (before + count));
}

FeatureStats FeatureAccumulator::stats() const {
  require_pictures(n_);
  return {mean_D_, factor(scatter_DD_ / double(n_ - 1), n_ - 1), n_};
}

double frechet_distance(const FeatureStats& a, const FeatureStats& b) {
  require_width(a.mean_D.size(0), b.mean_D.size(0));
  const auto sum = (a.mean_D - b.mean_D).square().sum() + a.factor_RD.square().sum() + b.factor_RD.square().sum();
  return std::max(0.0, sum.item<double>() - 2 * trace_root(a.factor_RD.matmul(b.factor_RD.t())));
}

double FrechetReference::distance(const Tensor& features_ND) const {
  return frechet_distance(feature_stats(features_ND), reference_);
}

std::vector<double> FrechetReference::replicates(const Tensor& features_ND, const BootstrapIndices& indices) const {
  const auto features = checked_float64("features", features_ND, 2);
  const auto n = features.size(0);
  require_pictures(n);
  require_width(features.size(1), reference_.mean_D.size(0));
  const ThreadLimit limit(useful_threads(features.size(1)));
  // Centring commutes with the product, so the reference's factor is multiplied once for all replicates.
  const auto products = features.matmul(reference_.factor_RD.t());
  const double reference_trace = reference_.factor_RD.square().sum().item<double>();
  std::vector<double> distances;
  for (const auto& row : indices) {
    const auto draw = draw_of(row, n);
    const auto own = centred(features.index_select(0, draw.rows), draw.counts);
    const auto product = centred(products.index_select(0, draw.rows), draw.counts).rows;
    const auto sum = (own.mean - reference_.mean_D).square().sum() + own.rows.square().sum();
    distances.push_back(std::max(0.0, sum.item<double>() + reference_trace - 2 * trace_root(product)));
  }
  return distances;
}

Tensor FrechetReference::influences(const Tensor& features_ND) const {
  const auto features = checked_float64("features", features_ND, 2);
  const auto n = features.size(0);
  require_pictures(n);
  require_width(features.size(1), reference_.mean_D.size(0));
  const auto mean_D = features.mean(0);
  const auto centred_ND = features - mean_D;
  const auto shift_N = 2 * centred_ND.matmul(mean_D - reference_.mean_D);
  // c^T T c without computing T: n - 1 times the diagonal of the root of (C F2^T)(C F2^T)^T / (n - 1).
  const auto carried_N = root_diagonal(centred_ND.matmul(reference_.factor_RD.t())) * std::sqrt(double(n - 1));
  const auto influence_N = shift_N + centred_ND.square().sum(1) - carried_N;
  return influence_N - influence_N.mean();
}

bool FrechetReference::linearises(int64_t n) const {
  return std::min(n, reference_.factor_RD.size(0)) > most_rows_resampled;
}

std::vector<double> FrechetReference::joint_replicates(const Tensor& features_ND, const BootstrapIndices& indices,
                                                       const BootstrapIndices& of_reference) const {
  const auto features = checked_float64("features", features_ND, 2),
             own = checked_float64("reference", features_MD_, 2);
  require_width(features.size(1), own.size(1));
  const ThreadLimit limit(useful_threads(features.size(1)));
  const auto drawn = [](const Tensor& rows_ND, const std::vector<int64_t>& row) {
    const auto draw = draw_of(row, rows_ND.size(0));
    return centred(rows_ND.index_select(0, draw.rows), draw.counts);
  };
  std::vector<double> distances;
  for (size_t k = 0; k < indices.size(); ++k) {
    const auto a = drawn(features, indices[k]), b = drawn(own, of_reference[k]);
    const bool tall = b.rows.size(0) > b.rows.size(1);
    const Tensor factor = tall ? std::get<1>(at::linalg_qr(b.rows, "r")) : b.rows;
    distances.push_back(frechet_distance({a.mean, a.rows, 0}, {b.mean, factor, 0}));
  }
  return distances;
}

std::vector<double> FrechetReference::resampled(const Tensor& features_ND, const BootstrapIndices& indices,
                                                const BootstrapIndices& of_reference) const {
  const bool joint = !of_reference.empty();
  if (joint && !features_MD_.defined()) throw std::logic_error("a resampled reference without its features");
  if (!linearises(features_ND.size(0)))
    return joint ? joint_replicates(features_ND, indices, of_reference) : replicates(features_ND, indices);
  auto distances = linearised_replicates(distance(features_ND), influences(features_ND), indices);
  if (!joint) return distances;
  // The distance is symmetric, so the reference's pictures have their influences as the others have.
  const auto influences_M = FrechetReference(feature_stats(features_ND)).influences(features_MD_);
  const auto changes = linearised_replicates(0, influences_M, of_reference);
  for (size_t k = 0; k < distances.size(); ++k) distances[k] += changes[k];
  return distances;
}

Score FrechetReference::score(const std::string& name, const Tensor& features_ND, const ScoreOptions& options) const {
  const double value = distance(features_ND);
  const auto n = features_ND.size(0);
  const bool joint = options.resamples_reference(), linear = linearises(n);
  auto distances =
      resampled(features_ND, resamples(n, options), joint ? reference_resamples(options) : BootstrapIndices{});
  const auto interval = linear ? percentile_interval(distances) : centred_interval(value, distances);
  return {.name = name,
          .value = value,
          .low = std::max(0.0, interval.low),
          .high = interval.high,
          .n = n,
          .seed = options.seed,
          .interval = linear ? IntervalKind::linearised : IntervalKind::bootstrap,
          .clusters = cluster_count(options),
          .resampling = joint ? Resampling::captions : Resampling::counted,
          .replicates = std::move(distances)};
}

}  // namespace mds
