#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

// One attention with its projections; keys and values use the same projection where the block shares it.
struct AttentionPart {
  const NormLayer* norm;
  const LinearLayer *q, *kv, *k, *v, *out;
  const AttentionLayer* attention;

  AttentionPart(const LayerMap& layers, const LayerName<NormOp>& norm_name, const AttentionNames& names)
      : norm(layers.find(norm_name)),
        q(layers.find(names.q)),
        kv(layers.find(names.kv)),
        k(layers.find(names.k)),
        v(layers.find(names.v)),
        out(layers.find(names.out)),
        attention(layers.find(names.attention)) {}

  Tensor forward(const Tensor& y, const Tensor& text) const {
    const Tensor x = norm->forward(y);
    const Tensor& source = text.defined() ? text : x;
    const Tensor key = (kv ? kv : k)->forward(source);
    return y + out->forward(attention->forward(q->forward(x), key, kv ? key : v->forward(source)));
  }
};

struct TransformerPart {
  AttentionPart self, cross;
  const NormLayer& norm_ff;
  const LinearLayer &ff_in, &ff_out;

  TransformerPart(const LayerMap& layers, const TransformerNames& names)
      : self(layers, names.norm_self, names.self),
        cross(layers, names.norm_cross, names.cross),
        norm_ff(layers.get(names.norm_ff)),
        ff_in(layers.get(names.ff_in)),
        ff_out(layers.get(names.ff_out)) {}

  Tensor forward(Tensor y, const Tensor& text, const TransformerOptions& options) const {
    if (self.norm) y = self.forward(y, {});
    if (cross.norm) y = cross.forward(y, text);
    const Tensor h = ff_in.forward(norm_ff.forward(y));
    if (!options.ff_gated) return y + ff_out.forward(activate(options.ff_activation, h));
    const auto halves = h.chunk(2, -1);  // value, gate
    return y + ff_out.forward(halves[0] * activate(options.ff_activation, halves[1]));
  }
};

// The layer between the map and the tokens at one end of a stack: a convolution of the map, a linear layer of the
// tokens, or nothing.
struct ProjectionPart {
  const ConvolutionLayer* convolution = nullptr;
  const LinearLayer* linear = nullptr;

  ProjectionPart(const LayerMap& layers, const ProjectionNames& names, const TransformerOptions& options) {
    if (!options.projections) return;
    if (options.linear_projections)
      linear = &layers.get(names.linear);
    else
      convolution = &layers.get(names.convolution);
  }
  Tensor in(const Tensor& x_NCHW) const {
    if (convolution) return to_tokens(convolution->forward(x_NCHW));
    return linear ? linear->forward(to_tokens(x_NCHW)) : to_tokens(x_NCHW);
  }
  Tensor out(const Tensor& y_NTC, const Tensor& like_NCHW) const {
    if (convolution) return convolution->forward(to_map(y_NTC, like_NCHW));
    return to_map(linear ? linear->forward(y_NTC) : y_NTC, like_NCHW);
  }
};

class TransformerModule final : public Block {
 public:
  TransformerModule(const TransformerStack& spec, const Site& site, const LayerMap& layers)
      : spec_(spec),
        site_(site),
        norm_(layers.find(spec.names.norm)),
        proj_in_(layers, spec.names.proj_in, spec.options),
        proj_out_(layers, spec.names.proj_out, spec.options) {
    for (int64_t i = 0; i < spec.depth; ++i) parts_.emplace_back(layers.repeated(i), spec.names);
  }

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning& c) const override {
    if (spec_.options.cross_attention && spec_.depth > 0)
      check_conditioning("text_NSC", c.text_NSC, {x.size(0), site_.text_tokens, site_.text_width});
    Tensor y = proj_in_.in(norm_ ? norm_->forward(x) : x);
    for (const auto& part : parts_) y = part.forward(y, c.text_NSC, spec_.options);
    y = proj_out_.out(y, x);
    return norm_ ? x + y : y;
  }

 private:
  TransformerStack spec_;
  Site site_;
  const NormLayer* norm_;
  ProjectionPart proj_in_, proj_out_;
  std::vector<TransformerPart> parts_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const TransformerStack& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<TransformerModule>(spec, site, layers);
}

}  // namespace mds
