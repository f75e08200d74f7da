#include "networks/network_spec.h"
#include "search/moves.h"
#include "tests/catch.h"
#include "tests/reports/rows_of.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

// Random networks of a shipped space with whole curves, which end the lower, the less they compute.
void add_searched(Database& database, const std::string& file, int64_t count) {
  add_sweep(database, "searched", Json{{"space", file}}.dump());
  const std::string protocol = add_protocol(database, "{}");
  const Space space(load_space(file), file);
  Random random(3);
  for (int64_t i = 0; i < count; ++i) {
    const UNetSpec spec = space.network(random_point(space, random));
    const Cost counts = cost(make_plan(spec));
    const ArchRow arch{.hash = hash_of(spec),
                       .name = "n" + std::to_string(i),
                       .spec_json = canonical_json(spec),
                       .params = counts.params,
                       .macs = counts.macs,
                       .macs_valid = counts.macs_valid,
                       .convention = cost_convention,
                       .input = "8x64x64"};
    add_arch(database, arch);
    const int64_t run =
        ensure_run(database, {.sweep = "searched", .arch = arch.hash, .protocol = protocol, .proxy_of = arch.hash});
    for (const int64_t iteration : {10, 30})
      add_metric(database, run,
                 {.iteration = iteration,
                  .images_seen = iteration,
                  .name = "fd_x",
                  .value = double(counts.macs_valid) / 1e9 + double(40 - iteration)});
  }
}

}  // namespace

TEST_CASE("strategies are played over the trained candidates of a sweep, and find more with more trainings",
          "[reports]") {
  Database database(":memory:");
  add_searched(database, shipped_file("configs/spaces/mobilediffusion.json"), 32);
  const Json rows = rows_of(strategies_report.tables(database, {}));
  REQUIRE(rows.size() == 2 * 4);
  for (size_t i = 0; i < rows.size(); i += 2) {
    CHECK(rows[i]["sweep"] == "searched");
    CHECK(rows[i]["strategy"] == rows[i + 1]["strategy"]);
    CHECK(rows[i]["trainings"] == 8);
    CHECK(rows[i + 1]["trainings"] == 16);
    CHECK(rows[i + 1]["regret"].get<double>() >= 0);
    CHECK(rows[i]["regret"].get<double>() >= rows[i + 1]["regret"].get<double>());
    CHECK(rows[i]["found"].get<double>() <= rows[i + 1]["found"].get<double>());
  }
  CHECK(rows[0]["strategy"] == "random");
  CHECK(rows[0]["found"].get<double>() == Approx(0.25).margin(0.2));
  CHECK(rows[7]["strategy"] == "model");
  CHECK(rows[7]["regret"].get<double>() < rows[1]["regret"].get<double>());
}

TEST_CASE("a sweep with few trained candidates, or whose space is not there, is not played", "[reports]") {
  Database few(":memory:"), elsewhere(":memory:");
  add_searched(few, shipped_file("configs/spaces/mobilediffusion.json"), 7);
  CHECK(strategies_report.tables(few, {}).empty());
  CHECK_THAT(notes_of(tables_of(strategies_report, few, {})), Contains("with eight candidates that were trained"));
  add_searched(elsewhere, shipped_file("configs/spaces/mobilediffusion.json"), 9);
  elsewhere.execute("UPDATE sweep SET config_json = '{\"space\": \"gone.json\"}'");
  CHECK(strategies_report.tables(elsewhere, {}).empty());
}
