// Base training: the loss weights follow their formulas, offset noise, and training from a model folder.
#include "trainer/base.h"

#include <ATen/ATen.h>

#include <cmath>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

double weight_at(const NoiseSchedule& schedule, Prediction prediction, int64_t t) {
  const Tensor t_N = at::tensor({t}, at::kLong);
  return min_snr_weight(prediction, {schedule.a(t_N), schedule.s(t_N)}).item<double>();
}

double loss_of(Stage& stage) { return toy::loss_at(stage).item<double>(); }

// The latents of a set at another size.
LatentSet resized(LatentSet set, int64_t size) {
  set.moments = at::upsample_nearest2d(set.moments.to(at::kFloat), {size, size}).to(at::kHalf);
  return set;
}

}  // namespace

TEST_CASE("min-SNR weights are min(SNR, 5) / SNR of epsilon and min(SNR, 5) / (SNR + 1) of v", "[trainer][torch]") {
  const NoiseSchedule schedule{ScheduleConfig()};
  // SNR of Stable Diffusion's schedule, as published; 146 is the last timestep with an SNR of at least 5.
  const auto [t, snr] = GENERATE(table<int64_t, double>(
      {{0, 1175.47}, {124, 6.32105}, {249, 2.08102}, {499, 0.384408}, {749, 0.0600222}, {999, 0.00468192}}));
  CHECK(weight_at(schedule, Prediction::epsilon, t) == Approx(std::min(snr, 5.0) / snr).epsilon(1e-4));
  CHECK(weight_at(schedule, Prediction::v, t) == Approx(std::min(snr, 5.0) / (snr + 1)).epsilon(1e-4));
  CHECK(weight_at(schedule, Prediction::epsilon, 146) == Approx(1).epsilon(0.02));
}

TEST_CASE("both predictions weigh the error of x0 alike", "[trainer][torch]") {
  const NoiseSchedule schedule{ScheduleConfig()};
  const int64_t t = GENERATE(0, 100, 146, 500, 999);
  const double snr = std::pow(schedule.a(t) / schedule.s(t), 2);
  // eps-MSE = SNR x0-MSE and v-MSE = (SNR + 1) x0-MSE
  CHECK(weight_at(schedule, Prediction::epsilon, t) * snr ==
        Approx(weight_at(schedule, Prediction::v, t) * (snr + 1)).epsilon(1e-3));
}

TEST_CASE("min-SNR weights and losses are finite where the last timestep has no signal", "[trainer][torch]") {
  const NoiseSchedule schedule({.zero_terminal_snr = true});
  CHECK(weight_at(schedule, Prediction::epsilon, 999) == 1);
  CHECK(weight_at(schedule, Prediction::v, 999) == 0);
  LatentSet set = toy::latents();
  BaseConfig config = toy::predicting(GENERATE(Prediction::epsilon, Prediction::v));
  config.schedule = {.steps = 2, .zero_terminal_snr = true};  // half of all examples
  config.weight = LossWeight::min_snr;
  const LoopConfig loop{.iterations = 4, .batch = 8};
  BaseStage stage(toy::unet(), config, loop, set);
  CHECK_NOTHROW(Loop(stage, loop, {}).run_to(4));
}

TEST_CASE("the weighted loss is the mean of weighted squared errors", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  BaseConfig config = toy::predicting(Prediction::v);
  config.weight = LossWeight::min_snr;
  BaseStage stage(toy::unet(), config, {.batch = 8}, set);  // it predicts 0, because its last layer starts at zero
  const LatentBatch batch = stage.draw({0, generator_for(1, 0)});
  const NoiseSchedule schedule{ScheduleConfig()};
  double wanted = 0;
  for (int64_t i = 0; i < 8; ++i) {
    const int64_t t = batch.t_N[i].item<int64_t>();
    const double a = schedule.a(t), s = schedule.s(t), snr = a * a / (s * s);
    const Tensor v = a * batch.noise_NCHW[i] - s * batch.x0_NCHW[i];
    wanted += std::min(snr, 5.0) / (snr + 1) * v.square().mean().item<double>() / 8;
  }
  CHECK(stage.loss(batch, {}).item<double>() == Approx(wanted).epsilon(1e-5));
}

TEST_CASE("offset noise shifts whole channels and changes nothing else that is drawn", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  BaseConfig config;
  BaseStage plain(toy::unet(), config, {.batch = 10}, set);
  config.noise_offset = 0.1;
  BaseStage offset(toy::unet(), config, {.batch = 10}, set);
  const LatentBatch before = plain.draw({0, generator_for(1, 0)}), after = offset.draw({0, generator_for(1, 0)});
  for (const auto field : {&LatentBatch::x0_NCHW, &LatentBatch::t_N, &LatentBatch::text_NSC})
    CHECK(at::equal(before.*field, after.*field));
  const Tensor shift = after.noise_NCHW - before.noise_NCHW;
  const Tensor of_channels = shift.mean({2, 3}, /*keepdim=*/true);
  CHECK(at::allclose(shift, of_channels.expand_as(shift), 0, 1e-5));
  CHECK(of_channels.std().item<double>() == Approx(0.1).margin(0.05));
}

TEST_CASE("training goes on from a model folder at another size of the same network", "[trainer][torch]") {
  const std::string folder = toy::model("half_size");
  const LatentSet set = resized(toy::latents(), 16);
  CHECK_THROWS_WITH(open_predecessor(folder, set), Contains("unet.size is 8; the latents have 16"));
  const Predecessor start = open_predecessor_of_any_size(folder, set);
  CHECK(start.spec().size == 16);
  const LoopConfig loop{.iterations = 2, .batch = 4};
  BaseStage stage(start.unet(), {}, loop, set);
  const auto small = load_part(folder, "unet", make_plan(toy::unet()));
  for (const auto& [name, weight] : trained_weights(*small)) CHECK(at::equal(weight, stage.weights().at(name)));
  CHECK_NOTHROW(Loop(stage, loop, {}).run_to(2));
}

TEST_CASE("a network of other latents or text is no start, and both numbers are named", "[trainer][torch]") {
  const std::string folder = toy::model("other_latents");
  LatentSet set = toy::latents();
  SECTION("latents") {
    set.moments = at::cat({set.moments, set.moments}, 1);
    CHECK_THROWS_WITH(open_predecessor_of_any_size(folder, set),
                      Contains(folder) && Contains("unet.latent_channels is 2; the latents have 4"));
  }
  SECTION("text") {
    set.text = at::cat({set.text, set.text}, 2);
    CHECK_THROWS_WITH(open_predecessor_of_any_size(folder, set),
                      Contains(folder) && Contains("unet.text_width is 6; the latents have 12"));
  }
}

TEST_CASE("an epsilon network that goes on with v learns to predict it", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig loop{.iterations = 80, .batch = 8, .seed = 1};
  const OptimizerConfig optimizer{.lr = 1e-2, .warmup = 5, .ema = 0.9};
  BaseStage epsilon(toy::unet(), toy::predicting(Prediction::epsilon), loop, set);
  Loop(epsilon, loop, optimizer).run_to(80);
  ModelCard card;
  card.prediction = Prediction::epsilon;
  const std::string folder = toy::model("epsilon", card);
  save_part(folder, "unet", epsilon.weights(), at::kFloat);

  BaseStage converted(open_predecessor_of_any_size(folder, set).unet(), toy::predicting(Prediction::v), loop, set);
  const double before = loss_of(converted);
  Loop(converted, loop, optimizer).run_to(80);
  CHECK(loss_of(converted) < 0.7 * before);
}

TEST_CASE("pictures of another size than the configuration's are refused", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  BaseConfig config;
  config.size = 64;
  CHECK_NOTHROW(BaseStage(toy::unet(), config, {}, set));
  config.size = 128;
  CHECK_THROWS_WITH(BaseStage(toy::unet(), config, {}, set), Contains("stage.size is 128; the latents are of 64 px"));
}
