#include "data/openclipart.h"

#include <filesystem>
#include <fstream>

#include "data/openclipart_caption.h"
#include "data/tool.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/scratch.h"

namespace {

namespace fs = std::filesystem;
using Catch::Contains;

std::string caption(const std::string& path, const std::string& title, const std::string& creator = "",
                    int64_t count = 1) {
  return mds::clipart_caption({path, title, creator}, {{title, count}});
}

std::string drawing(const std::string& title, const std::string& body) {
  return "<svg xmlns='http://www.w3.org/2000/svg' xmlns:cc='c' xmlns:dc='d' width='100' "
         "height='50'><metadata><cc:Work><dc:title>" +
         title +
         "</dc:title><dc:creator><cc:Agent><dc:title>A. "
         "Nonymous</dc:title></cc:Agent></dc:creator></cc:Work></metadata>" +
         body + "</svg>";
}

}  // namespace

TEST_CASE("a title is read from the work, not from its publisher", "[data]") {
  const auto text = mds::parse_clipart(drawing("Salt &amp; Pepper", ""), "food/a.svg");
  CHECK(text.title == "Salt & Pepper");
  CHECK(text.creator == "A. Nonymous");
  CHECK(mds::parse_clipart("<svg><cc:Work><cc:Agent><dc:title>Publisher</dc:title></cc:Agent></cc:Work></svg>", "x.svg")
            .title.empty());
  CHECK(mds::parse_clipart("no svg", "x.svg").title.empty());
}

TEST_CASE("captions are cleaned titles", "[data]") {
  CHECK(caption("a/b.svg", "Blue Vacuum Cleaner") == "blue vacuum cleaner");
  CHECK(caption("a/b.svg", "Corndog (B and W)") == "corndog black and white");
  CHECK(caption("a/b.svg", "arrow-up-green_03") == "arrow up green");
  CHECK(caption("a/b.svg", "hat - clothing") == "hat");
  CHECK(caption("a/b.svg", "Clipart by Nicu Buculei - pear") == "pear");
  CHECK(caption("a/b.svg", "4 2 7").empty());
}

TEST_CASE("a title that many drawings share gives way to the file's name", "[data]") {
  CHECK(caption("plants/oak_tree_nicu_bucu_01.svg", "Various Cliparts", "Nicu Buculei", 115) == "oak tree");
  CHECK(caption("plants/oak_tree_01.svg", "", "") == "oak tree");
  CHECK(caption("plants/oak_tree_01.svg", "Elm", "", 2) == "elm");
}

TEST_CASE("flags are called flags", "[data]") {
  CHECK(caption("signs_and_symbols/flags/europe/france.svg", "France - Anjou") == "flag of france anjou");
  CHECK(caption("signs_and_symbols/flags/x.svg", "signal flag N") == "signal flag");
}

TEST_CASE("a program's output is returned, and its failures are errors", "[data]") {
  CHECK(mds::run_tool({.command = {"printf", "%s-%s", "a b", "$c"}, .package = "coreutils"}) == "a b-$c");
  CHECK_THROWS_WITH(mds::run_tool({.command = {"false"}, .package = "coreutils"}), Contains("false: failed"));
  CHECK_THROWS_WITH(mds::run_tool({.command = {"no-such-program-here"}, .package = "some-package"}),
                    Contains("it comes with the package some-package"));
  using std::chrono::milliseconds;
  CHECK_THROWS_WITH(mds::run_tool({.command = {"sleep", "30"}, .package = "coreutils", .limit = milliseconds(50)}),
                    Contains("stopped after 50 ms"));
}

TEST_CASE("drawings become centred squares and the others are counted", "[data]") {
  const auto folder = mds::scratch("openclipart_test");
  fs::remove_all(folder);
  fs::create_directories(folder / "svg/shapes/stars");
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / "svg" / name) << text;
  };
  write("dot.svg", drawing("Red dot", "<rect x='5' y='5' width='10' height='10' fill='red'/>"));
  write("blank.svg", drawing("White void", ""));
  write("broken.svg", drawing("Broken thing", "<rect"));
  write("numbers.svg", drawing("42", ""));
  write("shapes/stars/star.svg", drawing("Star", "<rect width='9' height='9'/>"));
  fs::create_symlink("dot.svg", folder / "svg/link.svg");
  const std::string out = (folder / "out").string();
  const mds::OpenClipartOptions options{.collection = (folder / "svg").string(), .size = 64};
  mds::BuildReport report;
  try {
    report = mds::write_collection(mds::collect_openclipart(options), out);
  } catch (const mds::FileError& error) {
    REQUIRE_THAT(error.what(), Contains("librsvg2-bin"));
    WARN("skipped: librsvg2-bin is not installed");
    return;
  }
  CHECK(report.pictures == 1);
  CHECK(report.skipped.skips.size() == 5);
  const auto pairs = mds::list_pairs(out);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].caption == "red dot");
  const auto image = mds::load_image(pairs[0].file);
  CHECK(image.width == 64);
  int64_t red = 0;
  for (size_t i = 0; i < image.rgb.size(); i += 3) red += image.rgb[i] == 255 && image.rgb[i + 1] == 0;
  CHECK(red > 50 * 50);  // the small square was enlarged
  fs::remove_all(folder);
}

TEST_CASE("a missing collection names its package", "[data]") {
  CHECK_THROWS_WITH(mds::collect_openclipart({.collection = "/nowhere"}), Contains("openclipart-svg"));
}
