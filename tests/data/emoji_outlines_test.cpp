#include "data/emoji_outlines.h"

#include <algorithm>

#include "tests/catch.h"

using namespace mds;

TEST_CASE("an outline is black where the picture changes, and white elsewhere") {
  Image image = make_image({40, 40});
  paste(make_image({20, 20}, 0), image, {10, 10});
  const Image lines = outlined(image);
  const auto dark = [&](int64_t x, int64_t y) { return lines.rgb[size_t((y * 40 + x) * 3)] == 0; };
  CHECK_FALSE(dark(20, 20));
  CHECK_FALSE(dark(3, 3));
  int64_t along = 0;
  for (int64_t y = 12; y < 28; ++y) along += dark(9, y) || dark(10, y);
  CHECK(along == 16);
  CHECK(std::ranges::all_of(lines.rgb, [](uint8_t level) { return level == 0 || level == 255; }));
}
