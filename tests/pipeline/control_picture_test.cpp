// Control pictures come from a file of edges or from a photo, always at the size that is drawn.
#include "pipeline/control_picture.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <random>

#include "pipeline/edges.h"
#include "pipeline/picture_tensor.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string file = scratch("control.png").string();

Image noise(ImageSize size) {
  Image image = make_image(size);
  std::mt19937 random(1);
  for (auto& value : image.rgb) value = uint8_t(random() % 256);
  return image;
}

// The control and what was told of it.
struct Loaded {
  Tensor control;
  std::vector<std::string> told;
};

Loaded loaded(const ControlSource& source, Extent pixels) {
  Loaded result;
  result.control = load_control(source, pixels, [&](const std::string& sentence) { result.told.push_back(sentence); });
  return result;
}

}  // namespace

TEST_CASE("a picture of edges at the drawn size is read as it is", "[pipeline][torch]") {
  const Image edges = canny_edges(noise({24, 16}));
  save_png(file, edges);
  const auto [control, told] = loaded({.edges = file}, {16, 24});
  CHECK(control.sizes() == std::vector<int64_t>{1, 3, 16, 24});
  CHECK(control.scalar_type() == at::kFloat);
  CHECK(at::equal(control[0], picture_tensor(edges).to(at::kFloat) / 255));
  CHECK(told.empty());
}

TEST_CASE("a control of another size is resized, and that is said once", "[pipeline][torch]") {
  save_png(file, canny_edges(noise({24, 16})));
  const auto [control, told] = loaded({.edges = file}, {32, 32});
  CHECK(control.sizes() == std::vector<int64_t>{1, 3, 32, 32});
  CHECK(control.min().item<float>() >= 0);
  CHECK(control.max().item<float>() <= 1);
  CHECK(told == std::vector<std::string>{file + " is 24x16 pixels and is resized to 32x32"});
}

TEST_CASE("edges of a photo are found at the drawn size, with the thresholds that are given", "[pipeline][torch]") {
  const Image photo = noise({24, 16});
  save_png(file, photo);
  const CannyThresholds thresholds{.low = 200, .high = 500};
  const auto [control, told] = loaded({.photo = file, .thresholds = thresholds}, {32, 40});
  const Image resized = to_image(sized_picture(photo, {32, 40}, file));
  CHECK(at::equal(control[0], picture_tensor(canny_edges(resized, thresholds)).to(at::kFloat) / 255));
  CHECK(told.size() == 1);
}

TEST_CASE("a control needs exactly one file that is a picture, and thresholds in order", "[pipeline][torch]") {
  save_png(file, noise({8, 8}));
  CHECK_THROWS_WITH(load_control({}, {8, 8}), Contains("made from one file; given: none"));
  CHECK_THROWS_WITH(load_control({.edges = file, .photo = file}, {8, 8}), Contains("a picture of edges and a photo"));
  CHECK_THROWS_WITH(load_control({.photo = file, .thresholds = {.low = 9, .high = 8}}, {8, 8}),
                    Contains("the low threshold is 9 and the high one 8"));
  CHECK_THROWS_WITH(load_control({.edges = "no/such.png"}, {8, 8}), Contains("no/such.png"));
}
