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

  Tensor to_itself(const Tensor& y) const {
    const Tensor x = norm->forward(y);
    return to(keys_and_values(x), x, {.residual = y});
  }
  Tensor to_text(const Tensor& y, const Conditioning& c) const {
    const Tensor x = norm->forward(y);
    if (!c.text_products) return to(keys_and_values(c.text_NSC), x, {.residual = y});
    const auto [found, is_new] = c.text_products->try_emplace(this);
    if (is_new) found->second = keys_and_values(c.text_NSC);
    return to(found->second, x, {.residual = y});
  }
  // To itself and to `more` tokens of the same width; nothing is added.
  Tensor to_both(const Tensor& y, const Tensor& more) const {
    const Tensor x = norm->forward(y);
    return to(keys_and_values(at::cat({x, norm->forward(more)}, 1)), x, {});
  }

 private:
  std::array<Tensor, 2> keys_and_values(const Tensor& source) const {
    const Tensor key = (kv ? kv : k)->forward(source);
    return {key, kv ? key : v->forward(source)};
  }
  Tensor to(const std::array<Tensor, 2>& kept, const Tensor& x, const Epilogue& then) const {
    return out->forward(attention->forward(q->forward(x), kept[0], kept[1]), then);
  }
};

struct FeedForwardPart {
  const NormLayer* norm;
  const LinearLayer *in, *out;

  FeedForwardPart(const LayerMap& layers, const FeedForwardNames& names)
      : norm(layers.find(names.norm)), in(layers.find(names.in)), out(layers.find(names.out)) {}

  Tensor forward(const Tensor& y, Activation activation, const Epilogue& then) const {
    return out->forward(in->forward(norm->forward(y), {.activation = activation}), then);
  }
};

// What a grounded block or stack has more than others.
struct GroundingPart {
  const LinearLayer* in;
  AttentionPart attention;
  FeedForwardPart ff;
  const TableLayer *gate, *ff_gate;

  GroundingPart(const LayerMap& layers, const GroundingNames& names)
      : in(layers.find(names.in)),
        attention(layers, names.norm, names.attention),
        ff(layers, names.ff),
        gate(layers.find(names.gate)),
        ff_gate(layers.find(names.ff_gate)) {}

  Tensor forward(const Tensor& y, const Conditioning& c, const TransformerOptions& options) const {
    if (!in || !c.layout_NBC.defined()) return y;
    const Tensor seen = gated(y, *gate, attention.to_both(y, in->forward(c.layout_NBC)));
    return ff_gate ? gated(seen, *ff_gate, ff.forward(seen, options.ff_activation, {})) : seen;
  }

 private:
  static Tensor gated(const Tensor& y, const TableLayer& gate, const Tensor& branch) {
    return y + gate.rows().tanh().to(branch.scalar_type()) * branch;
  }
};

struct TransformerPart {
  AttentionPart self, cross;
  GroundingPart grounding;
  FeedForwardPart ff;

  TransformerPart(const LayerMap& layers, const TransformerNames& names)
      : self(layers, names.norm_self, names.self),
        cross(layers, names.norm_cross, names.cross),
        grounding(layers, names.grounding),
        ff(layers, names.ff) {}

  Tensor forward(Tensor y, const Conditioning& c, const TransformerOptions& options) const {
    if (self.norm) y = self.to_itself(y);
    y = grounding.forward(y, c, options);
    if (cross.norm) y = cross.to_text(y, c);
    return ff.forward(y, options.ff_activation, {.residual = y});
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
  // Adds the map that the stack began with, where there are projections.
  Tensor out(const Tensor& y_NTC, const Tensor& x_NCHW) const {
    if (convolution) return convolution->forward(to_map(y_NTC, x_NCHW), {.residual = x_NCHW});
    if (!linear) return to_map(y_NTC, x_NCHW);
    return to_map(linear->forward(y_NTC, {.residual = to_tokens(x_NCHW)}), x_NCHW);
  }
};

class TransformerModule final : public Block {
 public:
  TransformerModule(const TransformerStack& spec, const Site& site, const LayerMap& layers)
      : spec_(spec),
        site_(site),
        norm_(layers.find(spec.names.norm)),
        proj_in_(layers, spec.names.proj_in, spec.options),
        proj_out_(layers, spec.names.proj_out, spec.options),
        grounding_(layers, spec.names.grounding) {
    for (int64_t i = 0; i < spec.depth; ++i) parts_.emplace_back(layers.repeated(i), spec.names);
  }

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning& c) const override {
    if (spec_.options.cross_attention && spec_.depth > 0)
      check_conditioning("text_NSC", c.text_NSC, {x.size(0), site_.text_tokens, site_.text_width});
    Conditioning own = c;
    // The gradients from this stack's blocks are summed before those of other stacks, as they are where it is computed
    // again in the backward pass.
    if (c.layout_NBC.defined() && c.layout_NBC.requires_grad()) own.layout_NBC = at::alias(c.layout_NBC);
    Tensor y = proj_in_.in(norm_ ? norm_->forward(x) : x);
    y = grounding_.forward(y, own, spec_.options);
    for (const auto& part : parts_) y = part.forward(y, own, spec_.options);
    return proj_out_.out(y, x);
  }

 private:
  TransformerStack spec_;
  Site site_;
  const NormLayer* norm_;
  ProjectionPart proj_in_, proj_out_;
  GroundingPart grounding_;
  std::vector<TransformerPart> parts_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const TransformerStack& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<TransformerModule>(spec, site, layers);
}

}  // namespace mds
