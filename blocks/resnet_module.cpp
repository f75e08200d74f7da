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
        norm1_(layers.get<NormLayer>("norm1")),
        norm2_(layers.get<NormLayer>("norm2")),
        conv1_(layers.get<ConvolutionLayer>("conv1")),
        conv2_(layers.get<ConvolutionLayer>("conv2")),
        shortcut_(layers.find<ConvolutionLayer>("shortcut")),
        time_(layers.find<LinearLayer>("time")) {}

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
        proj_in_(layers.find<ConvolutionLayer>("proj_in")),
        dw_(layers.get<ConvolutionLayer>("dw")),
        pw1_(layers.get<ConvolutionLayer>("pw1")),
        pw2_(layers.get<ConvolutionLayer>("pw2")),
        norm_(layers.get<NormLayer>("norm")),
        time_(layers.find<LinearLayer>("time")) {}

  Tensor forward(const Tensor& main, const Tensor& skip, const Conditioning& c) const override {
    const Tensor x = joined(main, skip, site_);
    const Tensor r = proj_in_ ? proj_in_->forward(x) : x;
    const Tensor h = with_time(dw_.forward(r), time_, spec_.time, c.time_NE);
    return r + pw2_.forward(at::silu(pw1_.forward(norm_.forward(h))));
  }

 private:
  Separable spec_;
  Site site_;
  const ConvolutionLayer *proj_in_, &dw_, &pw1_, &pw2_;
  const NormLayer& norm_;
  const LinearLayer* time_;
};

}  // namespace

std::unique_ptr<Block> make_module(const Resnet& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<ResnetModule>(spec, site, layers);
}
std::unique_ptr<Block> make_module(const Separable& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<SeparableModule>(spec, site, layers);
}

}  // namespace mds
