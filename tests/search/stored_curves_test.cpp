#include "search/stored_curves.h"

#include <cmath>

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

// A run that was scored twice, with samples up to an iteration.
RunRow scored_run(Database& database, int64_t sampled_to = 20) {
  const int64_t run = add_run(database, "a");
  for (const int64_t at : {10, 20}) {
    add_metric(database, run, {.iteration = at, .images_seen = 4 * at, .name = "fd_emoji_clip", .value = 1, .n = 8});
    add_metric(database, run, {.iteration = at, .images_seen = 4 * at, .name = "clip_emoji", .value = 0.5, .n = 2});
    add_metric(database, run, {.iteration = at, .images_seen = 4 * at, .name = "loss", .value = 3});
    if (at > sampled_to) continue;
    const auto add = [&](const std::string& name, SampleKind kind, const std::vector<float>& samples) {
      add_evaluation_sample(database, run, {.iteration = at, .name = name, .kind = kind, .samples = samples});
    };
    add("fd_emoji_clip", SampleKind::replicate, {1, 2, 3});
    add("fd_emoji_clip", SampleKind::halves, {1.5});
    add("clip_emoji", SampleKind::picture, {0.25, 0.75});
  }
  return runs_of(database, "s").front();
}

}  // namespace

TEST_CASE("a stored curve has the scores of the policy, with their samples", "[search]") {
  Database database(":memory:");
  const RunRow run = scored_run(database);
  const Curve curve = stored_curve(database, run, {}, Detail::samples);
  CHECK(curve.candidate == run.arch);
  REQUIRE(curve.evaluations.size() == 2);
  const Evaluation& last = curve.evaluations.back();
  CHECK(last.images_seen == 80);
  CHECK(last.scores.size() == 2);
  const Measured &fd = last.scores.at("fd_emoji_clip"), &clip = last.scores.at("clip_emoji");
  CHECK(fd.distance == 1);
  CHECK(fd.replicates == std::vector<double>{1, 2, 3});
  CHECK(fd.halves == 1.5);
  CHECK(fd.pictures == 8);
  CHECK(clip.values == std::vector<double>{0.25, 0.75});
  CHECK(stored_curve(database, run, {}, Detail::samples, 15).evaluations.size() == 1);
}

TEST_CASE("values alone are read without samples, and their absence is an error that says what helps", "[search]") {
  Database database(":memory:");
  const RunRow run = scored_run(database, 10);
  const Curve curve = stored_curve(database, run, {}, Detail::values);
  CHECK(curve.evaluations.back().scores.at("clip_emoji").values == std::vector<double>{0.5});
  CHECK(curve.evaluations.back().scores.at("fd_emoji_clip").replicates.empty());
  CHECK_THROWS_WITH(stored_curve(database, run, {}, Detail::samples),
                    Contains("has no samples of fd_emoji_clip at iteration 20") &&
                        Contains("After `mdsearch db delete run 1 --db :memory:` the same command"));
}

TEST_CASE("a curve with a score that is missing or no number is told, others are not", "[search]") {
  Database database(":memory:");
  Curve curve = stored_curve(database, scored_run(database), {}, Detail::samples);
  CHECK(problem_of({}, curve).empty());
  CHECK(problem_of({}, {}).empty());
  curve.evaluations[0].scores["clip_emoji"].values[1] = std::nan("");
  CHECK_THAT(problem_of({}, curve), Contains("a clip value is not finite"));
  curve.evaluations[0].scores.erase("clip_emoji");
  CHECK_THAT(problem_of({}, curve), Contains("has no clip_emoji"));
}
