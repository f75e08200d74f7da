#include "networks/autoencoder.h"

namespace mds {
namespace {

constexpr double autoencoder_norm_eps = 1e-6;

// Appends steps to a plan along one running shape.
class Chain {
 public:
  Chain(Shape input, int64_t groups) : x_(input), groups_(groups) { sink_.plan.input = input; }
  void add(const StepName& name, const BlockSpec& block) {
    const Site site{.in = x_};
    x_ = output_shape(block, site);
    sink_.step(name, block, site, x_, Link::none);
  }
  void residuals(const char* side, int64_t level, int64_t count, int64_t width) {
    for (int64_t i = 0; i < count; ++i)
      add({side, level, i, "conv"}, Resnet{.out = width, .time = TimeUse::none, .eps = autoencoder_norm_eps, .groups = groups_});
  }
  void output_norm() { add({"norm_out"}, OutputNorm{autoencoder_norm_eps, groups_}); }
  Plan finish(const char* output) {
    sink_.plan.steps.back().output = output;
    return std::move(sink_.plan);
  }

 private:
  Shape x_;
  int64_t groups_;
  PlanSink sink_;
};

int64_t levels_of(const std::vector<int64_t>& widths) {
  if (widths.empty()) throw ConfigError("widths is empty; an autoencoder needs at least one level");
  return int64_t(widths.size());
}

}  // namespace

Plan make_plan(const EncoderSpec& spec) {
  const int64_t levels = levels_of(spec.widths);
  Chain chain(Shape::map(3, spec.size, spec.size), spec.groups);
  chain.add({"conv_in"}, SingleConvolution{spec.widths[0]});
  for (int64_t i = 0; i < levels; ++i) {
    chain.residuals("down", i + 1, spec.blocks, spec.widths[i]);
    if (i + 1 < levels) chain.add({"down", i + 1, -1, "downsample"}, Downsample{spec.widths[i]});
  }
  chain.residuals("mid", 0, spec.mid_blocks, spec.widths.back());
  chain.output_norm();
  chain.add({"conv_out"}, SingleConvolution{2 * spec.latent_channels});
  chain.add({"quant"}, SingleConvolution{.out = 2 * spec.latent_channels, .kernel = 1});
  return chain.finish("moments");
}

Plan make_plan(const DecoderSpec& spec) {
  const int64_t levels = levels_of(spec.widths), factor = int64_t(1) << (levels - 1);
  require_divides("the decoder's factor", factor, spec.size);
  Chain chain(Shape::map(spec.latent_channels, spec.size / factor, spec.size / factor), spec.groups);
  chain.add({"post_quant"}, SingleConvolution{.out = spec.latent_channels, .kernel = 1});
  chain.add({"conv_in"}, SingleConvolution{spec.widths.back()});
  chain.residuals("mid", 0, spec.mid_blocks, spec.widths.back());
  for (int64_t i = levels - 1; i >= 0; --i) {
    chain.residuals("up", i + 1, spec.blocks, spec.widths[i]);
    if (i > 0) chain.add({"up", i + 1, -1, "upsample"}, Upsample{spec.widths[i]});
  }
  chain.output_norm();
  chain.add({"conv_out"}, SingleConvolution{3});
  return chain.finish("sample");
}

}  // namespace mds
