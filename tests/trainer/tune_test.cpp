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
      const torch::NoGradGuard no_grad;
      for (Tensor weight : network->parameters()) weight.add_(0.02);  // so that no gradient is zero
      save_part(folder, part, weights_of(*network), at::kFloat);
    };
    save("unet", make_plan(*card.unet), 1);
    save("vae_decoder", make_plan(decoder), 2);
  }
};

// Names the folders around the model, whose cards are read, and says that the latents were made with them.
EncoderFolders around(Model& model, int64_t decoded = 64) {
  const std::string clip = toy::temporary("tuned_clip"), vae = toy::temporary("tuned_vae");
  ModelCard towers;
  towers.image_encoder = ImageTowerSpec{};
  towers.image_normalisation = ImageNormalisation{};
  towers.text_encoder = TextTowerSpec{};
  towers.tokenizer = TokenizerConfig{};
  save_card(clip, towers);
  ModelCard autoencoder;
  DecoderSpec decoder{.size = decoded, .latent_channels = 2, .widths = {4, 4, 4, 4}, .blocks = 1, .groups = 2};
  if (decoded == 32) decoder.widths = {4, 4, 4};
  autoencoder.vae_decoder = decoder;
  autoencoder.latent_scale = model.latents.scale;
  save_card(vae, autoencoder);
  const auto network = make_network(make_plan(decoder));
  initialise(*network, 2);
  save_part(vae, "vae_decoder", weights_of(*network), at::kFloat);
  const EncoderFolders folders{vae, clip, clip};
  model.latents.encoders = encoder_hashes(folders);
  return folders;
}

}  // namespace

TEST_CASE("an adapter is all that is trained, at the timesteps of the sampler, and begins without effect") {
  Model model(4);
  TuneConfig config{.start = model.folder, .data = {.encoders = around(model)}, .adapter = AdapterTuning{}};
  TuneStage stage(config, {.batch = 16, .seed = 1}, model.latents);
  const AdapterSpec spec = *stage.card().model.adapter;
  int64_t count = 0;
  for (const auto& [name, weight] : stage.weights()) count += weight.numel();
  CHECK(count == cost(make_plan(spec)).params);
  CHECK_FALSE(stage.card().model.unet);

  const TuneBatch batch = stage.draw({0, generator_for(1, 0)});
  CHECK(batch.control_NCHW.sizes() == at::IntArrayRef({16, 1, 64, 64}));
  const auto* t = batch.t_N.const_data_ptr<int64_t>();
  CHECK(std::set<int64_t>(t, t + 16) == std::set<int64_t>{999, 749, 499, 249});
  TuneBatch dark = batch;
  dark.control_NCHW = at::zeros_like(batch.control_NCHW);
  CHECK(at::equal(stage.loss(batch, {}), stage.loss(dark, {})));
  stage.loss(batch, {}).backward();
  bool learns = false;
  for (const auto& [name, weight] : stage.weights())
    learns |= weight.grad().defined() && weight.grad().abs().max().item<float>() > 0;
  CHECK(learns);
}

TEST_CASE("cubic timesteps are more often noisy, and a share of a batch finds the edges of its own pictures") {
  Model model(4);
  TuneConfig config{.start = model.folder,
                    .data = {.encoders = around(model)},
                    .timesteps = TunedTimesteps::cubic,
                    .adapter = AdapterTuning{}};
  TuneStage stage(config, {.batch = 64, .seed = 1}, model.latents);
  const TuneBatch whole = stage.draw({0, generator_for(1, 0)});
  CHECK(whole.t_N.min().item<int64_t>() >= 0);
  CHECK((whole.t_N >= 500).sum().item<int64_t>() > 40);
  const TuneBatch part = stage.draw({0, generator_for(1, 0), Share{16, 32}});
  CHECK(at::equal(part.t_N, whole.t_N));
  CHECK(at::equal(part.control_NCHW.slice(0, 16, 48), whole.control_NCHW.slice(0, 16, 48)));
  CHECK(part.control_NCHW.slice(0, 0, 16).abs().sum().item<float>() == 0);
}

TEST_CASE("a share of the captions is another picture's, in each part of a batch the same") {
  Model model;
  TuneConfig config{.start = model.folder, .lora = LoraConfig{}};
  const auto text = [&](double share, std::optional<Share> part = {}) {
    config.caption_swap = share;
    TuneStage stage(config, {.batch = 8, .seed = 1}, model.latents);
    return stage.draw({0, generator_for(1, 0), part}).text_NSC;
  };
  const Tensor own = text(0), others = text(1), mixed = text(0.5);
  const auto same_rows = [](const Tensor& a, const Tensor& b) { return a.eq(b).flatten(1).all(1); };
  CHECK(same_rows(own, others).sum().item<int64_t>() < 4);
  CHECK(same_rows(mixed, own).logical_or(same_rows(mixed, others)).all().item<bool>());
  CHECK_FALSE(at::equal(mixed, own));
  CHECK(at::equal(text(0.5, Share{2, 4}).slice(0, 2, 6), mixed.slice(0, 2, 6)));
}

TEST_CASE("an adapter needs an autoencoder of factor 8") {
  Model model(4);
  const TuneConfig config{.start = model.folder, .data = {.encoders = around(model, 32)}, .adapter = AdapterTuning{}};
  CHECK_THROWS_WITH(TuneStage(config, {.batch = 2}, model.latents),
                    Contains("stage.adapter reads pictures of 64, 8 a latent") && Contains("decodes to 32"));
}

TEST_CASE("grounding is all that is trained, and begins without effect") {
  Model model;
  LatentSet& latents = model.latents;
  const int64_t n = latents.count();
  const bool once = GENERATE(false, true);
  TuneConfig config{
      .start = model.folder,
      .grounding = GroundingTuning{.once = once, .ff = !once, .boxes = 3, .box_width = 8, .layout_dropout = 0}};
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

  config.lora = LoraConfig{.rank = 2, .layers = {"*"}};
  for (const auto& [name, weight] : TuneStage(config, loop, latents).weights()) {
    INFO(name);
    const bool of_layout = name.find("box") != name.npos || name.find("position") != name.npos;
    CHECK_FALSE((name.starts_with("lora.") && of_layout));
  }
}

TEST_CASE("a level without stacks, and a UNet that reads layouts already, cannot be grounded") {
  const UNetSpec unet = toy::unet();
  CHECK(reads_layout(grounded(unet, {}, "here")));
  CHECK(grounded(unet, {.levels = {1}}, "here") == grounded(unet, {}, "here"));
  const UNetSpec light = grounded(unet, {.once = true, .ff = false}, "here");
  CHECK(cost(make_plan(light)).params < cost(make_plan(grounded(unet, {}, "here"))).params);
  CHECK_THROWS_WITH(grounded(unet, {.levels = {2}}, "here"),
                    "stage.grounding.levels holds 2; levels of here with transformer stacks: 1");
  CHECK_THROWS_WITH(grounded(unet, {.levels = {7}}, "here"), Contains("levels holds 7"));
  CHECK_THROWS_WITH(grounded(grounded(unet, {}, "here"), {}, "here"), Contains("here: its UNet reads layouts already"));
}

TEST_CASE("a tuning adds one thing, or grounding with low-rank updates") {
  Model model;
  CHECK_THROWS_WITH(TuneStage({.start = model.folder}, {}, model.latents), Contains("adds 0 things; needed: one of"));

  CHECK_THROWS_WITH(
      TuneStage({.start = model.folder, .adapter = AdapterTuning{}, .grounding = GroundingTuning{}}, {}, model.latents),
      Contains("adds 2 things"));
}

TEST_CASE("a ControlNet begins as a copy of the way down and without effect") {
  Model model(4);
  const TuneConfig config{.start = model.folder,
                          .data = {.encoders = around(model)},
                          .controlnet = ControlNetTuning{.hint_widths = {4, 4, 8, 8}}};
  TuneStage stage(config, {.batch = 4, .seed = 1}, model.latents);
  const TensorMap weights = stage.weights(), own = load_tensors(part_file(model.folder, "unet")).tensors;
  CHECK(at::equal(weights.at("controlnet.conv_in.weight"), own.at("conv_in.weight")));
  CHECK(weights.at("controlnet.zero.0.weight").abs().max().item<float>() == 0);
  const TuneBatch batch = stage.draw({0, generator_for(1, 0)});
  TuneBatch dark = batch;
  dark.control_NCHW = at::zeros_like(batch.control_NCHW);
  CHECK(at::equal(stage.loss(batch, {}), stage.loss(dark, {})));
  stage.loss(batch, {}).backward();
  CHECK(weights.at("controlnet.zero.0.weight").grad().abs().max().item<float>() > 0);
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
  const Lora lora = dynamic_cast<const LoraAddition&>(*stage.additions().at(0)).lora(stage.weights());
  const auto merged = load_part(model.folder, "unet", make_plan(toy::unet()));
  for (const auto& [name, weight] : weights_of(*merged)) CHECK(at::equal(weight, before.at(name)));
  CHECK(lora.parts.at("unet").at("down1.0.attn.0.sa.q").rank() == 2);
  CHECK(lora.parts.at("unet").at("down1.0.attn.0.sa.q").up.abs().max().item<double>() > 0);
}
