// Blocks of CLIP-shaped towers: embeddings of tokens and of patches, the pre-norm encoder block, the pooled projection.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

// Token ids N x T (int64) to tokens: table row + position row.
struct TokenEmbedding {
  static constexpr std::string_view kind = "token_embedding";
  int64_t vocabulary = 49408;
  int64_t width = 768;
  bool operator==(const TokenEmbedding&) const = default;
};

// A picture map to tokens: class token first, then patches row by row, + positions, then a layer norm.
struct PatchEmbedding {
  static constexpr std::string_view kind = "patch_embedding";
  int64_t patch = 32;
  int64_t width = 768;
  bool operator==(const PatchEmbedding&) const = default;
};

//   x += attn(norm1(x)); x += fc2(activation(fc1(norm2(x))))
struct EncoderBlock {
  static constexpr std::string_view kind = "encoder";
  int64_t heads = 12;
  int64_t mlp = 3072;
  Activation activation = Activation::quick_gelu;
  bool causal = false;
  bool operator==(const EncoderBlock&) const = default;
};

// Layer norm over tokens.
struct TokenNorm {
  static constexpr std::string_view kind = "token_norm";
  bool operator==(const TokenNorm&) const = default;
};

// One token of each sample (the class token, or the end of the text), projected without bias.
struct PooledProjection {
  static constexpr std::string_view kind = "pooled_projection";
  int64_t out = 512;
  bool at_text_end = false;  // else the first token
  bool operator==(const PooledProjection&) const = default;
};

Shape output_shape(const TokenEmbedding& block, const Site& site);
Shape output_shape(const PatchEmbedding& block, const Site& site);
Shape output_shape(const EncoderBlock& block, const Site& site);
Shape output_shape(const TokenNorm& block, const Site& site);
Shape output_shape(const PooledProjection& block, const Site& site);
void list_layers(const TokenEmbedding& block, const Site& site, LayerSink& sink);
void list_layers(const PatchEmbedding& block, const Site& site, LayerSink& sink);
void list_layers(const EncoderBlock& block, const Site& site, LayerSink& sink);
void list_layers(const TokenNorm& block, const Site& site, LayerSink& sink);
void list_layers(const PooledProjection& block, const Site& site, LayerSink& sink);

}  // namespace mds
