#include "data/sources.h"

#include <filesystem>
#include <fstream>

#include "data/archive.h"
#include "data/caption.h"
#include "data/cutout.h"
#include "data/endless_sky.h"
#include "data/gcompris.h"
#include "data/picture_source.h"
#include "data/qt_resources.h"
#include "data/sweethome.h"
#include "data/tuxpaint.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

std::string big_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += char(value >> 8 * i & 0xFF);
  return text;
}

std::string named(const std::string& name) {
  std::string text = big_endian(name.size(), 2) + big_endian(0, 4);
  for (const char c : name) text += {'\0', c};
  return text;
}

// A root folder that holds the file a.webp, stored or marked as compressed.
std::string resources(const std::string& data, uint64_t flags, uint64_t children = 1) {
  const std::string root = big_endian(0, 4) + big_endian(2, 2) + big_endian(children, 4) + big_endian(1, 4);
  const std::string file = big_endian(0, 4) + big_endian(flags, 2) + big_endian(0, 4) + big_endian(0, 4);
  const std::string names = named("a.webp"), stored = big_endian(data.size(), 4) + data;
  const size_t tree = 20, at_data = tree + root.size() + file.size(), at_names = at_data + stored.size();
  return "qres" + big_endian(1, 4) + big_endian(tree, 4) + big_endian(at_data, 4) + big_endian(at_names, 4) + root +
         file + stored + names;
}

CollectedPair candidate(const std::string& id, std::function<Image()> draw) {
  return {{.file = id + ".png", .caption = id, .group = id, .id = id}, std::move(draw)};
}

}  // namespace

TEST_CASE("a stamp's caption is its first sentence", "[data]") {
  CHECK(stamp_caption("A red-nosed reindeer.") == "a red-nosed reindeer");
  CHECK(stamp_caption("A camera.  Say Cheese!") == "a camera");
  CHECK(stamp_caption("Mars\u2014the red planet. It\u2019s near.") == "mars");
  CHECK(stamp_caption("A \u201cStop\u201d sign. Stop here.") == "a Stop sign");
  CHECK(stamp_caption("A coin ($1.00) of gold.") == "a coin ($1.00) of gold");
  CHECK(stamp_caption("\u2013 Because").empty());
  CHECK(stamp_caption("").empty());
}

TEST_CASE("file names become captions", "[data]") {
  CHECK(caption_of_file("food/water_bottle2.jpg") == "water bottle");
  CHECK(caption_of_file("screwDriver1.webp") == "screw driver");
  CHECK(photo_caption("usa/statueofLiberty.webp") == "statue of liberty");
  CHECK(photo_caption("x/chateaudeChambord.webp") == "chateau de chambord");
  CHECK(landscape_caption("mountain12-harro.jpg") == "mountains");
  CHECK(landscape_caption("dmottl1.jpg").empty());
  CHECK(uncapitalised("TV set") == "TV set");
}

TEST_CASE("properties are read with their escapes", "[data]") {
  const auto read = parse_properties("# name#1=no\r\nname#1 = Frame H\\u00f4i\r\nicon#1=/a.png\nbroken\n");
  CHECK(read == std::map<std::string, std::string>{{"name#1", "Frame H\u00f4i"}, {"icon#1", "/a.png"}});
}

TEST_CASE("a Qt resource file gives its stored files", "[data]") {
  const std::string whole = resources("pixels", 0);
  CHECK(read_qt_resources(whole, "x.rcc").at("/a.webp") == "pixels");
  CHECK(read_qt_resources(resources("pixels", 1), "x.rcc").empty());  // compressed
  CHECK_THROWS_WITH(read_qt_resources("no", "x.rcc"), Contains("x.rcc: is no Qt resource file"));
  CHECK_THROWS_WITH(read_qt_resources(resources("pixels", 0, 1 << 30), "x.rcc"), Contains("x.rcc: is broken"));
  for (size_t size = 0; size < whole.size(); ++size)
    CHECK_THROWS_AS(read_qt_resources(whole.substr(0, size), "x.rcc"), FileError);
}

TEST_CASE("files that are no archives are errors", "[data]") {
  const auto file = scratch("no_archive").string();
  std::ofstream(file) << "no archive";
  CHECK_THROWS_WITH(read_zip(file, [](const auto&) { return true; }), Contains("no_archive: cannot be unpacked"));
  CHECK_THROWS_WITH(read_gzip(file), Contains("no_archive: is no gzip file"));
  std::filesystem::remove(file);
}

TEST_CASE("a cut-out is centred on white and keeps its aspect", "[data]") {
  Image page = make_image({20, 20});
  paste(make_image({4, 2}, 0), page, {1, 3});
  const Image cut = on_white_square(trimmed(page, "x"));
  CHECK(cut.width == 4);
  CHECK(cut.height == 4);
  CHECK(cut.rgb[0] == 255);
  CHECK(cut.rgb[size_t(4 * 3)] == 0);
  CHECK_THROWS_WITH(trimmed(make_image({3, 3}), "x"), "x: is blank");
}

TEST_CASE("pictures that cannot be drawn are counted and the others keep their order", "[data]") {
  const auto out = scratch("collection").string();
  Collection collection;
  for (int i = 0; i < 600; ++i)
    collection.candidates.push_back(candidate("p" + std::to_string(i), [i]() -> Image {
      if (i % 3 == 0) throw FileError("p" + std::to_string(i) + ".png: is broken");
      return make_image({2, 2}, uint8_t(i));
    }));
  const auto report = write_collection(collection, out);
  CHECK(report.pictures == 400);
  REQUIRE(report.skipped.skips.size() == 200);
  CHECK(report.skipped.skips[1].reason == "is broken");
  const auto pairs = list_pairs(out);
  CHECK(pairs[0].id == "p1");
  CHECK(pairs[399].id == "p599");
  const auto hash = dataset_hash(pairs);
  write_collection(collection, out);
  CHECK(dataset_hash(list_pairs(out)) == hash);
  std::filesystem::remove_all(out);
}

TEST_CASE("a built data set keeps the licences of its sources", "[data]") {
  const auto out = scratch("licensed").string();
  Collection collection;
  for (const char* license : {"OFL-1.1", "CC0", "OFL-1.1"}) {
    collection.candidates.push_back(
        candidate("p" + std::to_string(collection.candidates.size()), [] { return make_image({2, 2}); }));
    collection.candidates.back().pair.license = license;
  }
  write_collection(collection, out);
  CHECK(open_source(out)->license() == "CC0; OFL-1.1");
  std::filesystem::remove_all(out);
}

TEST_CASE("all missing packages are named at once", "[data]") {
  CHECK_THROWS_WITH(
      require({{"/nowhere/a", "alpha"}, {"/", "root"}, {"no-such-program", "beta"}, {"/nowhere/b", "alpha"}}),
      Contains("no-such-program: does not exist; it comes with the package beta") &&
          Contains("(apt install alpha beta)") && !Contains("root"));
  CHECK_THROWS_WITH(join_sources({"noto", "noto"}), Contains("named twice"));
  CHECK_THROWS_WITH(join_sources({"nono"}), Contains("\"nono\" is not known"));
}

TEST_CASE("the joined set is the union of its sources", "[data]") {
  std::vector<std::string> names;
  for (const auto* name : {"pysiogame", "endless-sky", "gcompris"}) try {
      collect_source(name);
      names.emplace_back(name);
    } catch (const MissingPackages& error) {
      WARN("skipped: " << error.what());
    }
  size_t total = 0;
  for (const auto& name : names) total += collect_source(name).candidates.size();
  const auto joined = join_sources(names);
  CHECK(joined.candidates.size() == total);
  size_t index = 0;
  for (const auto& name : names)
    for (const auto& one : collect_source(name).candidates) {
      const Pair& pair = joined.candidates[index++].pair;
      CHECK((pair.id == name + "_" + one.pair.id && pair.group == name + "_" + one.pair.group));
      CHECK((pair.caption == one.pair.caption && pair.split == one.pair.split));
    }
}
