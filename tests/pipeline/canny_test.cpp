// Edges agree with OpenCV on a stored picture, and keep what Canny's rules promise on random ones.
#include "pipeline/canny.h"

#include <algorithm>
#include <random>

#include "tests/catch.h"

using namespace mds;

namespace {

bool is_edge(const Image& edges, int64_t x, int64_t y) { return edges.rgb[size_t((y * edges.width + x) * 3)] == 255; }

int64_t count(const Image& edges) { return std::count(edges.rgb.begin(), edges.rgb.end(), 255) / 3; }

bool contains(const Image& all, const Image& some) {
  return std::equal(all.rgb.begin(), all.rgb.end(), some.rgb.begin(), std::greater_equal<>());
}

std::vector<std::string> rows(const Image& edges) {
  std::vector<std::string> lines;
  for (int64_t y = 0; y < edges.height; ++y) {
    lines.emplace_back();
    for (int64_t x = 0; x < edges.width; ++x) lines.back() += is_edge(edges, x, y) ? '#' : '.';
  }
  return lines;
}

Image noise(ImageSize size, unsigned seed) {
  Image image = make_image(size);
  std::mt19937 random(seed);
  for (auto& value : image.rgb) value = uint8_t(random() % 256);
  return image;
}

Image square(int64_t side, int64_t first, int64_t last) {
  Image image = make_image({side, side});
  for (int64_t y = first; y <= last; ++y)
    for (int64_t x = first; x <= last; ++x) std::fill_n(image.rgb.data() + (y * side + x) * 3, 3, uint8_t(0));
  return image;
}

}  // namespace

TEST_CASE("edges are those of cv2.Canny(rgb, 300, 700)", "[pipeline]") {
  Image image = make_image({24, 14});
  for (int64_t y = 0; y < 14; ++y)
    for (int64_t x = 0; x < 24; ++x) {
      uint8_t* pixel = image.rgb.data() + (y * 24 + x) * 3;
      pixel[0] = uint8_t((x * x + 3 * y * y) / 3 % 256);
      pixel[1] = uint8_t(x * y * 7 % 256 / 64 * 64);
      pixel[2] = (x - 12) * (x - 12) + (y - 7) * (y - 7) < 20 ? 200 : 0;
    }
  const std::vector<std::string> expected{
      "...................#####", "..............#####.....", "............#...........", "..........##.##.........",
      ".........#.....#.......#", "........#..#....#.......", "...#..#.#.......#.......", "...#.#.#........#.......",
      "..#..#..#.......#.......", "..#.#...#.......#.....##", ".##......#.....#.....##.", ".#...#....#####.....##..",
      ".#................##....", ".#....#..........#......"};
  CHECK(rows(canny_edges(image, {.low = 300, .high = 700})) == expected);
}

TEST_CASE("a filled square has an outline of one pixel, and a plain picture no edge", "[pipeline]") {
  const Image edges = canny_edges(square(16, 4, 11));
  CHECK(count(edges) > 0);
  for (int64_t i = 6; i < 10; ++i) {
    int64_t in_row = 0, in_column = 0;
    for (int64_t j = 0; j < 16; ++j) in_row += is_edge(edges, j, i), in_column += is_edge(edges, i, j);
    CHECK(in_row == 2);
    CHECK(in_column == 2);
  }
  const uint8_t grey = GENERATE(0, 77, 255);
  CHECK(count(canny_edges(make_image({9, 5}, grey), {.low = 0, .high = 0})) == 0);
}

TEST_CASE("lower thresholds keep every edge of higher ones", "[pipeline]") {
  const Image image = noise({31, 20}, GENERATE(1u, 2u, 3u));
  const Image edges = canny_edges(image, {.low = 300, .high = 700});
  CHECK(count(edges) > 0);
  CHECK(contains(canny_edges(image, {.low = 200, .high = 700}), edges));
  CHECK(contains(canny_edges(image, {.low = 300, .high = 500}), edges));
  CHECK(count(canny_edges(image, {.low = 2040, .high = 2040})) == 0);
}

TEST_CASE("a picture and its negative have the same edges", "[pipeline]") {
  const Image image = noise({17, 23}, 5);
  Image negative = image;
  for (auto& value : negative.rgb) value = uint8_t(255 - value);
  CHECK(canny_edges(negative, {.low = 300, .high = 700}) == canny_edges(image, {.low = 300, .high = 700}));
}

TEST_CASE("pictures of one row, column or pixel have edges of their size", "[pipeline]") {
  const ImageSize size = GENERATE(values<ImageSize>({{1, 1}, {7, 1}, {1, 7}}));
  const Image edges = canny_edges(noise(size, 3), {.low = 0, .high = 0});
  CHECK(edges.width == size.width);
  CHECK(edges.height == size.height);
}

TEST_CASE("a low threshold above the high one is an error that names both", "[pipeline]") {
  CHECK_THROWS_WITH(canny_edges(make_image({4, 4}), {.low = 201, .high = 200}),
                    "edges: the low threshold is 201 and the high one 200; allowed: a low one of at most the high one");
}
