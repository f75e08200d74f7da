#include "data/resize.h"

#include <torch/types.h>

#include <filesystem>
#include <fstream>

#include "data/parallel.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/scratch.h"

namespace {

namespace fs = std::filesystem;

mds::Image checkers(int64_t width, int64_t height) {
  mds::Image image = mds::make_image({width, height}, 0);
  for (int64_t i = 0; i < width * height; ++i)
    for (int64_t c = 0; c < 3; ++c)
      image.rgb[size_t(i * 3 + c)] = uint8_t((i % width * 7 + i / width * 13 + c * 50) % 256);
  return image;
}

}  // namespace

TEST_CASE("a square picture of the wanted size is unchanged", "[data][torch]") {
  const auto image = checkers(24, 24);
  const auto tensor = mds::to_tensor(image, 24);
  CHECK(tensor.sizes() == torch::IntArrayRef({3, 24, 24}));
  CHECK(tensor.scalar_type() == torch::kUInt8);
  CHECK(tensor[1][2][3].item<int>() == image.rgb[(2 * 24 + 3) * 3 + 1]);
  CHECK(mds::to_image(tensor) == image);
}

TEST_CASE("resizing keeps a flat picture flat and a picture's mean", "[data][torch]") {
  const auto size = GENERATE(7, 32, 100);
  CHECK((mds::to_tensor(mds::make_image({50, 40}, 77), size) == 77).all().item<bool>());
  const auto image = checkers(64, 64);
  const auto mean = [](const mds::Tensor& t) { return t.to(torch::kFloat64).mean().item<double>(); };
  CHECK(mean(mds::to_tensor(image, size)) == Approx(mean(mds::to_tensor(image, 64))).margin(2.0));
}

// Made with PIL 13: Image.frombytes("L", (4, 4), bytes(range(0, 256, 16))).resize((2, 2), Image.BICUBIC) and (6, 6).
TEST_CASE("values are those of PIL's antialiased bicubic", "[data][torch]") {
  mds::Image image = mds::make_image({4, 4}, 0);
  for (int i = 0; i < 16; ++i)
    for (int c = 0; c < 3; ++c) image.rgb[size_t(i * 3 + c)] = uint8_t(i * 16);
  const auto row = [&](int64_t size, int64_t y) {
    std::vector<int> values;
    for (int64_t x = 0; x < size; ++x) values.push_back(mds::to_tensor(image, size)[0][y][x].item<int>());
    return values;
  };
  CHECK(row(2, 0) == std::vector<int>{47, 77});
  CHECK(row(6, 0) == std::vector<int>{0, 3, 15, 25, 37, 45});
}

TEST_CASE("the centre square is resized, not the whole picture", "[data][torch]") {
  auto image = mds::make_image({60, 20}, 0);
  mds::paste(mds::make_image({20, 20}, 200), image, {20, 0});
  CHECK((mds::to_tensor(image, 10) == 200).all().item<bool>());
}

TEST_CASE("pictures are loaded in order, and broken ones are skipped", "[data][torch]") {
  const auto folder = mds::scratch("resize_test");
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (int i = 0; i < 20; ++i) {
    const auto stem = (folder / std::to_string(100 + i)).string();
    mds::save_png(stem + ".png", mds::make_image({30, 20}, uint8_t(i)));
    std::ofstream(stem + ".txt") << "picture " << i;
  }
  auto pictures = mds::load_pictures(mds::list_pairs(folder.string()), 8);
  REQUIRE(pictures.images.sizes() == torch::IntArrayRef({20, 3, 8, 8}));
  for (int i = 0; i < 20; ++i) CHECK(pictures.images[i][0][0][0].item<int>() == i);
  CHECK(torch::equal(pictures.images, mds::load_pictures(pictures.pairs, 8).images));

  const auto cut = (folder / "105.png").string();
  fs::resize_file(cut, fs::file_size(cut) - 30);
  CHECK(mds::load_pictures(pictures.pairs, 8).skipped.skips.size() == 1);
  CHECK_THROWS_WITH(mds::load_pictures({pictures.pairs[5]}, 8), Catch::Contains("105.png: is a broken PNG"));
  pictures = mds::load_pictures(pictures.pairs, 8);
  CHECK(pictures.images.size(0) == 19);
  CHECK(pictures.pairs[5].id == "106");
  CHECK(pictures.images[5][0][0][0].item<int>() == 6);
  REQUIRE(pictures.skipped.skips.size() == 1);
  CHECK(pictures.skipped.skips[0].file == cut);
  CHECK_THROWS_WITH(mds::load_pictures(pictures.pairs, 0), Catch::Contains("picture size is 0; allowed: 1 to 16384"));
  fs::remove_all(folder);
}

TEST_CASE("a parallel loop visits every index once and passes on an exception", "[data]") {
  std::vector<int> visits(1000, 0);
  mds::parallel_for(1000, [&](int64_t i) { ++visits[size_t(i)]; });
  CHECK(visits == std::vector<int>(1000, 1));
  mds::parallel_for(0, [](int64_t) { FAIL(); });
  CHECK_THROWS_AS(mds::parallel_for(100,
                                    [](int64_t i) {
                                      if (i == 50) throw mds::FileError("x");
                                    }),
                  mds::FileError);
}
