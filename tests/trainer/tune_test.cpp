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

TEST_CASE("grounding is all that is trained, and begins without effect") {
  Model model;
  LatentSet& latents = model.latents;
  const int64_t n = latents.count();
  TuneConfig config{.start = model.folder,
                    .grounding = GroundingTuning{.boxes = 3, .box_width = 8, .layout_dropout = 0}};
  const LoopConfig loop{.batch = 4, .seed = 1};
  CHECK_THROWS_WITH(TuneStage(config, loop, latents), Contains("holds no layouts"));
  latents.layouts = {
      .boxes_NB4 = at::rand({n, 1, 4}), .phrases_NBC = at::ones({n, 1, 6}, at::kHalf), .mask_NB = at::ones({n, 1})};

  TuneStage stage(config, loop, latents);
  const TensorMap weights = stage.weights();
  CHECK(weights.contains("unet.position.0.weight"));
  CHECK(!weights.contains("unet.conv_in.weight"));
  const UNetSpec grounded = *stage.card().model.unet;
  int64_t count = 0;
  for (const auto& [name, weight] : weights) count += weight.numel();
  CHECK(count == cost(make_plan(grounded)).params - cost(make_plan(toy::unet())).params);
  CHECK(stage.card().model.base == model.folder);
  const TuneBatch batch = stage.draw({0, generator_for(1, 0)});
  CHECK(batch.layouts.boxes_NB4.sizes() == std::vector<int64_t>{4, 3, 4});
  CHECK(at::equal(batch.layouts.mask_NB.sum(1), at::ones({4})));
  TuneBatch plain = batch;
  plain.layouts = {};
  const torch::NoGradGuard no_grad;
  CHECK(at::equal(stage.loss(batch, {}), stage.loss(plain, {})));
}

TEST_CASE("a level without stacks, and a UNet that reads layouts already, cannot be grounded") {
  const UNetSpec unet = toy::unet();
  CHECK(reads_layout(grounded(unet, {}, "here")));
  CHECK(grounded(unet, {.levels = {1}}, "here") == grounded(unet, {}, "here"));
  CHECK_THROWS_WITH(grounded(unet, {.levels = {2}}, "here"),
                    "stage.grounding.levels holds 2; levels of here with transformer stacks: 1");
  CHECK_THROWS_WITH(grounded(unet, {.levels = {7}}, "here"), Contains("levels holds 7"));
  CHECK_THROWS_WITH(grounded(grounded(unet, {}, "here"), {}, "here"), Contains("here: its UNet reads layouts already"));
}

TEST_CASE("a tuning adds one thing") {
  Model model;
  CHECK_THROWS_WITH(TuneStage({.start = model.folder}, {}, model.latents), Contains("trains nothing"));
  CHECK_THROWS_WITH(
      TuneStage({.start = model.folder, .adapter = AdapterTuning{}, .grounding = GroundingTuning{}}, {}, model.latents),
      Contains("trains two additions"));
}

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
