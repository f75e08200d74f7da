// Names of scores against the measures they stand for.
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
  const auto a = random_features(5010, 4, 1), b = random_features(1500, 4, 2) + 0.5;
  const ReferenceStats reference{.identity = {}, .stats = feature_stats(b), .features_ND = b};
  const MeasureInput input{.features_ND = a, .reference = &reference};
  const ScoreOptions options{.replicates = 2, .seed = 3};
  const auto value = [&](const char* name) { return find_metrics(name)[0]->of_set(name, input, options).value; };

  const FrechetReference frechet(reference.stats);
  for (const char* name : {"fid", "fid_clean", "fid_legacy_pytorch", "fd_effnet"})
    CHECK(value(name) == Approx(frechet.distance(a)));
  CHECK(value("fid_inf") == fid_infinity("fid_inf", a, frechet, {.score = options}).value);
  for (const char* name : {"kid", "kid_effnet"}) CHECK(value(name) == kid(name, a, b, {.score = options}).score.value);
  CHECK(value("cmmd") == cmmd("cmmd", a, b, options).value);
  const PrecisionRecall shares = precision_recall(a, b, 3, options);
  REQUIRE(shares.precision.value != shares.recall.value);
  CHECK(value("precision") == shares.precision.value);
  CHECK(value("recall") == shares.recall.value);
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
  CHECK(at::equal(find_metrics("ssim")[0]->of_pair(a, b), ssim_values(a, b, 255)));
}
