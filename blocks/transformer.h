// A stack of transformer blocks between two projections of a map:
//   y = proj_in(norm(x)); per block: y += sa(norm_sa(y)); y += ca(norm_ca(y), text); y += ff(norm_ff(y))
//   out = x + proj_out(y)
// A grounded block also looks at the boxes b of a layout, behind its self-attention (GLIGEN, arXiv 2301.07093):
//   y += tanh(gate) attention(norm(y), norm([y, in(b)])); y += tanh(ff_gate) ff(norm_ff(y))
// or the stack does so once, before its first block, with or without that feed-forward.
// Without projections there is no outer norm and no outer sum: y = x; the blocks; out = y.
// Self- and cross-attention are separate options, keys and values can share a projection, and the feed-forward is
// gated (value * activation(gate), each half expansion * width / 2 wide) or plain.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

// The options that all transformer blocks of a level have in common.
struct TransformerOptions {
  int64_t heads = 0;  // 0: width / head_width
  int64_t head_width = 64;
  bool self_attention = true;
  bool cross_attention = true;
  bool share_self_kv = true;
  bool share_cross_kv = false;
  int64_t ff_expansion = 6;  // hidden width over width, counting both halves of a gated one
  bool ff_gated = true;
  Activation ff_activation = Activation::silu;
  AttentionFunction attention = AttentionFunction::softmax;
  bool projections = true;
  bool linear_projections = false;
  bool grounding = false;
  bool grounding_once = false;
  bool grounding_ff = true;
  bool operator==(const TransformerOptions&) const = default;

  static void describe(auto& self, auto&& field) {
    field("heads", self.heads, "attention heads; 0: the transformer's width over head_width", between(0, 1024));
    field("head_width", self.head_width, "channels of an attention head, where heads is 0", between(1, 65536));
    field("self_attention", self.self_attention, "whether transformer blocks have self-attention");
    field("cross_attention", self.cross_attention, "whether transformer blocks have cross-attention to the text");
    field("share_self_kv", self.share_self_kv, "whether keys and values share one projection in self-attention");
    field("share_cross_kv", self.share_cross_kv, "whether keys and values share one projection in cross-attention");
    field("ff_expansion", self.ff_expansion, "feed-forward's hidden width over its width, both gate halves counted",
          between(1, 64));
    field("ff_gated", self.ff_gated, "whether the feed-forward is gated, value * activation(gate), or plain");
    field("ff_activation", self.ff_activation, "activation of the feed-forward");
    field("attention", self.attention, "function that makes attention weights of scores");
    field("projections", self.projections, "whether a norm, 1x1 convolutions and a sum stand around each stack");
    field("linear_projections", self.linear_projections,
          "whether the projections around a stack are linear layers over tokens, not 1x1 convolutions", later());
    field("grounding", self.grounding, "whether transformer blocks have gated self-attention to the boxes of a layout",
          later());
    field("grounding_once", self.grounding_once,
          "whether it stands once a stack, before the first block, and not in each block", later());
    field("grounding_ff", self.grounding_ff, "whether a gated feed-forward follows that attention", later());
  }
  bool attends() const { return self_attention || cross_attention || grounding; }
};

// A projection around a stack: a linear layer of the tokens or a convolution of the map.
struct ProjectionNames {
  std::string_view name;
  LayerName<LinearOp> linear{name};
  LayerName<ConvolutionOp> convolution{name};
};

struct FeedForwardNames {
  LayerName<NormOp> norm;
  std::string_view part;
  LayerName<LinearOp> in{"in", part}, out{"out", part};
};

struct GroundingNames {
  LayerName<LinearOp> in{"in", "box"};
  LayerName<NormOp> norm{"norm_box"};
  AttentionNames attention{"box"};
  LayerName<TableOp> gate{"gate", "box"};
  FeedForwardNames ff{{"norm_box_ff"}, "box_ff"};
  LayerName<TableOp> ff_gate{"gate", "box_ff"};
};

struct TransformerNames {
  LayerName<NormOp> norm{"norm"};
  ProjectionNames proj_in{"proj_in"}, proj_out{"proj_out"};
  // In each of the transformer blocks:
  LayerName<NormOp> norm_self{"norm_sa"}, norm_cross{"norm_ca"};
  AttentionNames self{"sa"}, cross{"ca"};
  GroundingNames grounding{};
  FeedForwardNames ff{{"norm_ff"}, "ff"};
};

struct TransformerStack {
  static constexpr std::string_view kind = "transformer";
  static constexpr TransformerNames names{};
  int64_t depth = 1;
  int64_t width = 0;  // 0: as wide as the map
  TransformerOptions options{};
  bool operator==(const TransformerStack&) const = default;

  static void describe(auto& self, auto&& field) {
    field("depth", self.depth, "transformer blocks", between(0, 64));
    field("width", self.width, "0: the map's", between(0, 65536));
    TransformerOptions::describe(self.options, field);
  }

  int64_t inner_width(const Site& site) const { return width ? width : site.in.channels; }
  int64_t head_count(const Site& site) const {
    return options.heads ? options.heads : inner_width(site) / options.head_width;
  }
};

Shape output_shape(const TransformerStack& block, const Site& site);
void list_layers(const TransformerStack& block, const Site& site, LayerSink& sink);

}  // namespace mds
