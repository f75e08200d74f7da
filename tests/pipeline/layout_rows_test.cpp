#include "pipeline/layout_rows.h"

#include <ATen/ATen.h>

#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("a row has its layout's boxes and phrases in its first slots, and zeros in the others", "[pipeline][torch]") {
  const std::vector<PictureLayout> layouts{
      {{"heart", {0, 0, 0.5, 1}}, {"dog", {0.5, 0, 1, 1}}}, {}, {{"sun", {0, 0.25, 1, 1}}}};
  const Tensor phrases = at::arange(6, at::kFloat).view({3, 2});
  const LayoutRows rows = layout_rows(layouts, phrases, 3);
  CHECK(rows.boxes_NB4.sizes() == std::vector<int64_t>{3, 3, 4});
  CHECK(at::equal(rows.mask_NB, at::tensor({1.f, 1.f, 0.f, 0.f, 0.f, 0.f, 1.f, 0.f, 0.f}).view({3, 3})));
  CHECK(at::equal(rows.boxes_NB4[0][1], at::tensor({0.5f, 0.f, 1.f, 1.f})));
  CHECK(at::equal(rows.boxes_NB4[2][0], at::tensor({0.f, 0.25f, 1.f, 1.f})));
  CHECK(at::equal(rows.phrases_NBC[0].slice(0, 0, 2), phrases.slice(0, 0, 2)));
  CHECK(at::equal(rows.phrases_NBC[2][0], phrases[2]));
  CHECK(rows.phrases_NBC[1].abs().max().item<float>() == 0);

  const LayoutRows wider = with_slots(rows, 4);
  CHECK(at::equal(wider.boxes_NB4.slice(1, 0, 3), rows.boxes_NB4));
  CHECK(wider.mask_NB.sizes() == std::vector<int64_t>{3, 4});
  CHECK(wider.mask_NB.select(1, 3).abs().max().item<float>() == 0);
  CHECK_THROWS_WITH(with_slots(rows, 2), Contains("the layouts have up to 3 boxes; the network has 2 slots"));
}

TEST_CASE("more boxes than slots, and boxes for a model without any, are refused", "[pipeline]") {
  const PictureLayout two{{"heart", {0, 0, 0.5, 1}}, {"dog", {0.5, 0, 1, 1}}};
  CHECK_NOTHROW(check_slots(two, 2));
  CHECK_THROWS_WITH(check_slots(two, 1), Contains("the layout has 2 boxes; allowed: at most 1"));
  CHECK_THROWS_WITH(check_slots(two, 0), Contains("the model's UNet reads no layout (its unet.boxes is 0)"));
  CHECK_NOTHROW(check_slots({}, 0));
}

TEST_CASE("a share of the steps is rounded, and at least one step where it is not zero", "[pipeline]") {
  CHECK(grounded_steps(0, 8) == 0);
  CHECK(grounded_steps(0.3, 1) == 1);
  CHECK(grounded_steps(0.3, 8) == 2);
  CHECK(grounded_steps(0.3, 50) == 15);
  CHECK(grounded_steps(1, 8) == 8);
}
