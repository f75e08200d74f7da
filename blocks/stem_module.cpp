#include <ATen/ATen.h>

#include <cmath>

#include "blocks/block.h"

namespace mds {
namespace {

// [cos(t f), sin(t f)], f_i = 10000^(-i / half): cos comes first, as in Stable Diffusion.
Tensor sinusoid(const Tensor& t_N, int64_t width) {
  const int64_t half = width / 2;
  const Tensor f = at::exp(at::arange(half, t_N.options().dtype(at::kFloat)) * (-std::log(10000.0) / double(half)));
  const Tensor angle = t_N.to(at::kFloat).unsqueeze(1) * f.unsqueeze(0);
  Tensor wave = at::cat({angle.cos(), angle.sin()}, 1);
  return width % 2 ? at::constant_pad_nd(wave, {0, 1}) : wave;
}

// linear -> SiLU -> linear, in the type of the network's input.
struct EmbeddingPart {
  const LinearLayer &first, &second;
  EmbeddingPart(const EmbeddingNames& names, const LayerMap& layers)
      : first(layers.get(names.first)), second(layers.get(names.second)) {}
  Tensor forward(const Tensor& v_NC, const Tensor& input) const {
    return second.forward(first.forward(v_NC.to(input.scalar_type()), {.activation = Activation::silu}));
  }
};

class TimeModule final : public Block {
 public:
  TimeModule(const TimeEmbedding& spec, const LayerMap& layers) : width_(spec.width), embedding_(spec.names, layers) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning& c) const override {
    check_conditioning("timesteps_N", c.timesteps_N, {x.size(0)});
    return embedding_.forward(sinusoid(c.timesteps_N, width_), x);
  }

 private:
  int64_t width_;
  EmbeddingPart embedding_;
};

class AddedModule final : public Block {
 public:
  AddedModule(const AddedEmbedding& spec, const Site& site, const LayerMap& layers)
      : id_width_(spec.id_width), site_(site), embedding_(spec.names, layers) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning& c) const override {
    std::vector<Tensor> parts;
    if (site_.pooled_width > 0) {
      check_conditioning("text_embeds_NP", c.text_embeds_NP, {x.size(0), site_.pooled_width});
      parts.push_back(c.text_embeds_NP.to(at::kFloat));
    }
    if (site_.time_ids > 0) {
      check_conditioning("time_ids_NI", c.time_ids_NI, {x.size(0), site_.time_ids});
      parts.push_back(sinusoid(c.time_ids_NI.flatten(), id_width_).reshape({-1, site_.time_ids * id_width_}));
    }
    return c.time_NE + embedding_.forward(at::cat(parts, 1), x);
  }

 private:
  int64_t id_width_;
  Site site_;
  EmbeddingPart embedding_;
};

class OneConvolution final : public Block {
 public:
  explicit OneConvolution(const LayerMap& layers) : convolution_(layers.get(sole_layer<ConvolutionOp>)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override { return convolution_.forward(x); }

 private:
  const ConvolutionLayer& convolution_;
};

class OneNorm final : public Block {
 public:
  explicit OneNorm(const LayerMap& layers) : norm_(layers.get(sole_layer<NormOp>)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override { return norm_.forward(x); }

 private:
  const NormLayer& norm_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const TimeEmbedding& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<TimeModule>(spec, layers);
}
template <>
std::unique_ptr<Block> make_module(const AddedEmbedding& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<AddedModule>(spec, site, layers);
}
template <>
std::unique_ptr<Block> make_module(const SingleConvolution&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneConvolution>(layers);
}
template <>
std::unique_ptr<Block> make_module(const Downsample&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneConvolution>(layers);
}
template <>
std::unique_ptr<Block> make_module(const Upsample&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneConvolution>(layers);
}
template <>
std::unique_ptr<Block> make_module(const OutputNorm&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneNorm>(layers);
}
template <>
std::unique_ptr<Block> make_module(const TokenNorm&, const Site&, const LayerMap& layers) {
  return std::make_unique<OneNorm>(layers);
}

}  // namespace mds
