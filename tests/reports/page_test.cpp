#include "reports/page.h"

#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "reports/decision_words.h"
#include "reports/html.h"
#include "reports/plots.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/reports/sample_sweep.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

TEST_CASE("a page holds all of its parts and fetches nothing", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  const std::string page = report_page(database, find_report("sweep"), {});
  CHECK_THAT(page, Contains("data:image/png;base64," + base64("\x89PNG\r\n\x1a\n")));
  CHECK_THAT(page, !Contains("src=\"http") && !Contains("href=\"http") && !Contains("@import"));
  CHECK_THAT(page, Contains("default-src 'none'; img-src data:"));
  for (const char* part : {"Candidates", "Cost against score", "Learning curves", "Latency per block", "Pictures",
                           "Each candidate", "Method"})
    CHECK_THAT(page, Contains("<h2>" + std::string(part) + "</h2>"));
  CHECK_THAT(page, Contains("Winner of 2 candidates after 180 iterations") && Contains("mdsearch spec winner@quick"));
  CHECK_THAT(page, Contains(sha256(R"({"lr":0.001})")));
}

TEST_CASE("text from a database stays text in a page", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  const std::string page = report_page(database, find_report("sweep"), {});
  CHECK_THAT(page, !Contains("<i>|") && !Contains("<b>\"cat"));
  CHECK_THAT(page,
             Contains("&lt;i&gt;|`x`&#39;") && Contains("&lt;b&gt;&quot;cat&quot;&lt;/b&gt; &amp; &#39;dog&#39;"));
}

TEST_CASE("every report has a page, also of an empty database", "[reports]") {
  Database database(":memory:");
  for (const auto& report : all_reports()) CHECK_THAT(report_page(database, report, {}), Contains("</html>"));
}

TEST_CASE("the page of guidance plots distance and text-image score of each curve", "[reports]") {
  Database database(":memory:");
  CHECK_THAT(report_page(database, find_report("guidance"), {}), !Contains("<figure class=\"plot\""));
  ScoreRow score{.subject = sha256("m"), .name = "fd_emoji_clip", .value = 0.2, .low = 0.1, .high = 0.3, .n = 9};
  add_model(database, {.hash = score.subject, .name = "m", .params = 1});
  for (const int guidance : {1, 2, 4}) {
    const Json sampler{{"steps", 8}, {"guidance", guidance}};
    const Json protocol{{"sampler", sampler.dump()}, {"steps", 8}, {"guidance", guidance}};
    score.protocol = add_protocol(database, protocol.dump());
    score.name = "fd_emoji_clip";
    add_score(database, score);
    if (guidance == 2) continue;  // a missing score leaves a gap
    score.name = "clip_emoji";
    add_score(database, score);
  }
  CHECK_THAT(report_page(database, find_report("guidance"), {}), Contains("<figure class=\"plot\""));
  const auto plots = guidance_plots(guidance_curves(drawing_groups(database, {}).front()));
  REQUIRE(plots.size() == 2);
  CHECK(plots[0]["series"][0]["name"] == "m, 8 steps");
  CHECK(plots[0]["series"][0]["points"].size() == 3);
  CHECK(plots[1]["series"][0]["points"].size() == 2);
}

TEST_CASE("no text in embedded JSON ends its script", "[reports]") {
  CHECK(embedded_json({"</script><script>"}) ==
        "<script type=\"application/json\">[\"\\u003c/script>\\u003cscript>\"]</script>");
}

TEST_CASE("JSON that nests without end is shown as unreadable", "[reports]") {
  const std::string deep(200'000, '[');
  CHECK_THAT(indented(deep), Contains("It cannot be read as JSON"));
  CHECK(indented(deep).size() < 4000);
  CHECK(protocol_in_words(deep).empty());
  CHECK(in_words({.rung = 0, .inputs_json = deep, .verdict = "stop"}, {}) == "Stopped at rung 1.");
}

TEST_CASE("a decision in words says what was compared, in the scores' own units", "[reports]") {
  const Json distance{{"level", std::log(0.3)}, {"median_level", std::log(0.24)}, {"slope", 0},
                      {"median_slope", 0},      {"difference", std::log(1.25)},   {"low", std::log(1.1)},
                      {"high", std::log(1.5)}};
  const Json inputs{{"images_seen", 4000},
                    {"cohort", 12},
                    {"evaluations", 1},
                    {"reason", "worse in every score"},
                    {"log_fd", distance}};
  const SweepCandidate candidate{.evaluations = {{.iteration = 250, .images_seen = 4000}}};
  CHECK(in_words({.inputs_json = inputs.dump(), .verdict = "stop"}, candidate) ==
        "Stopped at rung 1 (250 iterations, 4,000 pictures seen, 12 candidates compared): worse in every score. Its "
        "fd_emoji_clip was 0.3000, the median 0.2400: a difference of +25% [+10%, +50%].");
}

TEST_CASE("a decision in words says how likely it was chance, and what the median rule compared", "[reports]") {
  const Json level{{"level", -0.3}, {"median_level", -0.4}, {"difference", 0.1}, {"low", 0.05}, {"high", 0.15}};
  Json inputs{{"evaluations", 1}, {"p_adjusted", 0.004}, {"alpha", 0.025}, {"reason", "worse"}, {"minus_clip", level}};
  CHECK(in_words({.inputs_json = inputs.dump(), .verdict = "stop", .audited = true}, {}) ==
        "Stopped at rung 1: worse. Its clip_emoji was 0.3000, the median 0.4000: a difference of -0.1000 [-0.1500, "
        "-0.05000]. If it did not differ, that would happen to one of so many candidates with a chance of 0.004000; "
        "stopped is below 0.02500. As an audit of the rule it was trained on all the same.");
  inputs = {{"log_fd", {{"best", std::log(0.3)}, {"median_average", std::log(0.2)}}}};
  CHECK(in_words({.inputs_json = inputs.dump(), .verdict = "stop"}, {}) ==
        "Stopped at rung 1. Its best fd_emoji_clip was 0.3000, the median of the others' averages 0.2000.");
}

TEST_CASE("a literature row is marked in the page", "[reports]") {
  Database database(":memory:");
  CHECK_THAT(report_page(database, find_report("table1"), {}), Contains("<tr class=\"literature\">"));
}

TEST_CASE("a file that is no picture cannot be shown", "[reports]") {
  const auto file = std::filesystem::temp_directory_path() / ("mds_page_" + std::to_string(::getpid()) + ".txt");
  std::ofstream(file) << "just text";
  Database database(":memory:");
  const auto page_with = [&](const std::string& name) {
    return report_page(database, find_report("sweep"), {.picture_files = {name}});
  };
  CHECK_THROWS_WITH(page_with(file.string()), Contains("is no PNG, JPEG or WebP picture"));
  CHECK_THROWS_WITH(page_with("/none.png"), Contains("/none.png: cannot be read"));
  std::filesystem::remove(file);
}

TEST_CASE("a report is added as one value: its tables, plots and page come from that", "[reports]") {
  Database database(":memory:");
  Report toy{.name = "toy",
             .summary = "a toy",
             .tables =
                 [](const Database&, const ReportOptions&) {
                   return std::vector{Table{.title = "", .columns = {{.name = "x"}}, .rows = {{"the cell"}}}};
                 },
             .lacking = "holds no toy"};
  CHECK_THAT(report_page(database, toy, {}), Contains("the cell") && !Contains("the plot"));
  toy.plots = [](const Database&, const ReportOptions&) { return PagePlots{.html = "the plot"}; };
  CHECK_THAT(report_page(database, toy, {}), Contains("the cell") && Contains("the plot"));
  toy.page = [](const Database&, const PageOptions&) { return PageContent{.title = "its own", .lead = ""}; };
  CHECK_THAT(report_page(database, toy, {}), Contains("<h1>its own</h1>") && !Contains("the cell"));
}

TEST_CASE("base64 equals the published vectors", "[reports]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}
