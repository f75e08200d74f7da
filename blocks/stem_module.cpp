#include <ATen/ATen.h>

#include <cmath>

#include "blocks/block.h"

namespace mds {
namespace {

// [cos(t f), sin(t f)], f_i = 10000^(-i / half): cos first, as Stable Diffusion has it.
Tensor sinusoid(const Tensor& t_N, int64_t width) {
  const int64_t half = width / 2;
  const Tensor f = at::exp(at::arange(half, t_N.options().dtype(at::kFloat)) * (-std::log(10000.0) / double(half)));
  const Tensor angle = t_N.to(at::kFloat).unsqueeze(1) * f.unsqueeze(0);
  Tensor wave = at::cat({angle.cos(), angle.sin()}, 1);
  return width % 2 ? at::constant_pad_nd(wave, {0, 1}) : wave;
}

class TimeModule final : public Block {
 public:
  TimeModule(const TimeEmbedding& spec, const LayerMap& layers)
      : width_(spec.width), first_(layers.get<LinearLayer>("0")), second_(layers.get<LinearLayer>("1")) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning& c) const override {
    check_conditioning("time", c.time, {x.size(0)});
    return second_.forward(at::silu(first_.forward(sinusoid(c.time, width_).to(x.scalar_type()))));
  }

 private:
  int64_t width_;
  const LinearLayer &first_, &second_;
};

class OneConvolution final : public Block {
 public:
  explicit OneConvolution(const LayerMap& layers) : convolution_(layers.get<ConvolutionLayer>("")) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override { return convolution_.forward(x); }

 private:
  const ConvolutionLayer& convolution_;
};

class UpsampleModule final : public Block {
 public:
  explicit UpsampleModule(const LayerMap& layers) : convolution_(layers.get<ConvolutionLayer>("")) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return convolution_.forward(at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}));
  }

 private:
  const ConvolutionLayer& convolution_;
};

class OneNorm final : public Block {
 public:
  explicit OneNorm(const LayerMap& layers) : norm_(layers.get<NormLayer>("")) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override { return norm_.forward(x); }

 private:
  const NormLayer& norm_;
};

}  // namespace

std::unique_ptr<Block> make_module(const TimeEmbedding& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<TimeModule>(spec, layers);
}
std::unique_ptr<Block> make_module(const SingleConvolution&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneConvolution>(layers);
}
std::unique_ptr<Block> make_module(const Downsample&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneConvolution>(layers);
}
std::unique_ptr<Block> make_module(const Upsample&, const Site&, const LayerMap& layers) {
  return std::make_unique<UpsampleModule>(layers);
}
std::unique_ptr<Block> make_module(const OutputNorm&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneNorm>(layers);
}
std::unique_ptr<Block> make_module(const TokenNorm&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneNorm>(layers);
}

void check_conditioning(const char* field, const Tensor& given, at::IntArrayRef wanted) {
  TORCH_CHECK(given.defined(), "conditioning: ", field, " is missing; expected ", wanted);
  TORCH_CHECK(given.sizes() == wanted, "conditioning: ", field, " has sizes ", given.sizes(), "; expected ", wanted);
}

std::unique_ptr<Block> make_block(const BlockSpec& block, const Site& site, const LayerMap& layers) {
  return std::visit([&](const auto& spec) { return make_module(spec, site, layers); }, block);
}

}  // namespace mds
