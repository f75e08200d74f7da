// A model folder with random weights that draws 32 x 32 pictures in milliseconds.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>

#include "pipeline/model.h"
#include "pipeline/sampler.h"
#include "spec/describe.h"

namespace mds {

inline ModelCard tiny_card() {
  ModelCard card;
  card.unet = UNetSpec{.latent_channels = 3,
                       .size = 4,
                       .text_tokens = 6,
                       .text_width = 8,
                       .time_width = 16,
                       .mid = -1,
                       .levels = {LevelSpec{.width = 8, .down = {1}, .up = {0, 1}, .stack = {.head_width = 4}}}};
  card.vae_decoder =
      DecoderSpec{.size = 32, .latent_channels = 3, .widths = {8, 8, 8, 8}, .blocks = 1, .mid_blocks = 0};
  card.text_encoder = TextTowerSpec{.vocabulary = 516, .tokens = 6, .width = 8, .layers = 1, .heads = 2, .mlp = 16};
  card.tokenizer = TokenizerConfig{.merges = 2, .pad = -1};
  card.latent_scale = LatentScale{{0, 0.1, -0.1}, {1, 2, 0.5}};
  card.schedule = ScheduleConfig{};
  card.sampler.steps = 3;
  return card;
}

// Reads layouts of up to three boxes.
inline ModelCard tiny_grounded_card() {
  ModelCard card = tiny_card();
  card.unet->levels[0].stack.grounding = true;
  card.unet->boxes = 3;
  card.unet->box_width = 12;
  return card;
}

// Like SD-XL: the states of two text encoders before the last block, pooled text and sizes.
inline ModelCard tiny_card_of_two_encoders() {
  ModelCard card = tiny_card();
  const TextTowerSpec tower{.vocabulary = 516, .tokens = 6, .width = 8, .layers = 2, .heads = 2, .mlp = 16};
  TextTowerSpec second = tower;
  second.width = 12;
  second.projection = 10;
  card.text_encoders = {{.tower = tower, .tokenizer = *card.tokenizer, .output = TextOutput::penultimate},
                        {.tower = second, .tokenizer = {.merges = 2, .pad = 0}, .output = TextOutput::penultimate}};
  card.text_encoder.reset();
  card.tokenizer.reset();
  card.unet->text_width = 20;
  card.unet->pooled_width = 10;
  card.unet->time_ids = 6;
  card.unet->time_id_width = 4;
  return card;
}

inline void save_random_part(const std::string& folder, const std::string& part, const Plan& plan, uint64_t seed) {
  const auto network = make_network(plan);
  TensorMap weights = weights_of(*network);
  for (auto& [name, weight] : weights) weight.copy_(0.3 * seeded_noise({seed++}, weight.sizes().vec())[0]);
  save_part(folder, part, weights, at::kFloat);
}

// `card` is written; the weights are those of `made`, so that a card can claim what they are not.
inline void save_tiny_model(const std::string& folder, const ModelCard& card = tiny_card(),
                            const ModelCard& made = tiny_card()) {
  std::filesystem::remove_all(folder);
  save_card(folder, card);
  save_random_part(folder, "unet", make_plan(*made.unet), 1);
  save_random_part(folder, "vae_decoder", make_plan(*made.vae_decoder), 1000);
  const auto texts = text_encoders_of(made, folder);
  for (size_t i = 0; i < texts.size(); ++i)
    save_random_part(folder, text_encoder_part(i), make_plan(texts[i].tower), 2000 + 1000 * i);
  save_text(folder + "/merges.txt", "r e\nre d</w>\n");
}

}  // namespace mds
