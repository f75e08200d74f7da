#include "networks/taesd.h"

namespace mds {
namespace {

constexpr int64_t halvings = 3, factor = 1 << halvings;

void add_blocks(Chain& chain, StepName name, int64_t count) {
  name.part = "conv";
  for (name.index = 0; name.index < count; ++name.index) chain.add(name, TaesdBlock{});
}

}  // namespace

Plan make_plan(const TaesdEncoderSpec& spec) {
  latent_of(spec, factor, "the encoder's factor");
  Chain chain(Shape::map(3, extent_of(spec)));
  chain.add({"conv_in"}, TaesdConvolution{TaesdEnd::picture_in, spec.width});
  add_blocks(chain, {"down", 1}, 1);
  for (int64_t level = 1; level <= halvings; ++level) {
    chain.add({"down", level, -1, "downsample"}, Downsample{.out = spec.width, .bias = false});
    add_blocks(chain, {"down", level + 1}, spec.blocks);
  }
  chain.add({"conv_out"}, SingleConvolution{spec.latent_channels}, "latent");
  return chain.finish();
}

Plan make_plan(const TaesdDecoderSpec& spec) {
  Chain chain(latent_of(spec, factor, "the decoder's factor"));
  chain.add({"conv_in"}, TaesdConvolution{TaesdEnd::latent_in, spec.width});
  for (int64_t level = halvings + 1; level > 1; --level) {
    add_blocks(chain, {"up", level}, spec.blocks);
    chain.add({"up", level, -1, "upsample"}, Upsample{.out = spec.width, .bias = false});
  }
  add_blocks(chain, {"up", 1}, 1);
  chain.add({"conv_out"}, TaesdConvolution{TaesdEnd::picture_out, 3}, "sample");
  return chain.finish();
}

Plan make_plan(const LatentDecoderSpec& spec) {
  return std::visit([](const auto& s) { return make_plan(s); }, spec);
}

}  // namespace mds
