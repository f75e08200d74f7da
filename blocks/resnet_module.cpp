#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

Tensor joined(const Tensor& x, const Tensor& skip, const Site& site) {
  if (!skip.defined()) return x;
  return site.skip_channels ? at::cat({x, skip}, 1) : x + skip;
}

// h + time(silu(e)), or h * (1 + scale) + shift.
Tensor with_time(const Tensor& h, const LinearLayer* time, TimeUse use, const Tensor& time_NE) {
  if (!time) return h;
  const Tensor e = time->forward(at::silu(time_NE)).unsqueeze(-1).unsqueeze(-1);
  if (use == TimeUse::add) return h + e;
  const auto halves = e.chunk(2, 1);
  return h * (1 + halves[0]) + halves[1];
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
    const Tensor h = with_time(conv1_.forward(norm1_.forward(x)), time_, spec_.time, c.time_NE);
    return conv2_.forward(norm2_.forward(h)) + (shortcut_ ? shortcut_->forward(x) : x);
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
    const Tensor h = with_time(depthwise_.forward(r), time_, spec_.time, c.time_NE);
    return r + project_.forward(at::silu(expand_.forward(norm_.forward(h))));
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
