#include "blocks/stem.h"

namespace mds {
namespace {

// linear -> SiLU -> linear.
void list_embedding(int64_t width, int64_t hidden, LayerSink& sink) {
  constexpr EmbeddingNames names;
  sink.add(names.first, {width, hidden}, Shape::vector(width), Shape::vector(hidden));
  sink.add(names.second, {hidden, hidden}, Shape::vector(hidden), Shape::vector(hidden));
}

}  // namespace

Shape output_shape(const TimeEmbedding& block, const Site&) { return Shape::vector(block.hidden); }
Shape output_shape(const AddedEmbedding& block, const Site&) { return Shape::vector(block.hidden); }
Shape output_shape(const SingleConvolution& block, const Site& site) {
  return Shape::map(block.out, site.in.height, site.in.width);
}
Shape output_shape(const OutputNorm&, const Site& site) { return site.in; }

void list_layers(const TimeEmbedding& block, const Site&, LayerSink& sink) {
  list_embedding(block.width, block.hidden, sink);
}

void list_layers(const AddedEmbedding& block, const Site& site, LayerSink& sink) {
  list_embedding(site.pooled_width + site.time_ids * block.id_width, block.hidden, sink);
}

void list_layers(const SingleConvolution& block, const Site& site, LayerSink& sink) {
  sink.add(sole_layer<ConvolutionOp>,
           {.in = site.in.channels, .out = block.out, .kernel = block.kernel, .init = block.init}, site.in,
           output_shape(block, site));
}

void list_layers(const OutputNorm& block, const Site& site, LayerSink& sink) {
  const int64_t c = site.in.channels;
  sink.add(sole_layer<NormOp>, {NormKind::group, c, norm_groups(c, block.groups), block.eps, Activation::silu}, site.in,
           site.in);
}

}  // namespace mds
