#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

struct TimedBy {
  TimeUse use;
  const Tensor& time_NE;
};

Tensor joined(const Tensor& x, const Tensor& skip, const Site& site) {
  if (!skip.defined()) return x;
  return site.skip_channels ? at::cat({x, skip}, 1) : x + skip;
}

// conv(x) + time(silu(e)), or conv(x) * (1 + scale) + shift.
Tensor with_time(const ConvolutionLayer& conv, const Tensor& x, const LinearLayer* time, const TimedBy& by) {
  if (!time) return conv.forward(x);
  const Tensor e = time->forward(at::silu(by.time_NE));
  if (by.use == TimeUse::add) return conv.forward(x, {.shift_NC = e});
  const auto halves = e.unsqueeze(-1).unsqueeze(-1).chunk(2, 1);
  return conv.forward(x) * (1 + halves[0]) + halves[1];
}

class ResnetModule final : public Block {
 public:
  ResnetModule(const Resnet& spec, const Site& site, const LayerMap& layers)
      : spec_(spec),
        site_(site),
        norm1_(layers.get(spec.names.norm1)),
        norm2_(layers.get(spec.names.norm2)),
        conv1_(layers.get(spec.names.conv1)),
        conv2_(layers.get(spec.names.conv2)),
        shortcut_(layers.find(spec.names.shortcut)),
        time_(layers.find(spec.names.time)) {}

  Tensor forward(const Tensor& main, const Tensor& skip, const Conditioning& c) const override {
    const Tensor x = joined(main, skip, site_);
    const Tensor h = with_time(conv1_, norm1_.forward(x), time_, {spec_.time, c.time_NE});
    return conv2_.forward(norm2_.forward(h), {.residual = shortcut_ ? shortcut_->forward(x) : x});
  }

 private:
  Resnet spec_;
  Site site_;
  const NormLayer &norm1_, &norm2_;
  const ConvolutionLayer &conv1_, &conv2_, *shortcut_;
  const LinearLayer* time_;
};

class SeparableModule final : public Block {
 public:
  SeparableModule(const Separable& spec, const Site& site, const LayerMap& layers)
      : spec_(spec),
        site_(site),
        proj_in_(layers.find(spec.names.proj_in)),
        depthwise_(layers.get(spec.names.depthwise)),
        expand_(layers.get(spec.names.expand)),
        project_(layers.get(spec.names.project)),
        norm_(layers.get(spec.names.norm)),
        time_(layers.find(spec.names.time)) {}

  Tensor forward(const Tensor& main, const Tensor& skip, const Conditioning& c) const override {
    const Tensor x = joined(main, skip, site_);
    const Tensor r = proj_in_ ? proj_in_->forward(x) : x;
    const Tensor h = with_time(depthwise_, r, time_, {spec_.time, c.time_NE});
    const Tensor wide = expand_.forward(norm_.forward(h), {.activation = Activation::silu});
    return project_.forward(wide, {.residual = r});
  }

 private:
  Separable spec_;
  Site site_;
  const ConvolutionLayer *proj_in_, &depthwise_, &expand_, &project_;
  const NormLayer& norm_;
  const LinearLayer* time_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const Resnet& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<ResnetModule>(spec, site, layers);
}
template <>
std::unique_ptr<Block> make_module(const Separable& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<SeparableModule>(spec, site, layers);
}

}  // namespace mds
