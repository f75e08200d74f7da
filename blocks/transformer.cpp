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
  if (options.ff_gated) require_divides("a gated ff_expansion's half", 2, options.ff_expansion * d);
}

LinearOp plain(int64_t in, int64_t out) { return {.in = in, .out = out, .bias = false}; }

// The last layer of each branch. Without projections it starts at zero, so that a new stack is the identity.
LinearOp branch_end(const TransformerStack& block, int64_t in, int64_t out) {
  return {.in = in, .out = out, .init = block.options.projections ? Init::uniform : Init::zero};
}

struct Projection {
  int64_t in, out;
  Init init = Init::uniform;
};

void list_projection(const char* name, bool linear, const Projection& p, const Site& site, LayerSink& sink) {
  const int64_t h = site.in.height, w = site.in.width;
  if (linear)
    sink.add(name, LinearOp{.in = p.in, .out = p.out, .init = p.init}, Shape::tokens(h * w, p.in),
             Shape::tokens(h * w, p.out));
  else
    sink.add(name, ConvolutionOp{.in = p.in, .out = p.out, .init = p.init}, Shape::map(p.in, h, w),
             Shape::map(p.out, h, w));
}

void list_self_attention(const TransformerStack& block, const Shape& y, int64_t heads, LayerSink& sink) {
  const int64_t d = y.channels;
  sink.add("norm_sa", token_norm(d), y, y);
  sink.add("sa.q", plain(d, d), y, y);
  if (block.options.share_self_kv) {
    sink.add("sa.kv", plain(d, d), y, y);
  } else {
    sink.add("sa.k", plain(d, d), y, y);
    sink.add("sa.v", plain(d, d), y, y);
  }
  sink.add("sa.qkv", AttentionOp{heads, y, block.options.attention}, y, y);
  sink.add("sa.out", branch_end(block, d, d), y, y);
}

void list_cross_attention(const TransformerStack& block, const Shape& y, const Site& site, LayerSink& sink) {
  const int64_t d = y.channels;
  const Shape text = Shape::tokens(site.text_tokens, site.text_width);
  const Shape keys = Shape::tokens(site.text_tokens, d);
  sink.add("norm_ca", token_norm(d), y, y);
  sink.add("ca.q", plain(d, d), y, y);
  if (block.options.share_cross_kv) {
    sink.add("ca.kv", plain(site.text_width, d), text, keys);
  } else {
    sink.add("ca.k", plain(site.text_width, d), text, keys);
    sink.add("ca.v", plain(site.text_width, d), text, keys);
  }
  sink.add("ca.qkv", AttentionOp{block.head_count(site), keys, block.options.attention}, y, y);
  sink.add("ca.out", branch_end(block, d, d), y, y);
}

void list_feed_forward(const TransformerStack& block, const Shape& y, LayerSink& sink) {
  const bool gated = block.options.ff_gated;
  const int64_t d = y.channels, wide = block.options.ff_expansion * d, hidden = gated ? wide / 2 : wide;
  sink.add("norm_ff", token_norm(d), y, y);
  sink.add("ff.in", LinearOp{.in = d, .out = wide, .gated = gated}, y, Shape::tokens(y.height, wide));
  sink.add("ff.out", branch_end(block, hidden, d), Shape::tokens(y.height, hidden), y);
}

}  // namespace

Shape output_shape(const TransformerStack&, const Site& site) { return site.in; }

void list_layers(const TransformerStack& block, const Site& site, LayerSink& sink) {
  check(block, site);
  const TransformerOptions& options = block.options;
  const int64_t c = site.in.channels, d = block.inner_width(site);
  const Shape y = Shape::tokens(site.in.positions(), d);
  if (options.projections) {
    sink.add("norm", NormOp{NormKind::group, c, norm_groups(c), stack_norm_eps}, site.in, site.in);
    list_projection("proj_in", options.linear_projections, {c, d}, site, sink);
  }
  sink.repeat(block.depth, [&] {
    if (options.self_attention) list_self_attention(block, y, block.head_count(site), sink);
    if (options.cross_attention) list_cross_attention(block, y, site, sink);
    list_feed_forward(block, y, sink);
  });
  if (options.projections) list_projection("proj_out", options.linear_projections, {d, c, Init::zero}, site, sink);
}

}  // namespace mds
