#include "blocks/transformer.h"

namespace mds {
namespace {

constexpr double stack_norm_eps = 1e-6;  // as in Stable Diffusion; only for the norm before proj_in

void check(const TransformerStack& block, const Site& site) {
  const TransformerOptions& options = block.options;
  const int64_t d = block.inner_width(site);
  if (!options.projections && d != site.in.channels)
    throw ConfigError("transformer width " + std::to_string(d) + " needs projections where the map has " +
                      std::to_string(site.in.channels) + " channels; allowed: projections true, or equal widths");
  if (options.attends())
    require_divides(options.heads ? "heads" : "head_width", options.heads ? options.heads : options.head_width, d);
  if (options.grounding && block.depth > 0 && site.boxes < 1)
    throw ConfigError("grounding reads the boxes of a layout, and boxes is 0; allowed: at least 1");
  if (options.ff_gated) require_divides("a gated ff_expansion's half", 2, options.ff_expansion * d);
}

LinearOp plain(int64_t in, int64_t out) { return {.in = in, .out = out, .bias = false}; }

// How the last layer of a branch begins. Without projections it starts at zero, so that a new stack is the identity.
Init branch_end(const TransformerStack& block) { return block.options.projections ? Init::uniform : Init::zero; }

struct Projection {
  int64_t in, out;
  Init init = Init::uniform;
};

void list_projection(const ProjectionNames& names, bool linear, const Projection& p, const Site& site,
                     LayerSink& sink) {
  const int64_t h = site.in.height, w = site.in.width;
  if (linear)
    sink.add(names.linear, {.in = p.in, .out = p.out, .init = p.init}, Shape::tokens(h * w, p.in),
             Shape::tokens(h * w, p.out));
  else
    sink.add(names.convolution, {.in = p.in, .out = p.out, .init = p.init}, Shape::map(p.in, h, w),
             Shape::map(p.out, h, w));
}

// An attention of the stack's tokens to `source`: to themselves, to the text's tokens, or to themselves and boxes.
struct Attention {
  const LayerName<NormOp>& norm;
  const AttentionNames& names;
  Shape source;
  bool shares_kv;
  Init end;
};

struct FeedForward {
  const FeedForwardNames& names;
  Init end;
};

void list_attention(const TransformerStack& block, const Site& site, const Attention& part, LayerSink& sink) {
  const int64_t d = block.inner_width(site), source_width = part.source.channels;
  const Shape y = Shape::tokens(site.in.positions(), d), keys = Shape::tokens(part.source.height, d);
  const AttentionNames& names = part.names;
  sink.add(part.norm, token_norm(d), y, y);
  sink.add(names.q, plain(d, d), y, y);
  if (part.shares_kv) {
    sink.add(names.kv, plain(source_width, d), part.source, keys);
  } else {
    sink.add(names.k, plain(source_width, d), part.source, keys);
    sink.add(names.v, plain(source_width, d), part.source, keys);
  }
  sink.add(names.attention, {block.head_count(site), keys, block.options.attention}, y, y);
  sink.add(names.out, {.in = d, .out = d, .init = part.end}, y, y);
}

void list_feed_forward(const TransformerStack& block, const FeedForward& part, const Shape& y, LayerSink& sink) {
  const FeedForwardNames& names = part.names;
  const bool gated = block.options.ff_gated;
  const int64_t d = y.channels, wide = block.options.ff_expansion * d, hidden = gated ? wide / 2 : wide;
  sink.add(names.norm, token_norm(d), y, y);
  sink.add(names.in, {.in = d, .out = wide, .gated = gated}, y, Shape::tokens(y.height, wide));
  sink.add(names.out, {.in = hidden, .out = d, .init = part.end}, Shape::tokens(y.height, hidden), y);
}

// Its gates alone start at zero, where the block computes what it does without a layout: were the last layers of its
// branches zero too, neither would have gradients.
void list_grounding(const TransformerStack& block, const Site& site, const Shape& y, LayerSink& sink) {
  const GroundingNames& names = block.names.grounding;
  const Shape boxes = Shape::tokens(site.boxes, y.channels), seen = Shape::tokens(y.height + site.boxes, y.channels);
  const auto gate = [&](const LayerName<TableOp>& name) {
    sink.add(name, {1, 1, Init::zero}, Shape::vector(1), Shape::vector(1));
  };
  sink.add(names.in, {site.text_width, y.channels}, Shape::tokens(site.boxes, site.text_width), boxes);
  list_attention(block, site, {names.norm, names.attention, seen, block.options.share_self_kv, Init::uniform}, sink);
  gate(names.gate);
  if (!block.options.grounding_ff) return;
  list_feed_forward(block, {names.ff, Init::uniform}, y, sink);
  gate(names.ff_gate);
}

}  // namespace

Shape output_shape(const TransformerStack&, const Site& site) { return site.in; }

void list_layers(const TransformerStack& block, const Site& site, LayerSink& sink) {
  check(block, site);
  const TransformerOptions& options = block.options;
  const TransformerNames& names = block.names;
  const int64_t c = site.in.channels, d = block.inner_width(site);
  const Init end = branch_end(block);
  const Shape y = Shape::tokens(site.in.positions(), d), text = Shape::tokens(site.text_tokens, site.text_width);
  if (options.projections) {
    sink.add(names.norm, {NormKind::group, c, norm_groups(c), stack_norm_eps}, site.in, site.in);
    list_projection(names.proj_in, options.linear_projections, {c, d}, site, sink);
  }
  if (options.grounding && options.grounding_once && block.depth > 0) list_grounding(block, site, y, sink);
  sink.repeat(block.depth, [&] {
    if (options.self_attention)
      list_attention(block, site, {names.norm_self, names.self, y, options.share_self_kv, end}, sink);
    if (options.grounding && !options.grounding_once) list_grounding(block, site, y, sink);
    if (options.cross_attention)
      list_attention(block, site, {names.norm_cross, names.cross, text, options.share_cross_kv, end}, sink);
    list_feed_forward(block, {names.ff, end}, y, sink);
  });
  if (options.projections) list_projection(names.proj_out, options.linear_projections, {d, c, Init::zero}, site, sink);
}

}  // namespace mds
