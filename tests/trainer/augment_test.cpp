// Augmented latents are what a loop over their elements makes of them, and an adaptive probability follows the signs.
#include "trainer/augment.h"

#include <ATen/ATen.h>

#include "tests/catch.h"
#include "tests/trainer/together.h"
#include "tests/trainer/toy.h"

using namespace mds;

namespace {

constexpr float never = 1;  // as a row's number; below the probability: always
constexpr int64_t side = 8;

Augmentation certain(double shift, double cutout) { return {{.probability = 1, .shift = shift, .cutout = cutout}, {}}; }

Tensor latents(int64_t n) { return at::randn({n, 2, side, side}, generator_for(3, 0)) + 1; }

// The element that comes to (row, column) of an example's channel, or its mean where that is outside.
double moved(const Tensor& channel, int64_t row, int64_t column) {
  const bool inside = row >= 0 && row < side && column >= 0 && column < side;
  return (inside ? channel[row][column] : channel.mean()).item<double>();
}

}  // namespace

TEST_CASE("a shift moves latents by whole places, and their mean comes in", "[trainer][torch]") {
  const Tensor x = latents(3);
  // Of 5 places from -2 to 2, these are (-2, 1), (0, 2) and (2, -1).
  const Tensor rows = at::tensor({0.f, .1f, .7f, never, 0.f, 0.f,   //
                                  0.f, .5f, .99f, never, 0.f, 0.f,  //
                                  0.f, .9f, .3f, never, 0.f, 0.f})
                          .view({3, 6});
  const std::vector<std::pair<int64_t, int64_t>> by{{-2, 1}, {0, 2}, {2, -1}};
  const Tensor changed = certain(0.25, 0.5).apply(x, rows);
  for (int64_t n = 0; n < 3; ++n)
    for (int64_t i = 0; i < 2 * side * side; ++i) {
      const int64_t c = i / (side * side), row = i / side % side, column = i % side;
      const auto& [down, right] = by[size_t(n)];
      CHECK(changed[n][c][row][column].item<double>() ==
            Approx(moved(x[n][c], row - down, column - right)).margin(1e-5));
    }
}

TEST_CASE("a cut hides a square, or what of it is inside, behind the mean", "[trainer][torch]") {
  const Tensor x = latents(2);
  const Tensor rows = at::tensor({never, 0.f, 0.f, 0.f, .5f, .99f, never, 0.f, 0.f, 0.f, .5f, .5f}).view({2, 6});
  const Tensor off = (certain(0.25, 0.5).apply(x, rows) - x).abs() > 1e-4;
  const auto hidden = [&](int64_t n) { return off[n][0].sum().item<int64_t>(); };
  CHECK(hidden(0) == 4 * 2);  // its centre is on the edge
  CHECK(hidden(1) == 4 * 4);
  CHECK(at::equal(off.select(1, 0), off.select(1, 1)));
}

TEST_CASE("colours change by brightness, then saturation, then contrast", "[trainer][torch]") {
  const Tensor x = at::tensor({0.2f, -0.4f, 0.5f, 0.f, 0.8f, 0.4f}).view({1, 3, 1, 2});
  const Augmentation colour({.probability = 1, .shift = 0, .cutout = 0, .colour = true}, {});
  const Tensor rows = at::tensor({never, 0.f, 0.f, never, 0.f, 0.f, 0.f, .8f, .25f, .9f}).view({1, 10});
  // Of the pixels' means 0.5 and 0, after 0.3 more 0.8 and 0.3: half the saturation, then 1.4 times away from 0.55.
  const Tensor wanted = at::tensor({0.55f + 1.4f * 0.1f, 0.55f + 1.4f * -0.45f, 0.55f + 1.4f * 0.25f,
                                    0.55f + 1.4f * -0.25f, 0.55f + 1.4f * 0.4f, 0.55f + 1.4f * -0.05f})
                            .view({1, 3, 1, 2});
  CHECK((colour.apply(x, rows) - wanted).abs().max().item<double>() < 1e-6);
  CHECK(colour.draw(5, generator_for(1, 0)).size(1) == 10);
}

TEST_CASE("a change is linear, and its gradient is the transposed one", "[trainer][torch]") {
  const Augmentation augmentation = certain(0.125, 0.25);
  const Tensor rows = augmentation.draw(16, generator_for(5, 0)), y = at::randn({16, 2, side, side});
  Tensor x = latents(16).requires_grad_();
  const Tensor out = (augmentation.apply(x, rows) * y).sum();
  out.backward();
  CHECK((x.grad() * x).sum().item<double>() == Approx(out.item<double>()).epsilon(1e-4));
}

TEST_CASE("examples that chance leaves as they are keep their bits", "[trainer][torch]") {
  const Augmentation some({.probability = 0.3}, {});
  const Tensor x = latents(64), rows = some.draw(64, generator_for(1, 0)), out = some.apply(x, rows);
  const Tensor kept = (rows.select(1, 0) >= 0.3).logical_and(rows.select(1, 3) >= 0.3);
  CHECK(kept.sum().item<int64_t>() > 10);
  CHECK(at::equal(out.index({kept}), x.index({kept})));
  CHECK(!Augmentation({}, {}).draw(4, generator_for(1, 0)).defined());
  CHECK(at::equal(Augmentation({.adaptive = true}, {}).apply(x, rows), x));
}

TEST_CASE("every fourth step an adaptive probability rises where real examples are too sure, and falls where not",
          "[trainer][torch]") {
  Augmentation adaptive({.adaptive = true, .rise = 160}, {.batch = 4});  // a tenth in 16 examples
  int64_t step = 0;
  const auto after = [&](double logit, int64_t steps) {
    for (const int64_t end = step + steps; step < end; ++step) {
      adaptive.observe(at::full({4, 8}, logit));
      adaptive.adapt(step);
    }
    return adaptive.probability();
  };
  CHECK(after(1, 3) == 0);
  CHECK(after(1, 1) == Approx(0.1));
  CHECK(after(2, 8) == Approx(0.3));
  CHECK(after(-1, 4) == Approx(0.2));
  CHECK(after(-1, 40) == 0);
  CHECK(after(1, 100) == 1);
}

TEST_CASE("processes adapt to the signs of all", "[trainer][torch][parallel]") {
  std::vector<double> found(2);
  toy::together(2, [&](const RanksPtr& ranks) {
    LoopConfig loop{.batch = 4};
    loop.ranks = ranks;
    Augmentation adaptive({.adaptive = true, .target = 0.1, .rise = 160}, loop);
    adaptive.observe(at::tensor(ranks->lead() ? std::vector{1.f, 1.f, 1.f} : std::vector{-1.f, -1.f, 1.f}));
    for (const int64_t step : {0, 1, 2, 3}) adaptive.adapt(step);
    found[size_t(ranks->rank())] = adaptive.probability();
  });
  CHECK(found == std::vector{0.1, 0.1});
}
