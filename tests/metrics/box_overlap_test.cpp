// Boxes overlap by the area that they share, and phrases are found where the encoder sees them best.
#include "metrics/box_overlap.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "tests/catch.h"

using namespace mds;

namespace {

// Sees how much of a window is red and how much is blue, and knows both words.
class Colours : public Extractor {
 public:
  Colours() : Extractor({"colours", "none", std::string(64, '0')}) {}
  Tensor prepared(const Tensor& picture_1CHW) const override {
    return picture_1CHW[0].to(at::kFloat).mean({1, 2}).view({3, 1, 1});
  }
  Tensor features(const Tensor& prepared_NCHW) const override { return prepared_NCHW.flatten(1) + 1; }
  Tensor text_features(const std::vector<std::string>& texts) const override {
    std::vector<Tensor> rows;
    for (const auto& text : texts)
      rows.push_back(text == "red" ? at::tensor({1.0F, 0.0F, 0.0F}) : at::tensor({0.0F, 0.0F, 1.0F}));
    return at::stack(rows);
  }
};

}  // namespace

TEST_CASE("boxes overlap by the share of their common area", "[metrics]") {
  CHECK(intersection_over_union({0, 0, 1, 1}, {0, 0, 1, 1}) == Approx(1));
  CHECK(intersection_over_union({0, 0, 0.5, 1}, {0.25, 0, 0.75, 1}) == Approx(1.0 / 3));
  CHECK(intersection_over_union({0, 0, 0.5, 0.5}, {0.5, 0.5, 1, 1}) == 0);
  CHECK(intersection_over_union({0, 0, 0.2, 0.2}, {0.7, 0.5, 1, 1}) == 0);
}

TEST_CASE("windows lie inside the picture, and every box of common sizes has one that overlaps it well", "[metrics]") {
  const ImageSize size = GENERATE(ImageSize{128, 128}, ImageSize{96, 64});
  const auto windows = windows_of(size);
  CHECK(windows.size() > 300);
  for (const auto& window : windows) {
    CHECK(*std::min_element(window.begin(), window.end()) >= 0);
    CHECK(*std::max_element(window.begin(), window.end()) <= 1);
    const double width = (window[2] - window[0]) * double(size.width);
    CHECK(width == Approx((window[3] - window[1]) * double(size.height)));
  }
  const double side = GENERATE(0.3, 0.4, 0.6), left = GENERATE(0.0, 0.13, 0.4), top = GENERATE(0.07, 0.31);
  const double across = 64.0 / double(size.width) * (size.width == 128 ? 2 : 1);
  const Box box{left * across, top, (left + side) * across, top + side};
  double best = 0;
  for (const auto& window : windows) best = std::max(best, intersection_over_union(window, box));
  CHECK(best > 0.7);
}

TEST_CASE("each phrase is found where its object is", "[metrics]") {
  const Tensor picture = at::zeros({1, 3, 64, 64}, at::kByte);
  picture.slice(2, 8, 32).slice(3, 4, 28).select(1, 0).fill_(255);
  picture.slice(2, 36, 60).slice(3, 36, 60).select(1, 2).fill_(255);
  const Box red{4 / 64.0, 8 / 64.0, 28 / 64.0, 32 / 64.0}, blue{36 / 64.0, 36 / 64.0, 60 / 64.0, 60 / 64.0};
  const Colours colours;
  const auto found = windows_of_phrases(colours, picture, {{"red", red}, {"blue", blue}});
  CHECK(intersection_over_union(found[0], red) > 0.3);
  CHECK(intersection_over_union(found[1], blue) > 0.3);
  const double right = box_overlap(colours, picture, {{"red", red}, {"blue", blue}});
  CHECK(right > 0.3);
  CHECK(box_overlap(colours, picture, {{"red", blue}, {"blue", red}}) < 0.05);
  CHECK(box_binding(colours, picture, {{"red", red}, {"blue", blue}}) == 1);
  CHECK(box_binding(colours, picture, {{"red", blue}, {"blue", red}}) == 0);
  CHECK(box_binding(colours, picture, {{"red", red}, {"blue", red}}) == 0.5);
  CHECK(box_binding(colours, picture, {{"red", {0, 0, 0.001, 0.001}}}) == 1);
}
