#include "reports/page.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "reports/plots.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/reports/sample_sweep.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

TEST_CASE("a page holds all of its parts and fetches nothing", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const std::string page = report_page(store, find_report("sweep"), {});
  CHECK_THAT(page, Contains("data:image/png;base64," + base64("\x89PNG\r\n\x1a\n")));
  CHECK_THAT(page, !Contains("src=\"http") && !Contains("href=\"http") && !Contains("@import"));
  CHECK_THAT(page, Contains(sha256(R"({"lr":0.001})")));
}

TEST_CASE("text from a database stays text in a page", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const std::string page = report_page(store, find_report("sweep"), {});
  CHECK_THAT(page, !Contains("<i>") && !Contains("<b>"));
  CHECK_THAT(page,
             Contains("&lt;i&gt;|`x`&#39;") && Contains("&lt;b&gt;&quot;cat&quot;&lt;/b&gt; &amp; &#39;dog&#39;"));
}

TEST_CASE("every report has a page, also of an empty database", "[reports]") {
  Store store(":memory:");
  for (const auto& report : all_reports()) CHECK_THAT(report_page(store, report, {}), Contains("</html>"));
}

TEST_CASE("the page of guidance plots distance and text-image score of each curve", "[reports]") {
  Store store(":memory:");
  CHECK_THAT(report_page(store, find_report("guidance"), {}), !Contains("data:image/svg"));
  ScoreRow score{.subject = sha256("m"), .name = "fd_emoji_clip", .value = 0.2, .low = 0.1, .high = 0.3, .n = 9};
  store.add_model({.hash = score.subject, .name = "m", .params = 1});
  for (const int guidance : {1, 2, 4}) {
    const Json sampler{{"steps", 8}, {"guidance", guidance}};
    const Json protocol{{"sampler", sampler.dump()}, {"steps", 8}, {"guidance", guidance}};
    score.protocol = store.add_protocol(protocol.dump());
    score.name = "fd_emoji_clip";
    store.add_score(score);
    if (guidance == 2) continue;  // a score that was not taken leaves a gap
    score.name = "clip_emoji";
    store.add_score(score);
  }
  CHECK_THAT(report_page(store, find_report("guidance"), {}), Contains("data:image/svg+xml;base64,"));
  const std::string svg = guidance_svg(guidance_curves(drawing_groups(store, {}).front()));
  CHECK_THAT(svg, Contains("m, 8 steps") && Contains("text-image score"));
}

TEST_CASE("a literature row is marked in the page", "[reports]") {
  Store store(":memory:");
  CHECK_THAT(report_page(store, find_report("table1"), {}), Contains("<tr class=\"literature\">"));
}

TEST_CASE("a file that is no picture cannot be shown", "[reports]") {
  const auto file = std::filesystem::temp_directory_path() / ("mds_page_" + std::to_string(::getpid()) + ".txt");
  std::ofstream(file) << "just text";
  Store store(":memory:");
  const auto page_with = [&](const std::string& name) {
    return report_page(store, find_report("sweep"), {.picture_files = {name}});
  };
  CHECK_THROWS_WITH(page_with(file.string()), Contains("is no PNG, JPEG or WebP picture"));
  CHECK_THROWS_WITH(page_with("/none.png"), Contains("/none.png: cannot be read"));
  std::filesystem::remove(file);
}

TEST_CASE("base64 equals the published vectors", "[reports]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}
