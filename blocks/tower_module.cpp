#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

class TokenModule final : public Block {
 public:
  TokenModule(const TokenNames& names, const LayerMap& layers)
      : token_(layers.get(names.token)), position_(layers.get(names.position)) {}
  Tensor forward(const Tensor& ids_NT, const Tensor&, const Conditioning&) const override {
    return token_.lookup(ids_NT) + position_.rows();
  }

 private:
  const TableLayer &token_, &position_;
};

class PatchModule final : public Block {
 public:
  PatchModule(const PatchNames& names, const LayerMap& layers)
      : patch_(layers.get(names.patch)),
        class_(layers.get(names.class_token)),
        position_(layers.get(names.position)),
        norm_(layers.get(names.norm)) {}
  Tensor forward(const Tensor& x_NCHW, const Tensor&, const Conditioning&) const override {
    const Tensor patches = patch_.forward(x_NCHW).flatten(2).transpose(1, 2);
    const Tensor first = class_.rows().unsqueeze(0).expand_as(patches.narrow(1, 0, 1));  // keeps N variable in a trace
    return norm_.forward(at::cat({first, patches}, 1) + position_.rows());
  }

 private:
  const ConvolutionLayer& patch_;
  const TableLayer &class_, &position_;
  const NormLayer& norm_;
};

class EncoderModule final : public Block {
 public:
  EncoderModule(const EncoderBlock& spec, const LayerMap& layers)
      : spec_(spec),
        norm1_(layers.get(spec.names.norm1)),
        norm2_(layers.get(spec.names.norm2)),
        q_(layers.get(spec.names.attn.q)),
        k_(layers.get(spec.names.attn.k)),
        v_(layers.get(spec.names.attn.v)),
        out_(layers.get(spec.names.attn.out)),
        fc1_(layers.get(spec.names.fc1)),
        fc2_(layers.get(spec.names.fc2)),
        attention_(layers.get(spec.names.attn.attention)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    const Tensor h = norm1_.forward(x);
    const Tensor attended = attention_.forward(q_.forward(h), k_.forward(h), v_.forward(h));
    const Tensor y = out_.forward(attended, {.residual = x});
    return fc2_.forward(fc1_.forward(norm2_.forward(y), {.activation = spec_.activation}), {.residual = y});
  }

 private:
  EncoderBlock spec_;
  const NormLayer &norm1_, &norm2_;
  const LinearLayer &q_, &k_, &v_, &out_, &fc1_, &fc2_;
  const AttentionLayer& attention_;
};

class PooledModule final : public Block {
 public:
  PooledModule(const PooledProjection& spec, const LayerMap& layers)
      : at_text_end_(spec.at_text_end), projection_(layers.get(sole_layer<LinearOp>)) {}
  Tensor forward(const Tensor& x_NTC, const Tensor&, const Conditioning& c) const override {
    if (!at_text_end_) return projection_.forward(x_NTC.select(1, 0));
    check_conditioning("text_end_N", c.text_end_N, {x_NTC.size(0)});
    const Tensor index = c.text_end_N.view({-1, 1, 1}).expand({-1, 1, x_NTC.size(2)});
    return projection_.forward(x_NTC.gather(1, index).squeeze(1));
  }

 private:
  bool at_text_end_;
  const LinearLayer& projection_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const TokenEmbedding& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<TokenModule>(spec.names, layers);
}
template <>
std::unique_ptr<Block> make_module(const PatchEmbedding& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<PatchModule>(spec.names, layers);
}
template <>
std::unique_ptr<Block> make_module(const EncoderBlock& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<EncoderModule>(spec, layers);
}
template <>
std::unique_ptr<Block> make_module(const PooledProjection& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<PooledModule>(spec, layers);
}

}  // namespace mds
