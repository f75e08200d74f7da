// Compares scores by name with the measures that they name.
#include "metrics/metric_table.h"

#include <ATen/ATen.h>

#include "metrics/cmmd.h"
#include "metrics/fid_infinity.h"
#include "metrics/kid.h"
#include "metrics/precision_recall.h"
#include "metrics/ssim.h"
#include "tests/catch.h"
#include "tests/metrics/features.h"

using namespace mds;

TEST_CASE("each name takes its own measure of the features", "[metrics]") {
  const auto a = random_features(510, 4, 1), b = random_features(300, 4, 2) + 0.5;
  const ReferenceStats reference{.identity = {}, .stats = feature_stats(b), .features_ND = b};
  const MeasureInput input{.features_ND = a, .reference = &reference, .texts_ND = {}, .subsets = {200, 100}};
  const ScoreOptions options{.replicates = 2, .seed = 3};
  const auto value = [&](const char* name) { return score_of(*find_metric(name), input, options).value; };

  const FrechetReference frechet(reference.stats);
  for (const char* name : {"fid", "fid_clean", "fid_legacy_pytorch", "fd_effnet"})
    CHECK(value(name) == Approx(frechet.distance(a)));
  CHECK(value("fid_inf") == fid_infinity("fid_inf", a, frechet, {.smallest = 100, .score = options}).value);
  for (const char* name : {"kid", "kid_effnet"})
    CHECK(value(name) == kid(name, a, b, {.subset_size = 200, .score = options}).score.value);
  CHECK(value("cmmd") == cmmd("cmmd", a, b, options).score.value);
  const double precise = precision("precision", a, b).value, recalled = recall("recall", a, b).value;
  REQUIRE(precise != recalled);
  CHECK(value("precision") == precise);
  CHECK(value("recall") == recalled);
}

TEST_CASE("replicates over every picture once are the value, and their spread is the interval's", "[metrics]") {
  const auto a = random_features(60, 4, 4), b = random_features(80, 4, 5) + 0.5;
  const ReferenceStats reference{.identity = {}, .stats = feature_stats(b), .features_ND = b};
  const MeasureInput input{.features_ND = a, .reference = &reference, .texts_ND = {}, .subsets = {60, 30}};
  BootstrapIndices rows = bootstrap_indices(60, 400, 6);
  std::vector<int64_t> all(60);
  for (int64_t i = 0; i < 60; ++i) all[size_t(i)] = i;
  rows.insert(rows.begin(), all);
  for (const char* name : {"fid", "kid", "fid_inf", "cmmd"}) {
    INFO(name);
    const Metric& metric = *find_metric(name);
    const Resampled resampled = std::get<SetDistance>(metric.kind).resampled(input, rows, 7);
    const auto& replicates = resampled.replicates;
    const Score score = score_of(metric, input, {.replicates = 400, .seed = 7});
    CHECK(resampled.value == score.value);
    CHECK(replicates[0] == Approx(score.value).epsilon(1e-9));
    if (std::string(name) == "fid_inf") continue;  // its interval covers only the fit
    const Interval spread = percentile_interval(replicates);
    CHECK(spread.high - spread.low == Approx(score.high - score.low).epsilon(0.2));
  }
}

TEST_CASE("a mean's values average to the score", "[metrics]") {
  const auto a = random_features(60, 4, 8), b = random_features(80, 4, 9);
  const ReferenceStats reference{.identity = {}, .stats = feature_stats(b), .features_ND = b};
  const MeasureInput input{.features_ND = a,
                           .reference = &reference,
                           .texts_ND = random_features(60, 4, 10),
                           .subsets = {},
                           .choices_KE = random_features(120, 4, 11).split(2)};
  for (const auto& metric : all_metrics()) {
    const auto* mean = std::get_if<PictureMean>(&metric.kind);
    if (!mean) continue;
    CHECK(mean->values(input).mean().item<double>() == score_of(metric, input, {}).value);
  }
}

TEST_CASE("a set too small for subsets names the flag", "[metrics]") {
  const auto a = random_features(12, 4, 11);
  const ReferenceStats reference{.identity = {}, .stats = feature_stats(a), .features_ND = a};
  const MeasureInput input{
      .features_ND = a, .reference = &reference, .texts_ND = {}, .subsets = {.kid = 1000, .fid_inf = 5000}};
  CHECK_THROWS_WITH(score_of(*find_metric("kid"), input, {}),
                    "`kid_subset` is 1000; of these pictures 2 to 12 can be drawn");
  CHECK_THROWS_WITH(score_of(*find_metric("fid_inf"), input, {}),
                    "`fid_inf_smallest` is 5000; of these pictures 2 to 11 can be drawn");
}

TEST_CASE("subsets that were left open have the usual size, or what the sets allow", "[metrics]") {
  CHECK(fitted({}, 30000, 5000).kid == 1000);
  CHECK(fitted({}, 30000, 5000).fid_inf == 5000);
  CHECK(fitted({}, 64, 200).kid == 64);
  CHECK(fitted({}, 200, 64).kid == 64);
  CHECK(fitted({}, 5000, 64).fid_inf == 2500);
  CHECK(fitted({.kid = 7, .fid_inf = 9}, 5, 5).kid == 7);
}

TEST_CASE("the conventions of FID differ in the resizer alone", "[metrics]") {
  const auto metrics = find_metrics("fid,fid_clean,fid_legacy_pytorch");
  CHECK(metrics[0]->resizer == std::string("legacy_tensorflow"));
  CHECK(metrics[1]->resizer == std::string("clean"));
  CHECK(metrics[2]->resizer == std::string("legacy_pytorch"));
  for (const Metric* metric : metrics) CHECK(metric->network == std::string("inception-v3-fid"));
}

TEST_CASE("structural similarity of pictures takes 255 as its range", "[metrics]") {
  const auto a = at::arange(2 * 3 * 16 * 16).reshape({2, 3, 16, 16}).remainder(251).to(at::kByte);
  const auto b = 255 - a;
  CHECK(at::equal(std::get<PixelPairs>(find_metric("ssim")->kind).values(a, b), ssim_values(a, b, 255)));
}

TEST_CASE("a new metric is scored by what its own row states", "[metrics]") {
  const Metric toy{.name = "half",
                   .network = "",
                   .resizer = "",
                   .against = Against::features,
                   .convention = "half of the first feature",
                   .kind = PictureMean{
                       [](const MeasureInput& input) { return 0.5 * input.features_ND.select(1, 0).to(at::kDouble); }}};
  const auto a = random_features(12, 4, 12);
  const Score score = score_of(toy, {.features_ND = a}, {.replicates = 5});
  CHECK(score.name == "half");
  CHECK(score.value == Approx(0.5 * a.select(1, 0).to(at::kDouble).mean().item<double>()));
  CHECK(subset_of(toy) == nullptr);
  CHECK_THROWS_AS(score_of(*find_metric("psnr"), {.features_ND = a}, {}), std::logic_error);
}
