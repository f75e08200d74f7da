#include "data/emoji.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "data/emoji_font.h"
#include "data/emoji_list.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/scratch.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* listing =
    "# group: Food & Drink\n"
    "1F32E              ; fully-qualified     # \U0001F32E E1.0 taco\n"
    "263A FE0F          ; fully-qualified     # \u263a\ufe0f E0.6 smiling face\n"
    "263A               ; unqualified         # \u263a E0.6 smiling face\n"
    "1F3FB              ; component           # \U0001F3FB E1.0 light skin tone\n";

bool packages_are_installed() {
  const mds::EmojiOptions options;
  return fs::exists(options.font) && fs::exists(options.emoji_test) && fs::exists(options.annotations);
}

}  // namespace

TEST_CASE("only fully-qualified emoji are listed, with their names", "[data]") {
  const auto list = mds::parse_emoji_test(listing, "list.txt");
  REQUIRE(list.size() == 2);
  CHECK(list[0].sequence == U"\U0001F32E");
  CHECK(list[0].name == "taco");
  CHECK(list[1].sequence == U"\u263a\ufe0f");
}

TEST_CASE("a malformed emoji list is an error with its line", "[data]") {
  CHECK_THROWS_WITH(mds::parse_emoji_test("\nXYZ ; fully-qualified # ? E1.0 x\n", "list.txt"),
                    Catch::Contains("list.txt:2: expected"));
  CHECK_THROWS_WITH(mds::parse_emoji_test("1F32E ; fully-qualified # taco\n", "list.txt"),
                    Catch::Contains("list.txt:1: expected"));
  CHECK_THROWS_WITH(mds::parse_emoji_test("# nothing\n", "list.txt"),
                    Catch::Contains("lists no fully-qualified emoji"));
}

TEST_CASE("spoken names are read and keywords are not", "[data]") {
  const auto names = mds::parse_annotations(
      "<annotation cp=\"\u263a\">smile | face</annotation>\n<annotation cp=\"\u263a\" type=\"tts\">smiling &amp; "
      "face</annotation>\n"
      "<annotation cp=\"&amp;\" type=\"tts\">ampersand</annotation>\n",
      "en.xml");
  CHECK(names.size() == 2);
  CHECK(names.at(U"\u263a") == "smiling & face");
  CHECK(names.at(U"&") == "ampersand");
  CHECK_THROWS_WITH(mds::parse_annotations("<ldml/>", "en.xml"), Catch::Contains("en.xml: has no annotation"));
}

TEST_CASE("variants of one emoji share a group", "[data]") {
  using mds::variant_group;
  const auto cook = variant_group(U"\U0001F9D1\u200d\U0001F373");
  CHECK(variant_group(U"\U0001F468\u200d\U0001F373") == cook);                            // man
  CHECK(variant_group(U"\U0001F469\U0001F3FE\u200d\U0001F373") == cook);                  // woman, skin tone
  CHECK(variant_group(U"\U0001F9D1\u200d\U0001F33E") != cook);                            // farmer
  CHECK(variant_group(U"\U0001F3C4\u200d\u2640\ufe0f") == variant_group(U"\U0001F3C4"));  // woman surfing
  CHECK(variant_group(U"\U0001F934") == variant_group(U"\U0001F478"));                    // prince, princess
  CHECK(variant_group(U"\U0001F466") == variant_group(U"\U0001F467"));                    // boy, girl
  CHECK(variant_group(U"\U0001F468\u200d\U0001F467") == variant_group(U"\U0001F46A"));    // families
  CHECK(variant_group(U"\U0001F469\u200d\u2764\ufe0f\u200d\U0001F48B\u200d\U0001F468") == variant_group(U"\U0001F48F"));
  CHECK(variant_group(U"\U0001F468") != variant_group(U"\U0001F466"));
  CHECK(variant_group(U"\u2640\ufe0f") == U"\u2640");  // the sign by itself
}

TEST_CASE("whole groups are held out until the count is met, and never more", "[data]") {
  std::map<std::string, int64_t> groups;
  for (int i = 0; i < 100; ++i) groups["g" + std::to_string(i)] = 1 + i % 4;
  const auto count = GENERATE(int64_t(0), int64_t(1), int64_t(30), int64_t(200), int64_t(250));
  int64_t members = 0;
  for (const auto& key : mds::choose_held_out(groups, count)) members += groups.at(key);
  CHECK(members == count);
  CHECK(mds::choose_held_out({{"large", 5}}, 4).empty());
}

TEST_CASE("what is held out does not change when other groups are added behind it", "[data]") {
  const std::map<std::string, int64_t> groups = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
  const auto two = mds::choose_held_out(groups, 2), three = mds::choose_held_out(groups, 3);
  CHECK(std::equal(two.begin(), two.end(), three.begin()));
}

TEST_CASE("a missing package is named", "[data]") {
  const mds::EmojiOptions options{.font = "/nowhere/emoji.ttf"};
  CHECK_THROWS_WITH(mds::collect_emoji(options),
                    Catch::Contains("/nowhere/emoji.ttf: does not exist") && Catch::Contains("fonts-noto-color-emoji"));
}

TEST_CASE("a file that is no colour font is an error", "[data]") {
  const auto file = (mds::scratch("no_font.ttf")).string();
  std::ofstream(file) << "no font";
  CHECK_THROWS_WITH(mds::EmojiFont(file), Catch::Contains("no_font.ttf: is not a font"));
}

TEST_CASE("the emoji data set is built from the installed packages", "[data]") {
  if (!packages_are_installed()) {
    WARN("skipped: the packages fonts-noto-color-emoji, unicode-data and unicode-cldr-core are not installed");
    return;
  }
  // A short list keeps this test fast; the options are those of the full set.
  const auto folder = mds::scratch("emoji_test");
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "list.txt") << listing
                                     << "1F468 200D 1F373 ; fully-qualified # x E4.0 man cook\n1F469 200D 1F373 ; "
                                        "fully-qualified # x E4.0 woman cook\n"
                                     << "1F468 1F3FB      ; fully-qualified # x E4.0 man: light skin tone\n1F1E6 1F1F1 "
                                        "; fully-qualified # x E4.0 flag: Albania\n"
                                     << "10FFFD           ; fully-qualified # x E1.0 private\n";
  const std::string out = (folder / "emoji").string();
  mds::EmojiOptions options{.held_out = 2, .emoji_test = (folder / "list.txt").string()};
  const auto report = mds::write_collection(mds::collect_emoji(options), out);
  CHECK(report.pictures == 4);
  CHECK(report.held_out == 2);
  CHECK(report.other_names == 1);
  REQUIRE(report.skipped.skips.size() == 1);
  CHECK(report.skipped.skips[0].reason == "the font has no glyph");
  const auto pairs = mds::list_pairs(out);
  REQUIRE(pairs.size() == 4);
  CHECK(pairs[0].caption == "taco");
  CHECK(mds::load_image_size(pairs[0].file) == mds::ImageSize{136, 136});
  CHECK(mds::load_image(pairs[0].file).rgb[0] == 255);  // a white corner
  CHECK(pairs[2].caption == "man cook");
  CHECK(pairs[2].split == pairs[3].split);
  options.skin_tones = options.flags = true;
  CHECK(mds::write_collection(mds::collect_emoji(options), out).pictures == 6);
  for (const auto& pair : mds::list_pairs(out))
    for (const auto& old : pairs)
      if (old.id == pair.id) CHECK(old.split == pair.split);
}
