// The discriminator of decoded pictures: what it computes, what of it is trained, and what does not fit it.
#include "trainer/projected_discriminator.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>

#include "networks/autoencoder.h"
#include "networks/efficientnet.h"
#include "tests/catch.h"
#include "tests/trainer/toy.h"
#include "trainer/contest.h"
#include "trainer/player.h"

using namespace mds;
using Catch::Contains;

namespace {

NetworkPtr seeded(Plan plan) {
  auto network = make_network(std::move(plan));
  initialise(*network, /*seed=*/3);
  return network;
}

// A classifier with random weights.
std::string classifier() {
  const std::string file = toy::temporary("classifier.safetensors");
  save_tensors(file, {.tensors = weights_of(*seeded(make_plan(EfficientNetSpec{}))), .metadata = {}});
  return file;
}

LatentDecoder decoder(int64_t side) {
  return {seeded(make_plan(DecoderSpec{.size = side, .latent_channels = 2, .widths = {4, 4, 4, 4}, .blocks = 1})),
          toy::latents().scale};
}

Tensor latents(int64_t n, double level) {
  return level + 0.1 * at::randn({n, 2, 8, 8}, generator_for(4, int64_t(100 * level)));
}

}  // namespace

TEST_CASE("a projected discriminator begins undecided, and only its heads are trained", "[trainer][torch]") {
  const ProjectedDiscriminator made(decoder(64), classifier(), {.seed = 1});
  const Tensor pictures = made.decoded(latents(3, 0));
  CHECK(pictures.sizes() == at::IntArrayRef{3, 3, 64, 64});
  const Tensor logits = made.logits(pictures);
  CHECK(logits.sizes() == at::IntArrayRef{3, 64 + 16 + 4 + 1});
  CHECK(logits.abs().max().item<double>() == 0);
  for (const auto& [name, weight] : made.weights()) CHECK(name.starts_with("projected."));
}

TEST_CASE("a projected discriminator learns to tell latents by their pictures, and leads a generator to the real ones",
          "[trainer][torch]") {
  const LoopConfig loop{.batch = 8, .seed = 1};
  const ProjectedDiscriminator made(decoder(64), classifier(), loop);
  Contest contest({.r1 = {}, .augment = {.probability = 0.1, .colour = true}}, INFINITY,
                  NoiseSchedule(ScheduleConfig{}), loop, [&](const Tensor& x0) { return made.decoded(x0); });
  const LogitsOf logits = [&](const Tensor& x, const UNetInputs&) { return made.logits(x); };
  const Tensor drawn = latents(8, -2), real = latents(8, 2), text = at::zeros({8, 3, 6});
  Optimizer optimizer(made.weights(), {.lr = 1e-2, .warmup = 0, .beta1 = 0, .weight_decay = 0}, 40);
  double first = 0, last = 0;
  for (int64_t step = 0; step < 40; ++step) {
    const Sight sight = contest.draw(at::zeros({8}, at::kLong), drawn.sizes(), generator_for(5, step), step);
    optimizer.zero_grad();
    const Tensor loss = contest.discriminator_loss({drawn, real}, text, sight, logits);
    loss.backward();
    optimizer.step(optimizer.gradient_norm());
    last = loss.item<double>();
    if (step == 0) first = last;
  }
  CHECK(first == Approx(2 * std::log(2.0)));
  CHECK(last < 0.9 * first);
  optimizer.train(false);
  const Tensor x0 = drawn.clone().requires_grad_();
  const Sight sight = contest.draw(at::zeros({8}, at::kLong), drawn.sizes(), generator_for(6, 0));
  contest.generator_loss(x0, text, sight, logits).backward();
  CHECK((x0.grad() * (real - drawn)).sum().item<double>() < 0);
}

TEST_CASE("pictures that a projected discriminator cannot halve, and penalties that it lacks, are refused",
          "[trainer][torch]") {
  CHECK_THROWS_WITH(ProjectedDiscriminator(decoder(32), classifier(), {}),
                    Contains("decoded pictures are of 32 px; allowed: multiples of 32 from 64 on"));
  const auto contest = [](const ContestConfig& config, const PicturesOf& pictures) {
    Contest made(config, INFINITY, NoiseSchedule(ScheduleConfig{}), {}, pictures);
  };
  CHECK_THROWS_WITH(contest({.r1 = {.weight = 1}, .augment = {}}, [](const Tensor& x) { return x; }),
                    Contains("r1.weight is 1.0; allowed with discriminator \"projected\": 0"));
  CHECK_THROWS_WITH(contest({.r1 = {}, .augment = {.colour = true}}, {}), Contains("augment.colour is true"));
}
