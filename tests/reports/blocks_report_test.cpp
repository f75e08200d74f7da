// Blocks alone: their table and the maps of heat on their page.
#include "networks/lone_block.h"
#include "reports/page.h"
#include "tests/catch.h"
#include "tests/reports/rows_of.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

struct Stored {
  std::string commit = "abc", dtype = "fp32";
  Evidence evidence{};
};

void add_block_of(Database& database, const Json& block, const char* site, int64_t median_ns,
                  const Stored& stored = {}) {
  const PlanStep step = lone_step(block, parse_site(site, {"site", ""}), {"block", ""});
  LatencyRow row;
  row.path = step.path;
  row.evidence = stored.evidence;
  row.key.block_json = canonical_json(step);
  row.key.device = remember_device(database, {.model = "test cpu"});
  row.key.env = remember_env(database, build_of(stored.commit));
  row.key.dtype = stored.dtype;
  for (int64_t k = -4; k <= 4; ++k) row.samples_ns.push_back(median_ns + 1000 * k);
  add_latency(database, row);
}

void add_separables(Database& database, const Stored& stored = {}) {
  int64_t ns = 1'000'000;
  for (const char* site : {"320x64x64", "1024x16x16"})
    for (const int64_t kernel : {3, 9})
      add_block_of(database, {{"kind", "separable"}, {"kernel", kernel}}, site, ns *= 2, stored);
}

size_t times(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a block's row says what it is, what it costs and how fast it is", "[reports]") {
  Database database(":memory:");
  add_separables(database);
  const Json rows = rows_of(blocks_report.tables(database, {}));
  REQUIRE(rows.size() == 4);
  CHECK((rows[0]["kind"] == "separable" && rows[0]["site"] == "320x64x64" && rows[0]["block"] == ""));
  CHECK((rows[3]["site"] == "1024x16x16" && rows[3]["block"] == "kernel 9"));
  CHECK(rows[0]["median_ms"] == 2);
  CHECK(rows[3]["median_ms"] == 16);
  const Json spec = Json::parse(rows[3]["spec"].get<std::string>());
  CHECK(spec["block"]["kernel"] == 9);
  const double macs = double(rows[3]["macs_valid"].get<int64_t>());
  CHECK(rows[3]["gflops"].get<double>() == Approx(2 * macs / 16e6));
}

TEST_CASE("only the newest program's fullest setting is shown, and on demand every one", "[reports]") {
  Database database(":memory:");
  add_separables(database, {.commit = "old"});
  add_separables(database, {.commit = "new"});
  add_block_of(database, {{"kind", "resnet"}}, "8x4x4", 5000, {.commit = "new", .dtype = "bf16"});
  const auto newest = blocks_report.tables(database, {});
  REQUIRE(newest.size() == 1);
  CHECK_THAT(newest[0].title, Contains("fp32") && Contains("build new"));
  CHECK(blocks_report.tables(database, {.all = true}).size() == 3);
}

TEST_CASE("blocks that this program does not know are counted and not shown", "[reports]") {
  Database database(":memory:");
  add_separables(database);
  LatencyRow row;
  row.samples_ns = {1000};
  row.key.block_json = R"({"adds_skip":false,"block":{"kind":"mamba"},"site":{}})";
  row.key.device = remember_device(database, {.model = "test cpu"});
  row.key.env = remember_env(database, build_of("abc"));
  add_latency(database, row);
  const auto tables = blocks_report.tables(database, {});
  CHECK(rows_of(tables).size() == 4);
  CHECK_THAT(notes_of(tables), Contains("Left out: 1 stored blocks"));
}

TEST_CASE("a page maps the heat of what is varied, without rejected timings", "[reports]") {
  Database database(":memory:");
  add_separables(database);
  add_block_of(database, {{"kind", "separable"}, {"kernel", 5}}, "320x64x64", 77'000'000,
               {.evidence = {.mark = TimingMark::rejected}});
  const std::string page = report_page(database, blocks_report, {});
  CHECK(times(page, R"("kind":"heat")") == 2);  // variations by site, and channels by extent
  CHECK_THAT(page, Contains(R"("columns":["320x64x64","1024x16x16"])") && Contains(R"("name":"kernel 9")"));
  CHECK_THAT(page, !Contains(R"({"cells":[[77.0)"));
  CHECK_THAT(page, Contains(R"("columns":["320","1024"])"));
}

TEST_CASE("a database without blocks says how to get some", "[reports]") {
  const Database database(":memory:");
  CHECK_THAT(notes_of(tables_of(blocks_report, database, {})), Contains("mdsearch profile --sweep"));
}
