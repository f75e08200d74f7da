#include "blocks/tower.h"

namespace mds {

Shape output_shape(const TokenEmbedding& block, const Site& site) { return Shape::tokens(site.in.height, block.width); }
Shape output_shape(const PatchEmbedding& block, const Site& site) {
  return Shape::tokens(1 + (site.in.height / block.patch) * (site.in.width / block.patch), block.width);
}
Shape output_shape(const EncoderBlock&, const Site& site) { return site.in; }
Shape output_shape(const TokenNorm&, const Site& site) { return site.in; }
Shape output_shape(const PooledProjection& block, const Site&) { return Shape::vector(block.out); }

void list_layers(const TokenEmbedding& block, const Site& site, LayerSink& sink) {
  const Shape out = output_shape(block, site);
  sink.add(block.names.token, {block.vocabulary, block.width}, site.in, out);
  sink.add(block.names.position, {site.in.height, block.width}, out, out);
}

void list_layers(const PatchEmbedding& block, const Site& site, LayerSink& sink) {
  require_divides("patch", block.patch, site.in.height);
  require_divides("patch", block.patch, site.in.width);
  const Shape out = output_shape(block, site);
  const Shape map = Shape::map(block.width, site.in.height / block.patch, site.in.width / block.patch);
  const int64_t c = site.in.channels, side = block.patch;
  sink.add(block.names.patch,
           {.in = c, .out = block.width, .kernel = side, .stride = side, .bias = false, .padding = Padding::none},
           site.in, map);
  sink.add(block.names.class_token, {1, block.width}, out, out);
  sink.add(block.names.position, {out.height, block.width}, out, out);
  sink.add(block.names.norm, token_norm(block.width), out, out);
}

void list_layers(const EncoderBlock& block, const Site& site, LayerSink& sink) {
  const Shape x = site.in, hidden = Shape::tokens(x.height, block.mlp);
  const int64_t w = x.channels;
  require_divides("heads", block.heads, w);
  const auto& [norm1, norm2, attn, fc1, fc2] = block.names;
  sink.add(norm1, token_norm(w), x, x);
  for (const auto& name : {attn.q, attn.k, attn.v}) sink.add(name, {w, w}, x, x);
  sink.add(attn.attention, {block.heads, x, block.attention, block.causal}, x, x);
  sink.add(attn.out, {w, w}, x, x);
  sink.add(norm2, token_norm(w), x, x);
  sink.add(fc1, {w, block.mlp}, x, hidden);
  sink.add(fc2, {block.mlp, w}, hidden, x);
}

void list_layers(const TokenNorm&, const Site& site, LayerSink& sink) {
  sink.add(sole_layer<NormOp>, token_norm(site.in.channels), site.in, site.in);
}

void list_layers(const PooledProjection& block, const Site& site, LayerSink& sink) {
  const int64_t w = site.in.channels;
  sink.add(sole_layer<LinearOp>, {.in = w, .out = block.out, .bias = false}, Shape::vector(w),
           Shape::vector(block.out));
}

}  // namespace mds
