// Table 6: the latency of blocks, and which of several timings is used.
#include "reports/report.h"
#include "reports/speed.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/reports/rows_of.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

TEST_CASE("the latencies of the blocks and the residual make up the whole", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  double blocks = 0, residual = 0, whole = 0;
  for (const auto& row : rows_of(table6_report.tables(database, {}))) {
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

TEST_CASE("sums of blocks are compared with whole networks of one setting", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  CHECK(prediction_report.tables(database, {}).empty());
  const ArchRow other = network("other", "other", {100, 100});
  add_arch(database, other);
  add_latencies(database, other, {});
  const auto rows = rows_of(prediction_report.tables(database, {}));
  REQUIRE(rows.size() == 2);
  for (const auto& row : rows)
    CHECK(row["error"].get<double>() == Approx(row["sum_ms"].get<double>() / row["whole_ms"].get<double>() - 1));
  CHECK_THAT(notes_of(prediction_report.tables(database, {})), Contains("2 networks: mean error"));
}

TEST_CASE("the speed of a block counts every sample of the batch", "[reports]") {
  CHECK(*gflops(92'416'000, 1, 1'000'000) == Approx(184.832));
  CHECK(*gflops(92'416'000, 4, 1'000'000) == Approx(4 * 184.832));
  CHECK_FALSE(gflops(0, 1, 1'000'000));
  Database database(":memory:");
  add_arch(database, mobilediffusion());
  for (const int64_t batch : {1, 4}) add_latencies(database, mobilediffusion(), {.batch = batch});
  const Json rows = rows_of(table6_report.tables(database, {}));
  for (const auto& row : rows)
    if (row["path"] == "conv_in") CHECK(row["gflops"] == Approx(184.832 * row["batch"].get<double>()));
}

TEST_CASE("latencies of differing devices stand in tables of their own", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  add_latencies(database, mobilediffusion(), {.device = "another cpu"});
  const auto tables = table6_report.tables(database, {.all = true});
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].title != tables[1].title);
  CHECK(table6_report.tables(database, {}).size() == 1);
  CHECK(table6_report.tables(database, {.network = "mobilediffusion"}).size() == 2);
  CHECK_THAT(notes_of(table6_report.tables(database, {})), Contains("One of 2 profiles"));
}

TEST_CASE("times of differing builds make no sum and no residual, and stand in tables of their own", "[reports]") {
  Database database(":memory:");
  add_arch(database, mobilediffusion());
  add_latencies(database, mobilediffusion(), {.commit = "old", .whole = false});
  add_latencies(database, mobilediffusion(), {.commit = "new", .blocks = false});
  const auto tables = table6_report.tables(database, {.all = true});
  REQUIRE(tables.size() == 2);
  CHECK_THAT(tables[0].title, Contains("build new"));
  CHECK_THAT(tables[1].title, Contains("build old"));
  for (const auto& row : rows_of(tables)) CHECK(row["kind"] != "residual");
  ReportOptions all = with_shipped;
  CHECK(counted_in_table1(database)[0]["latency_ms"] == Approx(22));
  all.all = true;
  const auto both = table1_report.tables(database, all);
  REQUIRE(both.size() == 2);
  const auto own = [](const Table& table) {
    for (const auto& row : rows_of({table}))
      if (row["literature"] == false) return row["latency_ms"].get<double>();
    return 0.0;
  };
  CHECK(own(both[0]) == Approx(22));
  CHECK(own(both[1]) == Approx(21));
}

TEST_CASE("the mark of a timing is shown with it", "[reports]") {
  Database database(":memory:");
  add_arch(database, mobilediffusion());
  add_latencies(database, mobilediffusion(), {.evidence = {.mark = TimingMark::noisy}, .whole = false});
  CHECK(rows_of(table6_report.tables(database, {}))[0]["mark"] == "noisy");
  CHECK(counted_in_table1(database)[0]["latency_mark"] == "noisy");
}

TEST_CASE("a rejected timing is shown as such where it stands alone, and left out with a word elsewhere", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  Database rejected(":memory:");
  const Evidence rejection{.mark = TimingMark::rejected};
  add_sweep(rejected, "quick", "{}");
  add_training(rejected, {.full = mobilediffusion(), .proxy_spec = "{\"p\":1}"}, add_protocol(rejected, "{}"));
  add_latencies(rejected, mobilediffusion(), {.evidence = rejection, .whole_evidence = rejection});
  const Json rows = rows_of(table6_report.tables(rejected, {}));
  CHECK(rows[0]["mark"] == "rejected");
  CHECK(rows[2]["mark"] == "sum, with rejected");
  CHECK(rows_of(sweep_report.tables(rejected, {}))[0]["latency_ms"].is_null());
  CHECK(counted_in_table1(rejected)[0]["latency_ms"].is_null());
  for (const auto& tables : {sweep_report.tables(rejected, {}), table1_report.tables(rejected, with_shipped)})
    CHECK_THAT(notes_of(tables), Contains("rejected") && Contains("of mobilediffusion"));
  CHECK_THAT(notes_of(sweep_report.tables(database, {})), !Contains("rejected"));
}

TEST_CASE("better evidence is used: final before other marks, then more samples, rejected last", "[reports]") {
  Database database(":memory:");
  add_arch(database, mobilediffusion());
  const auto used_of = [&](const Evidence& evidence) {
    add_latencies(database, mobilediffusion(), {.whole_evidence = evidence, .blocks = false});
    return network_profiles(database).front().whole->evidence;
  };
  const Evidence rejected{.mark = TimingMark::rejected}, unstable{.mark = TimingMark::unstable};
  CHECK(used_of(rejected) == rejected);
  CHECK(used_of(unstable) == unstable);
  CHECK(used_of(steady_final) == steady_final);
  CHECK(used_of({TimingMode::screening, TimingMark::steady}) == steady_final);
  CHECK(used_of({TimingMode::final, TimingMark::noisy}) == steady_final);
}

TEST_CASE("the interval of a timing rests on the medians of its blocks", "[reports]") {
  Database database(":memory:");
  add_arch(database, mobilediffusion());
  add_latencies(database, mobilediffusion(), {.whole = false});
  LatencyRow row{.key = {.kind = LatencyKind::end_to_end,
                         .arch = mobilediffusion().hash,
                         .device = remember_device(database, {.model = "test cpu"}),
                         .env = remember_env(database, build_of("abc")),
                         .threads = 2}};
  for (; row.repetition < 9; ++row.repetition) {
    row.samples_ns.assign(50, 1000 + 20 * (row.repetition * 4 % 9));  // blocks that do not follow each other
    add_latency(database, row);
  }
  const auto whole = network_profiles(database).front().whole;
  REQUIRE(whole);
  CHECK(whole->low_ns == 1020);
  CHECK(whole->high_ns == 1140);
}

TEST_CASE("a block tells what it moves and how near it came to the roof that was measured beside it", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  double bytes = 0, least_ms = 0;
  for (const auto& row : rows_of(table6_report.tables(database, {}))) {
    const std::string kind = row["kind"];
    if (kind == "residual") {
      CHECK((row["roof_share"].is_null() && row["bytes"].is_null()));
      continue;
    }
    const double row_least_ms = row["roof_share"].get<double>() * row["median_ms"].get<double>();
    if (kind == "sum" || kind == "end_to_end") {
      CHECK(row["bytes"] == bytes);
      CHECK(row_least_ms == Approx(least_ms));
      CHECK(row["bound"].is_null());
      continue;
    }
    const double compute_ms = 2e-6 * row["macs_valid"].get<double>() / sample_roof.fp32_gflops;
    const double memory_ms = 1e-6 * row["bytes"].get<double>() / sample_roof.copy_gb_s;
    CHECK(row_least_ms == Approx(std::max(compute_ms, memory_ms)));
    CHECK(row["bound"] == (compute_ms > memory_ms ? "compute" : "memory"));
    bytes += row["bytes"].get<double>();
    least_ms += row_least_ms;
  }
  CHECK(bytes > 0);
}

TEST_CASE("a block that this program does not know has a rate, and no bytes", "[reports]") {
  const Work work = work_of(R"({"block":{"kind":"mamba"}})", 1'000'000, {"fp32", 2}, sample_roof);
  const auto cells = speed_cells(work, 1'000'000);
  CHECK(cells[0] == 4);
  for (const size_t i : {1, 2, 3}) CHECK(cells[i].is_null());
}
