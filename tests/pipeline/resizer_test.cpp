#include "pipeline/resizer.h"

#include <torch/types.h>

#include "tests/catch.h"

using namespace mds;

namespace {

const auto every_way =
    std::array{Resizer::bicubic, Resizer::clean, Resizer::legacy_tensorflow, Resizer::legacy_pytorch};

Tensor pictures(int64_t n, int64_t height, int64_t width) {
  return torch::randint(256, {n, 3, height, width}, at::detail::createCPUGenerator(7), torch::kUInt8);
}

// The picture that tests/data/resizer-goldens.json describes.
Tensor golden_picture(int64_t height, int64_t width) {
  const auto x = torch::arange(width).view({1, 1, 1, -1}), y = torch::arange(height).view({1, 1, -1, 1}),
             c = torch::arange(3).view({1, 3, 1, 1});
  return (x * x * 37 + y * y * 91 + x * y * 53 + c * 101).remainder(256).to(torch::kUInt8);
}

}  // namespace

TEST_CASE("resized pixels are those of the tools that defined each way", "[resizer]") {
  const auto goldens = load_json(MDS_SOURCE_DIR "/tests/data/resizer-goldens.json");
  for (const auto& golden : goldens["cases"]) {
    const auto picture = golden_picture(golden["from"][0], golden["from"][1]);
    const ImageSize size{.width = golden["to"][1], .height = golden["to"][0]};
    for (const auto way : every_way) {
      INFO(name_of(way) << " of " << golden["from"] << " to " << golden["to"]);
      const auto wanted = torch::tensor(golden[std::string(name_of(way))].get<std::vector<float>>());
      const auto error = (resized(picture, size, way)[0][1].flatten() - wanted).abs().max().item<double>();
      if (way == Resizer::bicubic)
        CHECK(error == 0);
      else
        CHECK(error < 1e-4);
    }
  }
}

TEST_CASE("a picture of the wanted size is unchanged, and a flat one stays flat", "[resizer]") {
  const auto picture = pictures(2, 6, 9);
  for (const auto way : every_way) {
    CHECK(torch::equal(resized(picture, {.width = 9, .height = 6}, way), picture.to(torch::kFloat32)));
    const auto flat = resized(torch::full({1, 3, 10, 4}, 77, torch::kUInt8), {.width = 7, .height = 3}, way);
    CHECK((flat - 77).abs().max().item<double>() < 1e-4);
  }
}

TEST_CASE("a picture is resized the same alone, among others and in any layout", "[resizer]") {
  const auto batch = pictures(5, 23, 17);
  for (const auto way : every_way) {
    const auto together = resized(batch, {.width = 8, .height = 31}, way);
    CHECK(together.sizes() == torch::IntArrayRef({5, 3, 31, 8}));
    CHECK(together.scalar_type() == torch::kFloat32);
    for (int64_t i = 0; i < 5; ++i)
      CHECK(torch::equal(resized(batch.slice(0, i, i + 1), {.width = 8, .height = 31}, way)[0], together[i]));
    const auto last = batch.contiguous(at::MemoryFormat::ChannelsLast);
    CHECK(torch::equal(resized(last, {.width = 8, .height = 31}, way), together));
  }
}

TEST_CASE("pictures that cannot be resized are named", "[resizer]") {
  const auto ask = [](const Tensor& images, ImageSize size) { return resized(images, size, Resizer::clean); };
  CHECK_THROWS_WITH(ask(torch::zeros({1, 3, 4, 4}), {4, 4}), Catch::Contains("expected uint8 (N, C, H, W)"));
  CHECK_THROWS_AS(ask(pictures(1, 4, 4)[0], {4, 4}), ConfigError);
  CHECK_THROWS_AS(ask(pictures(0, 4, 4), {4, 4}), ConfigError);
  CHECK_THROWS_WITH(ask(pictures(1, 4, 4), {4, 0}), "picture size is 0; allowed: 1 to 16384");
}
