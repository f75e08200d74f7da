#include "metrics/frechet.h"

#include <torch/types.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "tests/catch.h"
#include "tests/metrics/features.h"

using namespace mds;

namespace {

constexpr auto features = random_features;

double seconds(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double trace_of_covariance(const Tensor& x) { return x.var(0, /*unbiased=*/true).sum().item<double>(); }

struct Case {
  int64_t n, width;
};

}  // namespace

TEST_CASE("identical sets have distance zero", "[metrics]") {
  const auto [n, width] = GENERATE(Case{200, 16}, Case{20, 96}, Case{96, 96});
  const auto x = features(n, width, 1);
  CHECK(frechet_distance(feature_stats(x), feature_stats(x)) == Approx(0).margin(1e-9));
}

TEST_CASE("a pure shift of the mean gives its squared length", "[metrics]") {
  const auto [n, width] = GENERATE(Case{200, 16}, Case{20, 96});
  const auto x = features(n, width, 2);
  const auto shift = torch::linspace(-1, 1, width, torch::kFloat64);
  CHECK(frechet_distance(feature_stats(x), feature_stats(x + shift)) == Approx(shift.square().sum().item<double>()));
}

TEST_CASE("four times the covariance gives the trace of the covariance", "[metrics]") {
  const auto [n, width] = GENERATE(Case{200, 16}, Case{20, 96});
  const auto x = features(n, width, 3);
  const auto mean = x.mean(0);
  CHECK(frechet_distance(feature_stats(x), feature_stats(mean + 2 * (x - mean))) == Approx(trace_of_covariance(x)));
}

TEST_CASE("diagonal Gaussians agree with the closed form", "[metrics]") {
  const auto x =
      torch::tensor({{1.0, 0.0}, {-1.0, 0.0}, {0.0, 2.0}, {0.0, -2.0}}, torch::kFloat64);  // S = diag(2/3, 8/3)
  const auto y =
      torch::tensor({{4.0, 0.0}, {-2.0, 0.0}, {1.0, 1.0}, {1.0, -1.0}}, torch::kFloat64);  // S = diag(6, 2/3)
  const double expected =
      1 + std::pow(std::sqrt(2 / 3.0) - std::sqrt(6.0), 2) + std::pow(std::sqrt(8 / 3.0) - std::sqrt(2 / 3.0), 2);
  CHECK(frechet_distance(feature_stats(x), feature_stats(y)) == Approx(expected));
}

TEST_CASE("the nuclear-norm form and the symmetric form agree to a millionth", "[metrics]") {
  const auto [n, width] = GENERATE(Case{40, 96}, Case{96, 96}, Case{300, 48});
  const auto a = feature_stats(features(n, width, 4)), b = feature_stats(features(200, width, 5));
  const auto product = a.factor_RD.matmul(b.factor_RD.t());
  CHECK(trace_root_nuclear(product) == Approx(trace_root_symmetric(product)).epsilon(1e-6));
  CHECK(trace_root_nuclear(product) == Approx(trace_root_nuclear(product.t())).epsilon(1e-9));
}

TEST_CASE("the distance is symmetric and blind to the order of pictures", "[metrics]") {
  const auto x = features(50, 24, 6), y = features(70, 24, 7);
  const double d = frechet_distance(feature_stats(x), feature_stats(y));
  CHECK(d > 0);
  CHECK(d == Approx(frechet_distance(feature_stats(y), feature_stats(x))).epsilon(1e-9));
  CHECK(d == Approx(frechet_distance(feature_stats(x.flip(0)), feature_stats(y))).epsilon(1e-9));
}

TEST_CASE("the split of a set into batches does not matter, even far from the origin", "[metrics]") {
  const auto x = features(301, 32, 8) + 1000, y = features(200, 32, 9) + 1000;
  const double whole = frechet_distance(feature_stats(x), feature_stats(y));
  for (const int64_t batch : {1, 7, 100, 301}) {
    FeatureAccumulator accumulator;
    for (int64_t i = 0; i < x.size(0); i += batch) accumulator.add(x.slice(0, i, std::min(i + batch, x.size(0))));
    CHECK(accumulator.stats().n == 301);
    CHECK(frechet_distance(accumulator.stats(), feature_stats(y)) == Approx(whole).epsilon(1e-7));
  }
}

TEST_CASE("a replicate equals the distance of the resampled pictures", "[metrics]") {
  const auto x = features(64, 96, 10), y = features(200, 96, 11);
  const FrechetReference reference(feature_stats(y));
  const auto indices = bootstrap_indices(64, 5, 1);
  const auto replicates = reference.replicates(x, indices);
  for (size_t r = 0; r < indices.size(); ++r)
    CHECK(replicates[r] == Approx(reference.distance(x.index_select(0, torch::tensor(indices[r])))).epsilon(1e-7));
}

TEST_CASE("the interval holds the value and carries name, count and seed", "[metrics]") {
  const FrechetReference reference(feature_stats(features(200, 96, 12)));
  const auto score = reference.score("fd_emoji_clip", features(64, 96, 13), {.replicates = 200, .seed = 9});
  CHECK(score.low < score.value);
  CHECK(score.value < score.high);
  CHECK(score.name == "fd_emoji_clip");
  CHECK(score.n == 64);
  CHECK(score.seed == 9);
}

TEST_CASE("an influence is the change by a copy of the picture, to first order", "[metrics]") {
  const auto [n, width] = GENERATE(Case{400, 12}, Case{60, 96});
  const auto x = features(n, width, 20) + 0.2, y = features(300, width, 21);
  const FrechetReference reference(feature_stats(y));
  const auto influences = reference.influences(x);
  CHECK(influences.mean().item<double>() == Approx(0).margin(1e-9));
  const auto changes = torch::empty(n, torch::kFloat64);
  for (int64_t i = 0; i < n; ++i) changes[i] = reference.distance(torch::cat({x, x.slice(0, i, i + 1)}));
  const auto both = torch::stack({influences / (n + 1), changes - changes.mean()});
  CHECK(torch::corrcoef(both)[0][1].item<double>() > 0.98);
  CHECK((both[0].std() / both[1].std()).item<double>() == Approx(1).margin(0.1));
}

TEST_CASE("intervals from influences are as wide as those from replicates", "[metrics]") {
  const auto x = features(1000, 24, 22) + 0.2;
  const FrechetReference reference(feature_stats(features(500, 24, 23)));
  const auto direct = reference.score("fd", x, {.replicates = 400});
  const auto linear = linearised_score("fd", direct.value, reference.influences(x), {.replicates = 400});
  CHECK(direct.interval == IntervalKind::bootstrap);
  CHECK((linear.high - linear.low) / (direct.high - direct.low) == Approx(1).margin(0.15));
}

TEST_CASE("a wide score says that its interval is linearised, and keeps every replicate", "[metrics]") {
  const auto y = features(400, 300, 24), x = features(350, 300, 25);
  const auto score = FrechetReference(feature_stats(y)).score("fid", x);
  CHECK(score.interval == IntervalKind::linearised);
  CHECK(score.value == Approx(frechet_distance(feature_stats(x), feature_stats(y))));
  CHECK(score.low < score.value);
  CHECK(score.value < score.high);
}

TEST_CASE("accumulated statistics of fewer pictures than features are exact", "[metrics]") {
  const auto x = features(20, 96, 26), y = features(30, 96, 27);
  FeatureAccumulator a, b;
  a.add(x);
  b.add(y);
  CHECK(a.stats().factor_RD.size(0) == 19);
  CHECK(frechet_distance(a.stats(), b.stats()) ==
        Approx(frechet_distance(feature_stats(x), feature_stats(y))).epsilon(1e-9));
}

TEST_CASE("features that cannot be measured are named", "[metrics]") {
  auto x = features(10, 4, 17);
  CHECK_THROWS_WITH(feature_stats(x.slice(0, 0, 1)), "features: come from 1 picture(s); allowed: at least 2");
  CHECK_THROWS_WITH(feature_stats(x.flatten()), "features: have 1 dimensions; expected 2");
  CHECK_THROWS_WITH(FrechetReference(feature_stats(x)).distance(features(10, 5, 18)),
                    "features: are 5 wide; the reference has 4");
  x[3][2] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(feature_stats(x), "features: row 3 holds a value that is not finite");
  CHECK_THROWS_AS(FeatureAccumulator().add(x), ConfigError);
  CHECK_THROWS_AS(FeatureAccumulator().stats(), ConfigError);
}

// To run it: test_metrics "[.benchmark]".
TEST_CASE("the distance of 2048 features against two eigen-decompositions of that size", "[.benchmark]") {
  const int64_t width = 2048;
  FeatureAccumulator a, b;
  a.add(features(3000, width, 30));
  b.add(features(3000, width, 31));
  const auto covariance = features(3000, width, 32).t().cov();
  std::vector<double> distances, decompositions;
  for (int round = 0; round < 3; ++round) {
    decompositions.push_back(2 * seconds([&] { at::linalg_eigh(covariance); }));
    distances.push_back(seconds([&] { frechet_distance(a.stats(), b.stats()); }));
  }
  const double distance = median_of(distances), two = median_of(decompositions);
  WARN("distance from sums of products: " << distance << " s; two decompositions: " << two
                                          << " s; ratio: " << distance / two);
  CHECK(distance < 1.5 * two);
}

TEST_CASE("two hundred replicates of 64 pictures against two references", "[.benchmark]") {
  const FrechetReference held_out(feature_stats(features(200, 96, 14))),
      training(feature_stats(features(1408, 96, 15)));
  const auto x = features(64, 96, 16);
  const auto indices = bootstrap_indices(64, 200, 0);
  const double taken = seconds([&] {
    held_out.replicates(x, indices);
    training.replicates(x, indices);
  });
  WARN(taken << " s");
  CHECK(taken < 2);
}

TEST_CASE("copies of pictures, resampled as clusters, do not narrow the interval", "[metrics]") {
  const auto a = random_features(40, 4, 1), reference = random_features(60, 4, 2) + 0.3;
  const auto each_five_times = a.repeat({5, 1});
  ScoreOptions clustered{.replicates = 300, .seed = 3};
  for (int64_t i = 0; i < 200; ++i) clustered.cluster_of.push_back(i % 40);
  const FrechetReference frechet(feature_stats(reference));
  const auto width = [](const Score& score) { return score.high - score.low; };
  const Score once = frechet.score("fd_x", a, {.replicates = 300, .seed = 3});
  const Score naive = frechet.score("fd_x", each_five_times, {.replicates = 300, .seed = 3});
  const Score whole = frechet.score("fd_x", each_five_times, clustered);
  CHECK(width(whole) == Approx(width(once)).epsilon(0.1));
  CHECK(width(naive) < 0.6 * width(once));
  CHECK((whole.clusters == 40 && whole.n == 200 && naive.clusters == 0));
  const auto values = a.select(1, 0);
  const Score mean = mean_score("clip_x", values.repeat({5}), clustered);
  CHECK(width(mean) == Approx(width(mean_score("clip_x", values, {.replicates = 300, .seed = 3}))));
}
