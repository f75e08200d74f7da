#include "reports/report.h"

#include <fstream>

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/reports/sample_sweep.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

std::string golden(const std::string& name) {
  std::ifstream in(std::string(MDS_SOURCE_DIR) + "/tests/reports/golden/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Json rows_of(const std::vector<Table>& tables) { return Json::parse(to_text(tables, Format::json))["rows"]; }

}  // namespace

TEST_CASE("every report prints its golden text", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  for (const auto& report : all_reports()) {
    INFO(report.name);
    CHECK(to_text(report.tables(store, {}), Format::table) == golden(std::string(report.name) + ".txt"));
  }
}

TEST_CASE("rows of the sweep report name the full-scale network, its counts and the scores of its proxy", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const Json rows = rows_of(sweep_report(store, {}));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["hash"] == sha256(R"({"name":"md"})"));
  CHECK(rows[0]["params"] == 386'687'048);
  CHECK(rows[0]["macs_valid"] == 182'611'423'232);
  CHECK(rows[0]["state"] == "done");
  CHECK(rows[0]["iterations"] == 180);
  CHECK(rows[0]["latency_ms"] == Approx(22));
  const Json& score = rows[0]["scores"]["fd_emoji_clip"];
  CHECK(score["value"] == 40);
  CHECK(score["low"] == 38);
  CHECK(score["high"] == 43);
  CHECK(score["n"] == 64);
  CHECK(rows[0]["scores"]["clip_emoji"]["low"].is_null());
  CHECK_FALSE(rows[0]["scores"].contains("loss"));
  CHECK(rows[2]["state"] == "stopped");
}

TEST_CASE("candidates under differing protocols stand in tables of their own", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const std::string other = store.add_protocol(R"({"lr": 0.5})");
  add_training(store, {.full = network("z", R"({"name":"z"})", {1000, 1000}), .proxy_spec = "{\"p\":4}"}, other);
  CHECK(sweep_report(store, {}).size() == 2);
  for (const auto& group : cost_groups(candidates(store, "quick")))
    for (const auto& point : group.points) CHECK(point.candidate.protocol == group.protocol);
}

TEST_CASE("a front holds the candidates that no other beats, among those that saw equally many images", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const Json rows = rows_of(pareto_report(store, {}));
  REQUIRE(rows.size() == 6);
  for (const auto& row : rows) {
    const bool is_md = row["name"] == "mobilediffusion";
    const bool expected = !(is_md && row["metric"] == "clip_emoji");  // dearer and worse by that score
    CHECK(row["front"] == expected);
  }
}

TEST_CASE("a figure from the literature is marked and stands beside ours", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  int ours = 0;
  for (const auto& row : rows_of(table1_report(store, {}))) {
    if (row["literature"] == true) {
      CHECK_THAT(row["source"].get<std::string>(), Contains("arXiv"));
    } else {
      ++ours;
      CHECK(row["network"] == "mobilediffusion");
      CHECK(row["params"] == 386'687'048);
    }
  }
  CHECK(ours == 1);
}

TEST_CASE("the latencies of the blocks and the residual make up the whole", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  double blocks = 0, residual = 0, whole = 0;
  for (const auto& row : rows_of(table6_report(store, {}))) {
    const double ms = row["median_ms"];
    if (row["kind"] == "residual")
      residual = ms;
    else if (row["kind"] == "end_to_end")
      whole = ms;
    else if (row["kind"] != "sum")
      blocks += ms;
  }
  CHECK(whole == Approx(22));
  CHECK(blocks + residual == Approx(whole));
}

TEST_CASE("latencies of differing devices stand in tables of their own", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  add_latencies(store, network("mobilediffusion", R"({"name":"md"})", {386'687'048, 182'611'423'232}), "another cpu");
  const auto tables = table6_report(store, {});
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].title != tables[1].title);
}

TEST_CASE("an empty database gives empty reports", "[reports]") {
  Store store(":memory:");
  for (const auto& report : all_reports()) CHECK_NOTHROW(to_text(report.tables(store, {}), Format::md));
  CHECK(rows_of(sweep_report(store, {})).empty());
}

TEST_CASE("an unknown report, sweep or network is an error that says what there is", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  CHECK_THROWS_WITH(find_report("tabel1"), "report tabel1: valid: sweep, pareto, table1, table6");
  CHECK_THROWS_WITH(sweep_report(store, {.sweep = "none"}), Contains("holds no sweep \"none\""));
  CHECK_THROWS_WITH(table6_report(store, {.network = "none"}), Contains("holds no latency of a network \"none\""));
}

TEST_CASE("numbers are grouped by thousands and rounded to four significant digits", "[reports]") {
  CHECK(thousands(0) == "0");
  CHECK(thousands(999) == "999");
  CHECK(thousands(-1000) == "-1,000");
  CHECK(thousands(1234567) == "1,234,567");
  CHECK(digits_for({52.31, 9}) == 2);
  CHECK(digits_for({0.25}) == 4);
  CHECK(digits_for({12345}) == 0);
  CHECK(digits_for({}) == 0);
}
