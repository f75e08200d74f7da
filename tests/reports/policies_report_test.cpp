// The report that replays policies.
#include <cmath>

#include "reports/report.h"
#include "search/policy.h"
#include "tests/catch.h"
#include "tests/reports/rows_of.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

struct Trained {
  int64_t seed = 0;
  std::vector<int64_t> rungs{10, 20, 40};
};

// The curves of one seed, with samples of their scores or without.
void add_curves(Database& database, int64_t candidates, bool with_samples, const Trained& trained) {
  const std::string protocol = add_protocol(database, "{}");
  Random random(1);
  for (int64_t c = 0; c < candidates; ++c) {
    const ArchRow arch = network("n" + std::to_string(c), "{\"n\":" + std::to_string(c) + "}", {1000, 1000});
    add_arch(database, arch);
    const int64_t run =
        ensure_run(database, {.sweep = "s", .arch = arch.hash, .protocol = protocol, .seed = trained.seed});
    const Lease lease = take(database, run, {.owner = "test"});
    for (const int64_t at : trained.rungs) {
      const double fd = (0.1 + 0.02 * double(c)) * std::pow(double(at), -0.5), clip = 0.3 - 0.1 * std::log(fd);
      const auto metric = [&](const std::string& name, double value, int64_t n) {
        add_metric(database, lease, {.iteration = at, .images_seen = 4 * at, .name = name, .value = value, .n = n});
      };
      metric("fd_emoji_clip", fd, 16);
      metric("clip_emoji", clip, 16);
      if (!with_samples) continue;
      EvaluationSampleRow replicates{.iteration = at, .name = "fd_emoji_clip", .kind = SampleKind::replicate},
          pictures{.iteration = at, .name = "clip_emoji"};
      for (int i = 0; i < 20; ++i) replicates.samples.push_back(float(fd * (1.1 + 0.05 * random.normal())));
      for (int i = 0; i < 16; ++i) pictures.samples.push_back(float(clip + 0.05 * random.normal()));
      add_evaluation_sample(database, lease, replicates);
      add_evaluation_sample(database, lease, pictures);
    }
    finish(database, lease, RunState::done);
  }
}

// A sweep that trained all candidates to the end.
void add_sweep_of_curves(Database& database, int64_t candidates, bool with_samples) {
  add_sweep(database, "s", R"({"policy": {"rule": "none", "version": 1, "audit": 0, "replicates": 20}})");
  add_curves(database, candidates, with_samples, {});
}

Json row_of(const Json& rows, const std::string& policy) {
  for (const auto& row : rows)
    if (row["policy"] == policy) return row;
  return {};
}

}  // namespace

TEST_CASE("policies are replayed over a stored sweep: what each trains and how far from the best it ends",
          "[reports]") {
  Database database(":memory:");
  add_sweep_of_curves(database, 9, true);
  const Json rows = rows_of(policies_report.tables(database, {.simulate = 0}));
  CHECK(row_of(rows, "none/1")["cost"] == 1);
  CHECK(row_of(rows, "none/1")["regret"] == 0);
  const Json halving = row_of(rows, "halving/1");
  CHECK(halving["of"] == "s");
  CHECK(halving["cost"].get<double>() == Approx((6 * 10 + 2 * 20 + 40) / 360.0));
  CHECK(halving["regret"] == 0);  // the curves do not cross
  CHECK(halving["cost_low"].get<double>() <= halving["cost"].get<double>());
  for (const char* name : {"paper/1", "paper/2", "paper/3", "paper/3 against previous", "level/1", "median/1", "asha/1",
                           "asha/1 by fronts", "all to rung 1", "all to rung 2"})
    CHECK_FALSE(row_of(rows, name).is_null());
}

TEST_CASE("a seed that has not come to the last rung is left out of a replay", "[reports]") {
  Database database(":memory:");
  add_sweep_of_curves(database, 9, true);
  const Json alone = rows_of(policies_report.tables(database, {.simulate = 0}));
  add_curves(database, 9, true, {.seed = 1, .rungs = {10, 20}});
  CHECK(rows_of(policies_report.tables(database, {.simulate = 0})) == alone);
}

TEST_CASE("a sweep without samples is replayed by the rules that need none, and the rest is said", "[reports]") {
  Database database(":memory:");
  add_sweep_of_curves(database, 9, false);
  const auto tables = policies_report.tables(database, {});
  REQUIRE(tables.size() == 1);
  CHECK(row_of(rows_of(tables), "paper/3").is_null());
  CHECK_FALSE(row_of(rows_of(tables), "halving/1").is_null());
  CHECK_THAT(tables[0].footnotes.front(), Contains("The rules paper and level are left out"));
}

TEST_CASE("where few whole curves are stored, simulated sweeps stand beside them and are marked", "[reports]") {
  Database database(":memory:");
  add_sweep_of_curves(database, 3, false);
  const auto tables = policies_report.tables(database, {.simulate = 3});
  REQUIRE(tables.size() == 2);
  CHECK_THAT(tables[1].title, Contains("3 simulated sweeps"));
  for (const auto& row : rows_json(tables[1])) {
    CHECK(row["of"] == "simulated");
    CHECK(row["cost"].get<double>() > 0);
  }
}
