// What both players of a contest see, and the penalty of a discriminator whose slopes are known.
#include "trainer/contest.h"

#include <ATen/ATen.h>

#include <cmath>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;

namespace {

constexpr double no_clamp = INFINITY;
const std::vector<int64_t> sizes{4, 2, 8, 8};

Contest contest(const ContestConfig& config, double clamp = no_clamp) {
  return {config, clamp, NoiseSchedule(ScheduleConfig{}), {.batch = 4}};
}

Tensor timesteps_of(int64_t n) { return at::full({n}, 300, at::kLong); }
Tensor texts(int64_t n) { return at::zeros({n, 3, 6}); }

}  // namespace

TEST_CASE("the penalty of a linear discriminator is its squared slope", "[trainer][torch]") {
  const int64_t n = 4096;
  const std::vector<int64_t> many{n, 2, 8, 8};
  const Tensor slope = at::randn({2 * 8 * 8, 1}, generator_for(1, 0)), x0 = at::zeros(many);
  const auto loss = [&](const SlopeConfig& r1) {
    Contest with = contest({.r1 = r1, .augment = {}});
    return with
        .discriminator_loss({x0, x0}, texts(n), with.draw(timesteps_of(n), many, generator_for(2, 0), /*step=*/0),
                            [&](const Tensor& x, const UNetInputs&) { return at::mm(x.flatten(1), slope); })
        .item<double>();
  };
  const double penalty = loss({.weight = 3, .deviation = 0.2, .every = 5}) - loss({});
  CHECK(penalty == Approx(3 * 5 * 0.04 * slope.square().sum().item<double>()).epsilon(0.1));
}

TEST_CASE("the penalty comes in every so-manieth step of the discriminator and never in the generator's",
          "[trainer][torch]") {
  const Contest with = contest({.r1 = {.weight = 1, .every = 3}, .augment = {}});
  const auto penalised = [&](std::optional<int64_t> step) {
    return with.draw(timesteps_of(4), sizes, generator_for(1, 0), step).slope_NCHW.defined();
  };
  CHECK(penalised(0));
  CHECK(!penalised(1));
  CHECK(!penalised(2));
  CHECK(penalised(3));
  CHECK(!penalised({}));
  CHECK(!contest({}).draw(timesteps_of(4), sizes, generator_for(1, 0), 0).slope_NCHW.defined());
}

TEST_CASE("real and drawn latents, and those of the generator's loss, are changed in the same way",
          "[trainer][torch]") {
  Contest with = contest({.r1 = {}, .augment = {.probability = 0.7}});
  Sight sight = with.draw(timesteps_of(4), sizes, generator_for(1, 0));
  sight.noise_drawn_NCHW.zero_();
  sight.noise_real_NCHW.zero_();
  const Tensor x0 = at::randn(sizes, generator_for(2, 0));
  std::vector<Tensor> seen;
  const LogitsOf logits = [&](const Tensor& x, const UNetInputs& inputs) {
    CHECK(inputs.t_N.size(0) == x.size(0));
    CHECK(inputs.text_NSC.size(0) == x.size(0));
    seen.push_back(x);
    return x.flatten(1);
  };
  with.discriminator_loss({x0, x0}, texts(4), sight, logits);
  with.generator_loss(x0, texts(4), sight, logits);
  CHECK(at::equal(seen[0].slice(0, 0, 4), seen[0].slice(0, 4)));
  CHECK(at::equal(seen[0].slice(0, 0, 4), seen[1]));
  CHECK((seen[1] - NoiseSchedule(ScheduleConfig{}).a(300) * x0).abs().max().item<double>() > 0.1);
}

TEST_CASE("logits beyond the clamp give no gradient on the right side alone", "[trainer][torch]") {
  Contest with = contest({}, 0.5);
  const Sight sight = with.draw(timesteps_of(4), sizes, generator_for(1, 0));
  const auto slope_at = [&](double level) {
    const Tensor logit = at::full({1}, level).requires_grad_();
    with.generator_loss(at::zeros(sizes), texts(4), sight,
                        [&](const Tensor& x, const UNetInputs&) { return logit.expand({x.size(0)}).unsqueeze(1); })
        .backward();
    return logit.grad().item<double>();
  };
  CHECK(slope_at(0.6) == 0);
  CHECK(slope_at(0.4) < 0);
  CHECK(slope_at(-3) < 0);
}
