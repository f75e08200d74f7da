// Tiny networks of every kind that other libraries have, with weights that all differ.
#pragma once

#include <ATen/ATen.h>

#include "networks/network_spec.h"
#include "pipeline/weights.h"

namespace mds::foreign {

inline UNetSpec unet_spec() {
  const TransformerOptions stack{
      .heads = 2, .share_self_kv = false, .ff_expansion = 8, .ff_activation = Activation::gelu};
  return {.latent_channels = 4,
          .size = 8,
          .text_tokens = 5,
          .text_width = 12,
          .time_width = 16,
          .mid = 1,
          .pooled_width = 6,
          .time_ids = 2,
          .time_id_width = 8,
          .levels = {LevelSpec{.width = 8, .down = {1, 1}, .up = {1, 1, 1}, .stack = stack},
                     LevelSpec{.width = 16, .down = {0, 0}, .up = {0, 0, 0}, .stack = stack}}};
}
inline EncoderSpec encoder_spec() {
  return {.size = 16,
          .latent_channels = 2,
          .widths = {4, 8},
          .blocks = 1,
          .mid_attention = AttentionFunction::softmax,
          .downsample_padding = Padding::after};
}
inline DecoderSpec decoder_spec() {
  return {.size = 16, .latent_channels = 2, .widths = {4, 8}, .blocks = 1, .mid_attention = AttentionFunction::softmax};
}
inline TextTowerSpec text_spec(int64_t projection = 6) {
  return {.vocabulary = 516, .tokens = 4, .width = 8, .layers = 2, .heads = 2, .mlp = 16, .projection = projection};
}
inline TextTowerSpec large_text_spec() {
  return {.vocabulary = 516, .tokens = 4, .width = 16, .layers = 3, .heads = 2, .mlp = 16, .projection = 6};
}
inline ImageTowerSpec image_spec() {
  return {.size = 8, .patch = 4, .width = 8, .layers = 2, .heads = 2, .mlp = 16, .projection = 6};
}

inline TensorMap numbered(const Plan& plan) {
  TensorMap weights;
  int64_t next = 0;
  for (const auto& [name, weight] : weights_of(*make_network(plan))) {
    weights[name] = at::arange(next, next + weight.numel()).to(at::kFloat).view(weight.sizes());
    next += weight.numel();
  }
  return weights;
}

}  // namespace mds::foreign
