// Toy data and models for training: cached latents that a small UNet learns quickly, and a stage with one weight.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/types.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "pipeline/sampler.h"
#include "tests/scratch.h"
#include "trainer/base.h"

namespace mds::toy {

// Toys are too small for several threads, which would wait for each other when tests run in parallel.
inline const bool one_thread = (at::set_num_threads(1), true);

inline std::string temporary(const std::string& name) { return scratch("trainer_" + name).string(); }

inline std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// 12 latents 2 x 8 x 8, each a constant that its text encodes; the last 2 are held out.
inline LatentSet latents() {
  const int64_t n = 12;
  const Tensor value = at::linspace(-2, 2, n).view({n, 1, 1, 1});
  const Tensor mean = value * at::tensor({1.0, -1.0}).to(at::kFloat).view({1, 2, 1, 1}).expand({n, 2, 8, 8});
  LatentSet set;
  set.moments = at::cat({mean, at::full_like(mean, -6)}, 1).to(at::kHalf);
  set.text = (value.view({n, 1, 1}) * seeded_noise({1}, {3, 6})).to(at::kHalf);
  set.empty_text = seeded_noise({2}, {3, 6}).to(at::kHalf);
  set.image_features = seeded_noise({3}, {n, 5})[0];
  set.text_features = seeded_noise({4}, {n, 5})[0];
  set.held_out = at::arange(n) >= n - 2;
  for (int64_t i = 0; i < n; ++i) set.captions.push_back("caption " + std::to_string(i));
  set.scale = {{0, 0}, {1.2, 1.2}};
  set.hash = "toy";
  return set;
}

inline UNetSpec unet() {
  return {.latent_channels = 2,
          .size = 8,
          .text_tokens = 3,
          .text_width = 6,
          .time_width = 16,
          .mid = -1,
          .levels = {LevelSpec{.width = 8, .down = {1}, .up = {0, 1}, .stack = {.head_width = 4}},
                     LevelSpec{.width = 16, .down = {0}, .up = {0, 0}, .conv = ConvKind::separable}}};
}

inline BaseConfig predicting(Prediction prediction) {
  BaseConfig config;
  config.prediction = prediction;
  return config;
}

// A model folder of the toy UNet, whose seeded weights are nowhere zero; stages can start or learn from it.
inline std::string model(const std::string& name, const ModelCard& changed = {}) {
  const std::string folder = temporary(name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  ModelCard card = changed;
  if (!card.unet) card.unet = unet();
  if (!card.schedule) card.schedule = ScheduleConfig{};
  const auto network = make_network(make_plan(*card.unet));
  initialise(*network, /*seed=*/7);
  torch::NoGradGuard no_grad;
  for (auto& weight : network->parameters())
    weight += 0.1 * at::randn(weight.sizes(), generator_for(7, weight.numel()));
  save_part(folder, "unet", trained_weights(*network), at::kFloat);
  save_card(folder, card);
  return folder;
}

// The same model with x0 prediction; one with a `value` answers it everywhere.
inline std::string x0_model(const std::string& name, std::optional<double> value = {}) {
  ModelCard card;
  card.prediction = Prediction::x0;
  const std::string folder = model(name, card);
  if (!value) return folder;
  const auto network = make_network(make_plan(unet()));
  initialise(*network, /*seed=*/7);
  TensorMap weights = trained_weights(*network);
  const torch::NoGradGuard no_grad;
  weights.at("conv_out.weight").zero_();
  weights.at("conv_out.bias").fill_(*value);
  save_part(folder, "unet", weights, at::kFloat);
  return folder;
}

// The loss of the batch of an iteration; all iterations have the same random numbers.
inline Tensor loss_at(Stage& stage, int64_t iteration = 0) {
  return stage.loss_of(stage.batch({iteration, generator_for(1, 0)}), {});
}

// All gradients of the first step, concatenated, float64; the weights do not change.
inline Tensor gradients_of(Stage& stage, const LoopConfig& loop, StepGraphPtr graph = nullptr) {
  const TensorMap weights = stage.weights();
  const PlayerConfig config{.seed = loop.seed,
                            .purpose = 0,
                            .dtype = loop.dtype,
                            .every = 1,
                            .batch = loop.batch,
                            .examples_a_pass = loop.examples_a_pass()};
  Player player(stage, config, Optimizer(weights, {.lr = 0, .clip = 0}, 1), std::move(graph));
  player.step(0);
  std::vector<Tensor> gradients;
  for (const auto& [name, weight] : weights)
    if (weight.grad().defined()) gradients.push_back(weight.grad().flatten());
  return at::cat(gradients).to(at::kDouble);
}

struct IterationBatch {
  Tensor iteration;  // int64, one number
  static void for_each(auto& self, auto&& visit) { visit("iteration", self.iteration); }
};

// The loss is a function `of` the only weight, w = (1, 2, 3).
class OneWeight final : public StageOf<IterationBatch> {
 public:
  explicit OneWeight(std::function<Tensor(const Tensor&, int64_t)> of)
      : of_(std::move(of)), w_(at::arange(1, 4, at::kFloat)) {}
  TensorMap weights() const override { return {{"w", w_}}; }
  IterationBatch draw(const Turn& turn) override { return {at::scalar_tensor(turn.iteration, at::kLong)}; }
  Tensor loss(const IterationBatch& batch, const Observer&) override {
    return of_(w_, batch.iteration.item<int64_t>());
  }

 private:
  std::function<Tensor(const Tensor&, int64_t)> of_;
  Tensor w_;
};

}  // namespace mds::toy
