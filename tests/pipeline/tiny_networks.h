// One tiny network of every kind, with every option that changes what a traced pass records, and weights that make all
// paths through it affect the result.
#pragma once

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>
#include <string>
#include <vector>

#include "networks/network.h"
#include "networks/network_spec.h"

namespace mds {

struct NamedSpec {
  std::string name;
  NetworkSpec spec;
};

inline UNetSpec tiny_unet_of(const LevelSpec& outer, const LevelSpec& inner) {
  return {.latent_channels = 3,
          .size = 8,
          .text_tokens = 5,
          .text_width = 12,
          .time_width = 16,
          .mid = 1,
          .levels = {outer, inner}};
}

inline std::vector<NamedSpec> tiny_networks() {
  const LevelSpec full{.width = 8, .down = {0}, .up = {0, 1}, .stack = {.head_width = 4}};
  LevelSpec separable{.width = 16, .down = {1}, .up = {1, 1}, .conv = ConvKind::separable, .skips = Skips::added};
  separable.stack = {.head_width = 4, .ff_activation = Activation::gelu};
  LevelSpec relu{.width = 16, .down = {1}, .up = {1, 1}, .time = TimeUse::scale_shift};
  relu.stack = {.head_width = 4, .ff_gated = false, .attention = AttentionFunction::relu};
  relu.stack.linear_projections = true;
  UNetSpec with_added = tiny_unet_of(full, relu);
  with_added.pooled_width = 6;
  with_added.time_ids = 3;
  with_added.time_id_width = 8;
  UNetSpec with_boxes = tiny_unet_of(full, relu);
  for (LevelSpec& level : with_boxes.levels) level.stack.grounding = true;
  with_boxes.boxes = 3;
  with_boxes.box_width = 20;
  TextTowerSpec text{.vocabulary = 50, .tokens = 6, .width = 16, .layers = 2, .heads = 2, .mlp = 32, .projection = 12};
  TextTowerSpec relu_text = text;
  relu_text.attention = AttentionFunction::relu;
  ImageTowerSpec image{.size = 16, .patch = 4, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 12};
  image.activation = Activation::gelu;
  return {
      {"unet, separable", tiny_unet_of(full, separable)},
      {"unet, relu attention and added conditioning", with_added},
      {"unet, grounded", with_boxes},
      {"encoder", EncoderSpec{.size = 16, .latent_channels = 3, .widths = {8, 16}, .blocks = 1, .mid_blocks = 1}},
      {"decoder", DecoderSpec{.size = 16, .latent_channels = 3, .widths = {8, 16}, .blocks = 1, .mid_blocks = 1}},
      {"text tower", text},
      {"text tower, relu attention", relu_text},
      {"image tower", image},
      {"TAESD's encoder", TaesdEncoderSpec{.size = 16, .width = 8, .blocks = 1}},
      {"TAESD's decoder", TaesdDecoderSpec{.size = 16, .width = 8, .blocks = 1}},
  };
}

inline NetworkPtr random_network(const NetworkSpec& spec) {
  torch::NoGradGuard no_grad;
  at::manual_seed(3);
  const auto network = make_network(make_plan(spec));
  for (auto& p : network->parameters()) {
    const double fan_in = std::max<double>(4, double(p.numel()) / double(p.size(0)));
    p.copy_(at::randn_like(p) / std::sqrt(fan_in) + (p.dim() == 1 ? 0.5 : 0));
  }
  return network;
}

}  // namespace mds
