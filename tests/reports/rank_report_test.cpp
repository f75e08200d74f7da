#include <cmath>

#include "reports/rank_rows.h"
#include "spec/rank_correlation.h"
#include "tests/catch.h"
#include "tests/reports/rows_of.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

constexpr int64_t networks = 16;

// A sweep in which the score after 10 iterations orders as that after 30 does but for one swap, and the parameter count
// says nothing.
struct RankedSweep {
  RankedSweep() { add_sweep("narrow", R"({"stage": {"width_divisor": 8}})", {0}); }

  void add_sweep(const std::string& name, const std::string& protocol_text, const std::vector<int64_t>& seeds,
                 int64_t count = networks) {
    mds::add_sweep(database, name, "{}");
    const std::string protocol = add_protocol(database, protocol_text);
    for (const int64_t seed : seeds)
      for (int64_t i = 0; i < count; ++i) {
        const ArchRow arch = network("n" + std::to_string(i), "{\"n\":" + std::to_string(i) + "}",
                                     {1'000'000 + 1000 * ((i * 7) % networks), 1'000'000 * (networks - i)});
        add_arch(database, arch);
        const int64_t run = ensure_run(
            database, {.sweep = name, .arch = arch.hash, .protocol = protocol, .seed = seed, .proxy_of = arch.hash});
        add(run, 10, i == 0 ? 1.5 : i == 1 ? 1.4 : double(i + 1));
        add(run, 30, double(i + 1) / 10 + (seed == 1 && i == 2 ? 0.15 : 0));
      }
  }
  void add(int64_t run, int64_t iteration, double value, const std::string& name = "fd_emoji_clip") {
    add_metric(database, run, {.iteration = iteration, .images_seen = 16 * iteration, .name = name, .value = value});
  }
  Json row(const std::string& kind, const std::string& proxy) const {
    for (const auto& each : rows_of(rank_report.tables(database, {})))
      if (each["kind"] == kind && each["proxy"] == proxy) return each;
    return nullptr;
  }

  Database database{":memory:"};
};

}  // namespace

TEST_CASE("the rank report compares an early rung with the full training by tau-b and recall", "[reports]") {
  const RankedSweep sweep;
  const Json row = sweep.row("rung", "after 10 iterations");
  REQUIRE(row.is_object());
  CHECK(row["n"] == networks);
  CHECK(row["tau"].get<double>() == Approx(1 - 2 * 1 / (networks * (networks - 1) / 2.0)));
  CHECK(row["low"].get<double>() > 0.8);
  CHECK(row["high"].get<double>() <= 1);
  CHECK(row["k"] == 4);
  CHECK(row["recall"] == 1);
  CHECK(row["against"] == "after 30 iterations");
}

TEST_CASE("a proxy that tells no more than the parameter count does is named in a sentence", "[reports]") {
  RankedSweep sweep;
  for (const auto& run : runs_of(sweep.database, "narrow")) {
    const ArchRow arch = find_arch(sweep.database, run.arch).value();
    sweep.add(run.run, 0, double(arch.params), "untrained_synflow");
  }
  const std::string notes = notes_of(rank_report.tables(sweep.database, {}));
  CHECK_THAT(notes,
             Contains("No more than the parameter count tells, as the interval of gain includes 0 or lies below: "
                      "synflow (tau"));
  CHECK_THAT(notes, Contains("More than the parameter count tells: after 10 iterations (tau 0.98)"));
  CHECK(sweep.row("count", "params")["gain"].is_null());
  CHECK(sweep.row("untrained", "synflow")["tau"] == sweep.row("count", "params")["tau"]);
  CHECK(sweep.row("count", "macs_valid")["tau"] == 1);  // the dearest network is the best one here
}

TEST_CASE("each seed is compared with the mean of the others", "[reports]") {
  RankedSweep sweep;
  sweep.add_sweep("seeds", R"({"stage": {"width_divisor": 8}, "seeds": 3})", {0, 1, 2});
  const double swapped = sweep.row("seed", "seed 1")["tau"].get<double>();
  CHECK(swapped < 1);
  CHECK(sweep.row("seed", "seed 0")["tau"] == 1);
  CHECK(sweep.row("seed", "seed 2")["tau"] == 1);  // half of seed 1's swap swaps nothing
}

TEST_CASE("means of several seeds are not ranked among values of one", "[reports]") {
  RankedSweep sweep;
  const Json alone = sweep.row("rung", "after 10 iterations");
  sweep.add_sweep("best", R"({"stage": {"width_divisor": 8}})", {1}, 6);
  const Json row = sweep.row("rung", "after 10 iterations");
  CHECK(row["n"] == networks);
  CHECK(row["tau"] == alone["tau"]);
  CHECK(sweep.row("seed", "seed 1")["n"] == 6);
}

TEST_CASE("sweeps of one protocol are ranked together", "[reports]") {
  RankedSweep sweep;
  sweep.add_sweep("again", R"({"stage": {"width_divisor": 8}})", {1, 2});
  const auto tables = rank_report.tables(sweep.database, {});
  REQUIRE(tables.size() == 1);
  CHECK_THAT(tables[0].title, Contains("Rank fidelity in again, narrow, protocol"));
  CHECK(sweep.row("seed", "seed 0")["n"] == networks);
  CHECK(sweep.row("rung", "after 10 iterations")["n"] == networks);
  CHECK(rank_report.tables(sweep.database, {.sweep = "narrow"})[0].title ==
        "Rank fidelity in narrow, protocol " + short_hash(runs_of(sweep.database, "narrow")[0].protocol) +
            ", by fd_emoji_clip after 30 iterations");
}

TEST_CASE("where some trained further, the rungs that more came to are ranked too", "[reports]") {
  RankedSweep sweep;
  const auto runs = runs_of(sweep.database, "narrow");
  for (size_t i = 0; i < 5; ++i) sweep.add(runs[i].run, 90, double(5 - i));
  const auto rows = rows_of(rank_report.tables(sweep.database, {}));
  CHECK(rows[0]["against"] == "after 90 iterations");
  CHECK(rows[0]["n"] == 5);
  std::set<std::string> against;
  for (const auto& row : rows) against.insert(row["against"].get<std::string>());
  CHECK(against == std::set<std::string>{"after 30 iterations", "after 90 iterations"});  // all came to 10 and to 30
  for (const auto& row : rows)
    if (row["against"] == "after 30 iterations") CHECK(row["n"] == networks);
}

TEST_CASE("narrow proxies are compared with wider ones of the same protocol, and with no other", "[reports]") {
  RankedSweep sweep;
  sweep.add_sweep("wide", R"({"stage": {"width_divisor": 4}})", {0});
  sweep.add_sweep("other", R"({"stage": {"width_divisor": 2}, "batch": 1})", {0});
  const Json row = sweep.row("width", "1/8 width after 30 iterations in narrow");
  REQUIRE(row.is_object());
  CHECK(row["sweep"] == "wide");
  CHECK(row["against"] == "1/4 width after 30 iterations");
  CHECK(row["tau"] == 1);
  int64_t widths = 0;
  for (const auto& each : rows_of(rank_report.tables(sweep.database, {}))) widths += each["kind"] == "width";
  CHECK(widths == 1);
}

TEST_CASE("stopped candidates are left out of the comparison, which the report says", "[reports]") {
  RankedSweep sweep;
  mds::add_sweep(sweep.database, "stopping", "{}");
  const std::string protocol = add_protocol(sweep.database, "{}");
  for (int64_t i = 0; i < 7; ++i) {
    const ArchRow arch = network("s" + std::to_string(i), "{\"s\":" + std::to_string(i) + "}", {1000 + i, 1000});
    add_arch(sweep.database, arch);
    const int64_t run = ensure_run(
        sweep.database, {.sweep = "stopping", .arch = arch.hash, .protocol = protocol, .proxy_of = arch.hash});
    sweep.add(run, 10, double(i));
    if (i < 5) sweep.add(run, 30, double(i));
  }
  const auto tables = rank_report.tables(sweep.database, {.sweep = "stopping"});
  CHECK(rows_of(tables)[0]["n"] == 5);
  CHECK_THAT(notes_of(tables), Contains("2 of 7 candidates were not trained to the end"));
  CHECK_THROWS_WITH(rank_report.tables(sweep.database, {.score = "kid"}), Contains("known: fd_emoji_clip"));
}

TEST_CASE("a score of which a higher value is better ranks the other way round", "[reports]") {
  RankedSweep sweep;
  for (const auto& run : runs_of(sweep.database, "narrow")) {
    sweep.add(run.run, 10, double(run.run), "clip_emoji");
    sweep.add(run.run, 30, double(run.run), "clip_emoji");
  }
  const auto rows = rows_of(rank_report.tables(sweep.database, {.score = "clip_emoji"}));
  CHECK(rows[0]["tau"] == 1);
  for (const auto& row : rows)
    if (row["proxy"] == "macs_valid") CHECK(row["tau"] == -1);  // later networks are cheaper and have more clip
}

TEST_CASE("fewer than four candidates make no rank report", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  CHECK(rank_report.tables(database, {}).empty());
  CHECK_THAT(notes_of(tables_of(rank_report, database, {})), Contains("holds no sweep with four candidates"));
}
