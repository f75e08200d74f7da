// Tuning: what is added to a model that stays as it is.
#include "trainer/tune.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <set>

#include "pipeline/adapter.h"
#include "pipeline/edges.h"
#include "pipeline/encode.h"
#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

// A model folder with a seeded UNet, and a decoder for the toy's latents.
struct Model {
  std::string folder = toy::temporary("tuned");
  LatentSet latents = toy::latents();

  explicit Model(int64_t steps = 4) {
    ModelCard card;
    card.unet = toy::unet();
    card.schedule = ScheduleConfig{};
    card.latent_scale = latents.scale;
    card.sampler.steps = steps;
    DecoderSpec decoder{.size = 64, .latent_channels = 2, .widths = {4, 4, 4, 4}, .blocks = 1, .groups = 2};
    card.vae_decoder = decoder;
    save_card(folder, card);
    const auto save = [&](const char* part, const Plan& plan, uint64_t seed) {
      const auto network = make_network(plan);
      initialise(*network, seed);
      save_part(folder, part, weights_of(*network), at::kFloat);
    };
    save("unet", make_plan(*card.unet), 1);
    save("vae_decoder", make_plan(decoder), 2);
  }
};

}  // namespace

TEST_CASE("edges of latents are those of the decoded pictures, whether found now or before") {
  Model model;
  const auto decoder = [&] {
    return load_part(model.folder, "vae_decoder", make_plan(*load_card(model.folder).vae_decoder));
  };
  LatentEdges edges({decoder(), model.latents.scale}, {.low = 10, .high = 20}, 2);
  const Tensor moments = model.latents.moments.slice(0, 0, 3), control = edges.of(moments);
  CHECK(control.sizes() == at::IntArrayRef({3, 2, 64, 64}));
  const auto own = decoder();
  const Tensor pictures = decode_latents(*own, posterior(moments).mode());
  CHECK(at::equal(control, edge_controls(pictures, {.low = 10, .high = 20}).slice(1, 0, 2)));
  CHECK(control.sum().item<float>() > 0);
  CHECK(at::equal(edges.of(moments.flip(0)), control.flip(0)));
}

TEST_CASE("tuning without anything to train is refused", "[trainer][torch]") {
  const Model model;
  CHECK_THROWS_WITH(TuneStage({.start = model.folder}, {}, model.latents), Contains("needed: adapter or lora"));
}

TEST_CASE("a LoRA trains at the sampler's timesteps, lowers the loss and leaves the model as it is",
          "[trainer][torch]") {
  const int64_t steps = GENERATE(1, 4);
  Model model(steps);
  const TensorMap before = load_tensors(part_file(model.folder, "unet")).tensors;
  const LoopConfig loop{.iterations = 60, .batch = 8};
  TuneStage stage({.start = model.folder, .lora = LoraConfig{.rank = 2, .layers = {"*"}}}, loop, model.latents);
  std::set<int64_t> timesteps;
  for (int64_t i = 0; i < 8; ++i) {
    const Tensor t = stage.draw({i, generator_for(1, i)}).t_N;
    for (int64_t row = 0; row < t.numel(); ++row) timesteps.insert(t[row].item<int64_t>());
  }
  CHECK(int64_t(timesteps.size()) == steps);
  CHECK(*timesteps.rbegin() == 999);
  const double first = toy::loss_at(stage).item<double>();
  Loop(stage, loop, {.lr = 1e-2, .warmup = 0, .weight_decay = 0}).run_to(loop.iterations);
  CHECK(toy::loss_at(stage).item<double>() < 0.9 * first);
  const Lora lora = stage.lora(stage.weights());
  const auto merged = load_part(model.folder, "unet", make_plan(toy::unet()));
  for (const auto& [name, weight] : weights_of(*merged)) CHECK(at::equal(weight, before.at(name)));
  CHECK(lora.parts.at("unet").at("down1.0.attn.0.sa.q").rank() == 2);
  CHECK(lora.parts.at("unet").at("down1.0.attn.0.sa.q").up.abs().max().item<double>() > 0);
}
