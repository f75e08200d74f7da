#include "networks/autoencoder.h"

#include <algorithm>

namespace mds {
namespace {

constexpr double autoencoder_norm_eps = 1e-6;
constexpr size_t most_levels = 10;

int64_t levels_of(const std::vector<int64_t>& widths) {
  if (widths.empty() || widths.size() > most_levels)
    throw ConfigError("widths has " + std::to_string(widths.size()) + " levels; allowed: 1 to " +
                      std::to_string(most_levels));
  return int64_t(widths.size());
}

void add_residuals(Chain& chain, StepName name, int64_t count, const Resnet& block) {
  name.part = "conv";
  for (name.index = 0; name.index < count; ++name.index) chain.add(name, block);
}

Resnet residual(int64_t width, int64_t groups) {
  return {.out = width, .time = TimeUse::none, .eps = autoencoder_norm_eps, .groups = groups};
}

void add_middle(Chain& chain, const auto& spec) {
  const Resnet block = residual(spec.widths.back(), spec.groups);
  for (int64_t i = 0; i < std::max<int64_t>(spec.mid_blocks, 1); ++i) {
    if (i < spec.mid_blocks) chain.add({"mid", 0, i, "conv"}, block);
    if (i == 0 && spec.mid_attention)
      chain.add({"mid", 0, i, "attn"},
                MapAttention{.attention = *spec.mid_attention, .eps = autoencoder_norm_eps, .groups = spec.groups});
  }
}

}  // namespace

Plan make_plan(const EncoderSpec& spec) {
  const int64_t levels = levels_of(spec.widths);
  Chain chain(Shape::map(3, extent_of(spec)));
  chain.add({"conv_in"}, SingleConvolution{spec.widths[0]});
  for (int64_t i = 0; i < levels; ++i) {
    add_residuals(chain, {"down", i + 1}, spec.blocks, residual(spec.widths[i], spec.groups));
    if (i + 1 < levels)
      chain.add({"down", i + 1, -1, "downsample"}, Downsample{spec.widths[i], spec.downsample_padding});
  }
  add_middle(chain, spec);
  chain.add({"norm_out"}, OutputNorm{autoencoder_norm_eps, spec.groups});
  chain.add({"conv_out"}, SingleConvolution{2 * spec.latent_channels});
  chain.add({"quant"}, SingleConvolution{.out = 2 * spec.latent_channels, .kernel = 1}, "moments");
  return chain.finish();
}

Plan make_plan(const DecoderSpec& spec) {
  const int64_t levels = levels_of(spec.widths), factor = int64_t(1) << (levels - 1);
  Chain chain(latent_of(spec, factor, "the decoder's factor"));
  chain.add({"post_quant"}, SingleConvolution{.out = spec.latent_channels, .kernel = 1});
  chain.add({"conv_in"}, SingleConvolution{spec.widths.back()});
  add_middle(chain, spec);
  for (int64_t i = levels - 1; i >= 0; --i) {
    add_residuals(chain, {"up", i + 1}, spec.blocks, residual(spec.widths[i], spec.groups));
    if (i > 0) chain.add({"up", i + 1, -1, "upsample"}, Upsample{spec.widths[i]});
  }
  chain.add({"norm_out"}, OutputNorm{autoencoder_norm_eps, spec.groups});
  chain.add({"conv_out"}, SingleConvolution{3}, "sample");
  return chain.finish();
}

}  // namespace mds
