// Pictures of two objects: each stands in its box, and what is held out joins words of training captions anew.
#include "data/emoji_pairs.h"

#include <algorithm>
#include <set>

#include "data/cutout.h"
#include "tests/catch.h"

using namespace mds;

namespace {

// Objects of one colour each, by which they are found again.
std::vector<Cutout> coloured(uint8_t count) {
  std::vector<Cutout> objects;
  for (uint8_t i = 0; i < count; ++i) {
    Cutout object{std::to_string(i), "thing " + std::to_string(i), std::to_string(i), make_image({90 + i, 120 - i})};
    for (size_t k = 0; k < object.image.rgb.size(); k += 3) object.image.rgb[k] = i;
    objects.push_back(object);
  }
  return objects;
}

// Left, top, right and bottom of the pixels of a colour, as shares of the side.
std::vector<double> box_of(const Image& picture, uint8_t red) {
  int64_t left = picture.width, top = picture.height, right = 0, bottom = 0;
  for (int64_t y = 0; y < picture.height; ++y)
    for (int64_t x = 0; x < picture.width; ++x) {
      if (picture.rgb[size_t((y * picture.width + x) * 3)] != red) continue;
      left = std::min(left, x), top = std::min(top, y), right = std::max(right, x + 1),
      bottom = std::max(bottom, y + 1);
    }
  const double side = double(picture.width);
  return {double(left) / side, double(top) / side, double(right) / side, double(bottom) / side};
}

bool overlap(const std::vector<double>& a, const std::vector<double>& b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

uint8_t number_of(const PlacedPhrase& placed) { return uint8_t(std::stoi(placed.phrase.substr(6))); }

}  // namespace

TEST_CASE("each of two objects fills its box, and the boxes do not overlap", "[data]") {
  const Collection pairs = pair_cutouts(coloured(9), {.pictures = 30, .held_out = 5});
  REQUIRE(pairs.candidates.size() == 30);
  int64_t upright = 0;
  for (const auto& [pair, draw] : pairs.candidates) {
    REQUIRE(pair.layout.size() == 2);
    const auto& [first, second] = std::tie(pair.layout[0], pair.layout[1]);
    CHECK(pair.caption == first.phrase + " and " + second.phrase);
    CHECK_FALSE(overlap(first.box, second.box));
    upright += first.box[1] >= second.box[3] || second.box[1] >= first.box[3];
    const Image picture = draw();
    CHECK(picture.width == 128);
    for (const auto& placed : pair.layout) {
      CHECK_NOTHROW(check(placed, {pair.id, ""}));
      CHECK(box_of(picture, number_of(placed)) == placed.box);
      const double longest = std::max(placed.box[2] - placed.box[0], placed.box[3] - placed.box[1]);
      CHECK(longest >= 0.29);
      CHECK(longest <= 0.6);
    }
  }
  CHECK(upright > 5);
  CHECK(upright < 25);
}

TEST_CASE("a pair of objects is in one picture at most, and held-out captions join trained words", "[data]") {
  auto objects = coloured(8);
  objects[1].group = objects[0].group;
  const Collection pairs = pair_cutouts(objects, {.pictures = 1000, .held_out = 4});
  std::set<std::set<std::string>> seen;
  std::set<std::string> trained;
  for (const auto& [pair, draw] : pairs.candidates) {
    const std::string first = pair.layout[0].phrase, second = pair.layout[1].phrase;
    CHECK(seen.insert({first, second}).second);
    if (pair.split == "train") trained.insert({first, second});
  }
  CHECK(seen.size() == 8 * 7 / 2 - 1);
  CHECK(!seen.contains({"thing 0", "thing 1"}));
  CHECK(trained.size() == 8);
  CHECK(std::ranges::count(pairs.candidates, "held_out", [](const auto& one) { return one.pair.split; }) == 4);
}

TEST_CASE("the same seed makes the same pictures, another seed others", "[data]") {
  const auto ids = [](uint64_t seed) {
    std::vector<std::pair<std::string, std::vector<PlacedPhrase>>> found;
    for (const auto& [pair, draw] : pair_cutouts(coloured(9), {.pictures = 12, .seed = seed}).candidates)
      found.emplace_back(pair.id, pair.layout);
    return found;
  };
  CHECK(ids(3) == ids(3));
  CHECK(ids(3) != ids(4));
  CHECK(pair_cutouts(coloured(1), {}).candidates.empty());
}

TEST_CASE("a shrunk picture holds the mean of the area that each pixel covers", "[data]") {
  Image image = make_image({6, 2}, 0);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = uint8_t(i * 7);
  CHECK(shrunk(image, {6, 2}) == image);
  CHECK(shrunk(make_image({7, 5}, 93), {3, 2}) == make_image({3, 2}, 93));
  const Image half = shrunk(image, {3, 1});
  for (int64_t x = 0; x < 3; ++x) {
    const auto red = [&](int64_t column, int64_t row) { return image.rgb[size_t((row * 6 + column) * 3)]; };
    const int sum = red(2 * x, 0) + red(2 * x + 1, 0) + red(2 * x, 1) + red(2 * x + 1, 1);
    CHECK(half.rgb[size_t(x * 3)] == (sum + 2) / 4);
  }
  Image edge = make_image({3, 1}, 0);
  std::fill_n(edge.rgb.begin(), 3, uint8_t(255));
  CHECK(shrunk(edge, {2, 1}).rgb[0] == 170);  // two thirds of the first pixel's area of 1.5
}
