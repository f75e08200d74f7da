// A network of each kind that runs in milliseconds, and inputs for it.
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "networks/network_spec.h"
#include "pipeline/network_io.h"

namespace mds::tiny {

inline NetworkSpec unet() {
  return UNetSpec{.latent_channels = 4,
                  .size = 8,
                  .text_tokens = 5,
                  .text_width = 16,
                  .time_width = 32,
                  .levels = {LevelSpec{.width = 16, .down = {0}, .up = {0, 0}},
                             LevelSpec{.width = 32, .down = {1}, .up = {1, 1}, .stack = {.head_width = 8}}}};
}

inline NetworkSpec xl_unet() {
  UNetSpec spec = std::get<UNetSpec>(unet());
  spec.pooled_width = 12;
  spec.time_ids = 6;
  spec.time_id_width = 8;
  return spec;
}

inline NetworkSpec encoder() {
  return EncoderSpec{.size = 16, .latent_channels = 4, .widths = {8, 8}, .blocks = 1, .mid_blocks = 1, .groups = 4};
}

inline NetworkSpec decoder() {
  return DecoderSpec{.size = 16, .latent_channels = 4, .widths = {8, 8}, .blocks = 1, .mid_blocks = 1, .groups = 4};
}

inline NetworkSpec text_tower() {
  return TextTowerSpec{.vocabulary = 20, .tokens = 6, .width = 8, .layers = 2, .heads = 2, .mlp = 16, .projection = 4};
}

inline NetworkSpec image_tower() {
  return ImageTowerSpec{.size = 8, .patch = 4, .width = 8, .layers = 1, .heads = 2, .mlp = 16, .projection = 4};
}

inline NetworkSpec lpips() { return LpipsSpec{.trunk = LpipsTrunk::alex, .size = 31}; }

// Random tensors of the network's inputs by name.
inline TensorMap inputs(const NetworkSpec& spec, int64_t batch) {
  auto generator = at::detail::createCPUGenerator(5);
  TensorMap tensors;
  for (const auto& input : inputs_of(spec)) {
    std::vector<int64_t> sizes = input.sizes;
    sizes.insert(sizes.begin(), batch);
    tensors[input.name] = input.tokens > 0 ? at::randint(input.tokens, sizes, generator, at::kLong)
                                           : at::randn(sizes, generator, at::kFloat);
  }
  return tensors;
}

}  // namespace mds::tiny
