#include "data/image_folder.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "data/folder_writer.h"
#include "data/picture_source.h"
#include "data/picture_table.h"
#include "data/utf8.h"
#include "spec/describe.h"
#include "spec/license.h"
#include "tests/catch.h"
#include "tests/scratch.h"

namespace {

namespace fs = std::filesystem;
using Catch::Contains;

struct Folder {
  fs::path path = mds::scratch("folder_test");
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  void text(const std::string& name, const std::string& content) const { std::ofstream(path / name) << content; }
  void picture(const std::string& name, int64_t width, int64_t height) const {
    mds::save_png((path / name).string(), mds::make_image({width, height}, 100));
  }
  std::string name() const { return path.string(); }
};

}  // namespace

TEST_CASE("pictures are paired with the text files beside them", "[data]") {
  const Folder folder;
  folder.picture("b.png", 40, 30);
  folder.text("b.txt", "  a grey wall\n");
  folder.picture("a.PNG", 40, 30);
  folder.text("a.txt", "first");
  const auto pairs = mds::list_pairs(folder.name());
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].caption == "first");
  CHECK(pairs[1] == mds::Pair{folder.name() + "/b.png", "a grey wall", "train", "b", "b"});
}

TEST_CASE("pictures whose licence nobody states are the user's own", "[data]") {
  const Folder folder;
  folder.picture("b.png", 40, 30);
  folder.text("b.txt", "a grey wall");
  CHECK(mds::open_source(folder.name())->license() == mds::unknown_license);
  folder.text("metadata.jsonl", R"({"file_name": "b.png", "text": "a grey wall", "license": "CC0"})");
  CHECK(mds::open_source(folder.name())->license() == "CC0");
}

TEST_CASE("the layout of a picture is read, written and part of the data set's identity", "[data]") {
  const Folder folder;
  folder.picture("b.png", 40, 30);
  const std::string start = R"({"file_name": "b.png", "text": "a heart", "layout": )";
  folder.text("metadata.jsonl", start + R"([{"phrase": "heart", "box": [0, 0.25, 0.5, 1]}]})");
  const auto pairs = mds::list_pairs(folder.name());
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].layout == std::vector<mds::PlacedPhrase>{{"heart", {0, 0.25, 0.5, 1}}});
  const std::string copy = folder.name() + "/copy";
  mds::FolderWriter writer(copy);
  mds::Pair pair = pairs[0];
  pair.id = "b";
  writer.add(mds::load_image(pair.file), pair);
  writer.finish();
  CHECK(mds::list_pairs(copy)[0].layout == pairs[0].layout);
  auto elsewhere = pairs;
  elsewhere[0].layout[0].box[0] = 0.125;
  CHECK(mds::dataset_hash(elsewhere) != mds::dataset_hash(pairs));
  folder.text("metadata.jsonl", start + R"([{"phrase": "heart", "box": [0, 0, 2, 1]}]})");
  CHECK_THROWS_WITH(mds::list_pairs(folder.name()),
                    Contains("metadata.jsonl:1: layout.0.box goes from 0 to 2 across; allowed"));
}

TEST_CASE("a drawn picture brings its prompt and its layout", "[data]") {
  const Folder folder;
  const auto draw = [&](const std::string& name, const std::string& layout) {
    mds::save_png(folder.name() + "/" + name, mds::make_image({8, 8}, 9),
                  {{"prompt", "a heart"}, {"layout", layout}, {"model", "x"}});
  };
  draw("a.png", R"([{"phrase": "heart", "box": [0, 0.25, 0.5, 1]}])");
  const auto pairs = mds::list_pairs(folder.name());
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].caption == "a heart");
  CHECK(pairs[0].layout == std::vector<mds::PlacedPhrase>{{"heart", {0, 0.25, 0.5, 1}}});
  draw("b.png", R"([{"phrase": "heart", "box": [0, 0.25, 0, 1]}])");
  CHECK_THROWS_WITH(mds::list_pairs(folder.name()), Contains("b.png: layout.0.box goes from 0 to 0 across"));
}

TEST_CASE("a picture that cannot be used is skipped with its reason", "[data]") {
  const Folder folder;
  folder.picture("good.png", 64, 64);
  folder.text("good.txt", "good");
  folder.picture("silent.png", 64, 64);
  folder.picture("small.png", 64, 16);
  folder.text("small.txt", "small");
  folder.text("lonely.txt", "lonely");
  folder.text("broken.png", "\x89PNG\r\n\x1a\n and then nothing");
  folder.text("broken.txt", "broken");
  folder.picture("long.png", 64, 64);
  folder.text("long.txt", std::string(70'000, 'x'));
  mds::FolderReport report;
  CHECK(mds::list_pairs(folder.name(), {.min_size = 32}, &report).size() == 1);
  REQUIRE(report.skips.size() == 5);
  const std::string text = mds::summary(report);
  CHECK_THAT(text, Contains("1: a picture without a caption") && Contains("1: a caption without a picture"));
  CHECK_THAT(text, Contains("1: a caption of more than 65536 bytes"));
  CHECK_THAT(text, Contains("1: smaller than 32 pixels") && Contains("broken.png: is a broken PNG"));
}

TEST_CASE("metadata.jsonl gives captions, splits, groups and ids", "[data]") {
  const Folder folder;
  folder.picture("x.png", 8, 8);
  folder.picture("y.png", 8, 8);
  folder.text(
      "metadata.jsonl",
      "{\"file_name\": \"y.png\", \"text\": \"why\", \"split\": \"held_out\", \"group\": \"g\", \"id\": \"1\"}\n\n"
      "{\"file_name\": \"x.png\", \"text\": \"ex\", \"width\": 8}\n{\"file_name\": \"z.png\", \"text\": \"zed\"}\n");
  mds::FolderReport report;
  const auto pairs = mds::list_pairs(folder.name(), {}, &report);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0] == mds::Pair{folder.name() + "/y.png", "why", "held_out", "g", "1"});
  CHECK(pairs[1] == mds::Pair{folder.name() + "/x.png", "ex", "train", "x.png", "x.png"});
  CHECK(report.skips.size() == 1);
  CHECK(mds::pairs_of_split(pairs, "held_out").size() == 1);
}

TEST_CASE("a broken metadata.jsonl is an error with its line", "[data]") {
  const Folder folder;
  folder.picture("x.png", 8, 8);
  const std::string good = "{\"file_name\": \"x.png\", \"text\": \"ex\"}\n";
  const auto message = [&](const std::string& line) -> std::string {
    folder.text("metadata.jsonl", good + line);
    try {
      mds::list_pairs(folder.name());
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK_THAT(message("not json"), Contains("metadata.jsonl:2: is not JSON"));
  CHECK_THAT(message("[1]"), Contains("metadata.jsonl:2 is a list; expected an object"));
  CHECK_THAT(message(std::string(100'000, '[')), Contains("metadata.jsonl:2: nests 65 objects"));
  CHECK_THAT(message("{\"text\": \"ex\"}"), Contains("metadata.jsonl:2: file_name is missing"));
  CHECK_THAT(message("{\"file_name\": \"x.png\", \"text\": 3}"), Contains(":2: text is 3; expected text"));
  CHECK_THAT(message("{\"file_name\": \"x.png\", \"split\": \"test\"}"),
             Contains("split is \"test\"; valid: train, held_out"));
  CHECK_THAT(message("{\"file_name\": \"../x.png\"}"), Contains("allowed: paths inside the folder"));
  CHECK_THAT(message("{\"file_name\": \"/etc/passwd\"}"), Contains("allowed: paths inside the folder"));
  CHECK_THAT(message("{\"file_name\": \"a\\u001b[2Jb.png\"}"),
             Contains("metadata.jsonl:2: file_name is \"a\\u001b[2Jb.png\"; allowed: no control characters"));
  CHECK_THAT(message(good), Contains("the id \"x.png\" is used twice"));
}

TEST_CASE("a group stands on one side of the split", "[data]") {
  const Folder folder;
  folder.picture("x.png", 8, 8);
  const auto line = [](const std::string& id, const std::string& split) {
    return mds::Json{{"file_name", "x.png"}, {"text", "x"}, {"id", id}, {"group", "g"}, {"split", split}}.dump() + "\n";
  };
  folder.text("metadata.jsonl", line("1", "train") + line("2", "train"));
  CHECK(mds::list_pairs(folder.name()).size() == 2);
  folder.text("metadata.jsonl", line("1", "train") + line("2", "train") + line("3", "held_out"));
  CHECK_THROWS_WITH(mds::list_pairs(folder.name()),
                    Contains("metadata.jsonl:3: split is held_out; the group \"g\" is in train above"));
}

TEST_CASE("a name too long for any file, or not UTF-8, is a skip", "[data]") {
  const Folder folder;
  folder.picture("x.png", 8, 8);
  folder.text("metadata.jsonl", "{\"file_name\": \"x.png\", \"text\": \"x\"}\n{\"file_name\": \"" +
                                    std::string(300, 'a') + ".png\", \"text\": \"long\"}\n");
  mds::FolderReport report;
  CHECK(mds::list_pairs(folder.name(), {}, &report).size() == 1);
  REQUIRE(report.skips.size() == 1);
  CHECK(report.skips[0].reason == "a caption without a picture");
  fs::remove(folder.path / "metadata.jsonl");
  folder.text("x.txt", "x");
  folder.picture("caf\xe9.png", 8, 8);
  folder.text("caf\xe9.txt", "coffee");
  CHECK(mds::list_pairs(folder.name(), {}, &report).size() == 1);
  CHECK(report.skips[0].reason == "a name that is not UTF-8");
}

TEST_CASE("a folder without usable pairs is an error that says what is needed", "[data]") {
  const Folder folder;
  CHECK_THROWS_WITH(mds::list_pairs(folder.name()), Contains("no usable pictures") && Contains("x.png beside x.txt"));
  CHECK_THROWS_WITH(mds::list_pairs(folder.name() + "/absent"), Contains("is not a folder"));
}

TEST_CASE("the hash of a data set follows its pictures and captions, not its place", "[data]") {
  const Folder folder;
  const auto build = [&](const std::string& name, const std::string& caption, uint8_t grey) {
    mds::FolderWriter writer(folder.name() + "/" + name);
    writer.add(mds::make_image({8, 8}, grey), {.file = "", .caption = caption, .group = "g", .id = "a"});
    writer.finish();
    return mds::dataset_hash(mds::list_pairs(folder.name() + "/" + name));
  };
  const auto hash = build("one", "cat", 10);
  CHECK(hash == build("two", "cat", 10));
  CHECK(hash != build("three", "dog", 10));
  CHECK(hash != build("four", "cat", 11));
}

TEST_CASE("a data set appears whole or not at all", "[data]") {
  const Folder folder;
  const std::string out = folder.name() + "/set/";
  {
    mds::FolderWriter writer(out);
    writer.add(mds::make_image({8, 8}), {.file = "", .caption = "a", .group = "g", .id = "a"});
    CHECK_FALSE(fs::exists(out));
  }
  CHECK(fs::is_empty(folder.path));
  const auto write = [&](const std::string& id) {
    mds::FolderWriter writer(out);
    writer.add(mds::make_image({8, 8}), {.file = "", .caption = "a", .group = "g", .id = id});
    CHECK_THROWS_AS(writer.add(mds::make_image({8, 8}), {.file = "", .caption = "a", .group = "g", .id = id}),
                    std::logic_error);
    writer.finish();
  };
  write("first");
  write("second");
  const auto pairs = mds::list_pairs(out);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].id == "second");
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("a folder that is no data set is never replaced", "[data]") {
  const Folder folder;
  folder.text("thesis.txt", "years of work");
  CHECK_THROWS_WITH(mds::FolderWriter(folder.name()), Contains("is not a data set"));
  CHECK_THROWS_WITH(mds::FolderWriter(folder.name() + "/thesis.txt"), Contains("is not a folder"));
  CHECK_THROWS_WITH(mds::FolderWriter("/dev/null/set"), Contains("cannot be created"));
  CHECK(fs::exists(folder.path / "thesis.txt"));
}

TEST_CASE("a table of pictures has a label for each picture, and widens its cells for labels", "[data]") {
  mds::PictureTable table{.columns = 2,
                          .labels = std::vector<std::string>(3, "a very long label of many words \u65e5\nseed 7"),
                          .pictures = std::vector<mds::Image>(3, mds::make_image({64, 64}))};
  const auto sheet = mds::picture_table(table), bare = mds::picture_table(table, "/nowhere.ttf");
  CHECK((mds::ImageSize{bare.width, bare.height} == mds::ImageSize{132, 132}));
  if (sheet.height == bare.height) {
    WARN("skipped: fonts-dejavu-core is not installed");
    return;
  }
  CHECK(sheet.width > bare.width);
  CHECK(std::any_of(sheet.rgb.begin(), sheet.rgb.end(), [](uint8_t value) { return value < 64; }));
  table.labels.assign(3, "a");
  CHECK(mds::picture_table(table).width == bare.width);
  CHECK_THROWS_AS(mds::check_table({.labels = std::vector<std::string>(600, "a")}, {64, 64}), mds::ConfigError);
  CHECK_NOTHROW(mds::check_table({.labels = std::vector<std::string>(60, "a")}, {64, 64}));
}

TEST_CASE("a table of pictures has headings above its columns and captions below its rows", "[data]") {
  mds::PictureTable table{.columns = 2, .headings = {"one", "two"}, .captions = {"a", "b", "c"}};
  for (uint8_t i = 0; i < 6; ++i) table.pictures.push_back(mds::make_image({32, 32}, uint8_t(100 + i)));
  const auto bare = mds::picture_table(table, "/nowhere.ttf"), full = mds::picture_table(table);
  CHECK((mds::ImageSize{bare.width, bare.height} == mds::ImageSize{68, 104}));
  CHECK(mds::crop(bare, {36, 72}, {32, 32}) == table.pictures[5]);
  CHECK(full.width == 68);
  table.captions.pop_back();
  CHECK_THROWS_AS(mds::picture_table(table), std::logic_error);
}

TEST_CASE("broken UTF-8 becomes replacement characters", "[data]") {
  CHECK(mds::decode_utf8("a\u00e9\u65e5\U0001F600") == U"a\u00e9\u65e5\U0001F600");
  CHECK(mds::decode_utf8("\xff\xc3") == U"\uFFFD\uFFFD");
  CHECK(mds::decode_utf8("\xe6\x97") == U"\uFFFD\uFFFD");
  CHECK(mds::is_utf8("a\u00e9\u65e5\U0001F600\uFFFD\xf4\x8f\xbf\xbf"));
  for (const std::string broken : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf",  // overlong
                                   "\xed\xa0\x80", "\xed\xbf\xbf",                              // surrogates
                                   "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x80", "\xe6\x97"}) {
    CHECK(!mds::is_utf8(broken));
    CHECK(!mds::is_utf8("good " + broken));
    CHECK(mds::decode_utf8(broken) == std::u32string(broken.size(), U'\uFFFD'));
  }
}

TEST_CASE("captions may open with a byte order mark but must be UTF-8", "[data]") {
  const Folder folder;
  folder.picture("a.png", 8, 8);
  folder.text("a.txt",
              "\xef\xbb\xbf"
              "cat\r\n");
  folder.picture("b.png", 8, 8);
  folder.text("b.txt", "caf\xe9");
  mds::FolderReport report;
  const auto pairs = mds::list_pairs(folder.name(), {}, &report);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].caption == "cat");
  CHECK(report.skips[0].reason == "a caption that is not UTF-8");
}

TEST_CASE("captions may end in .caption, and one of two for a picture is left out", "[data]") {
  const Folder folder;
  for (const char* name : {"a.png", "b.png"}) folder.picture(name, 8, 8);
  folder.text("a.caption", "a house");
  folder.text("b.TXT", "a tree");
  folder.text("b.caption", "another tree");
  mds::FolderReport report;
  const auto pairs = mds::list_pairs(folder.name(), {}, &report);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[0].caption == "a house");
  CHECK(pairs[1].caption == "a tree");
  REQUIRE(report.skips.size() == 1);
  CHECK(report.skips[0].reason == "another caption of the same picture");
}

TEST_CASE("of two captions of a picture, that of metadata.jsonl is used", "[data]") {
  const Folder folder;
  folder.picture("a.png", 8, 8);
  folder.text("a.TXT", "of the text file");
  folder.text("metadata.jsonl", "{\"file_name\": \"a.png\", \"text\": \"of metadata\"}\n");
  mds::FolderReport report;
  const auto pairs = mds::list_pairs(folder.name(), {}, &report);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].caption == "of metadata");
  REQUIRE(report.skips.size() == 1);
  CHECK(report.skips[0].file == folder.name() + "/a.TXT");
  CHECK(report.skips[0].reason == "another caption of the same picture");
}

TEST_CASE("pictures that differ only in the extension share a caption and a group", "[data]") {
  const Folder folder;
  for (const char* name : {"a.jpg", "a.png", "b.png", "._b.png"}) folder.picture(name, 8, 8);
  for (const char* name : {"a.txt", "b.txt", "._b.txt"}) folder.text(name, "a house");
  mds::FolderReport report;
  const auto pairs = mds::list_pairs(folder.name(), {}, &report);
  REQUIRE(pairs.size() == 3);
  CHECK(pairs[0] == mds::Pair{folder.name() + "/a.jpg", "a house", "train", "a", "a.jpg"});
  CHECK(pairs[1].id == "a.png");
  CHECK(pairs[2].id == "b");
  CHECK(report.skips.empty());
}

namespace {

std::vector<mds::Pair> numbered_pairs(int count) {
  std::vector<mds::Pair> pairs;
  for (int i = 0; i < count; ++i) {
    const std::string id = std::to_string(i);
    pairs.push_back({.file = id, .caption = "caption " + id, .group = id, .id = id});
  }
  return pairs;
}

std::set<std::string> held_out_ids(const std::vector<mds::Pair>& pairs) {
  std::set<std::string> ids;
  for (const auto& pair : mds::pairs_of_split(pairs, "held_out")) ids.insert(pair.id);
  return ids;
}

}  // namespace

TEST_CASE("a share is held out by captions, whatever the order of the pairs", "[data]") {
  auto pairs = numbered_pairs(40), reversed = pairs;
  std::reverse(reversed.begin(), reversed.end());
  mds::hold_out(pairs, 0.1);
  mds::hold_out(reversed, 0.1);
  CHECK(held_out_ids(pairs).size() == 4);
  CHECK(held_out_ids(pairs) == held_out_ids(reversed));
  auto none = numbered_pairs(40);
  mds::hold_out(none, 0);
  CHECK(held_out_ids(none).empty());
}

TEST_CASE("pictures of one group, or of one caption, are held out together", "[data]") {
  auto pairs = numbered_pairs(40);
  for (int i = 0; i < 40; ++i)
    (i < 20 ? pairs[size_t(i)].group : pairs[size_t(i)].caption) = "x" + std::to_string(i / 4);
  mds::hold_out(pairs, 0.3);
  CHECK(held_out_ids(pairs).size() >= 12);
  for (int i = 0; i < 40; ++i) CHECK(pairs[size_t(i)].split == pairs[size_t(i / 4 * 4)].split);
}

TEST_CASE("a split of the data set's own is kept", "[data]") {
  auto pairs = numbered_pairs(40);
  pairs[7].split = "held_out";
  mds::hold_out(pairs, 0.5);
  CHECK(held_out_ids(pairs) == std::set<std::string>{"7"});
}
