// Blocks of CLIP-shaped towers: token and patch embeddings, the pre-norm encoder block, the pooled projection.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

struct TokenNames {
  LayerName<TableOp> token{"token"}, position{"position"};
};

// Turns token ids N x T (int64) into tokens: the table's row plus the position's row.
struct TokenEmbedding {
  static constexpr std::string_view kind = "token_embedding";
  static constexpr TokenNames names{};
  int64_t vocabulary = 49408;
  int64_t width = 768;
  bool operator==(const TokenEmbedding&) const = default;

  static void describe(auto& self, auto&& field) {
    field("vocabulary", self.vocabulary, "rows of the token table", between(3, 1 << 24));
    field("width", self.width, "channels of a token", between(1, 65536));
  }
};

struct PatchNames {
  LayerName<ConvolutionOp> patch{"patch"};
  LayerName<TableOp> class_token{"class"}, position{"position"};
  LayerName<NormOp> norm{"norm"};
};

// Turns a picture into tokens: class token first, then patches row by row; positions are added, then a layer norm.
struct PatchEmbedding {
  static constexpr std::string_view kind = "patch_embedding";
  static constexpr PatchNames names{};
  int64_t patch = 32;
  int64_t width = 768;
  bool operator==(const PatchEmbedding&) const = default;

  static void describe(auto& self, auto&& field) {
    field("patch", self.patch, "side of a patch", between(1, 16384));
    field("width", self.width, "channels of a token", between(1, 65536));
  }
};

struct EncoderNames {
  LayerName<NormOp> norm1{"norm1"}, norm2{"norm2"};
  AttentionNames attn{"attn"};
  LayerName<LinearOp> fc1{"fc1"}, fc2{"fc2"};
};

//   x += attn(norm1(x)); x += fc2(activation(fc1(norm2(x))))
struct EncoderBlock {
  static constexpr std::string_view kind = "encoder";
  static constexpr EncoderNames names{};
  int64_t heads = 12;
  int64_t mlp = 3072;
  Activation activation = Activation::quick_gelu;
  bool causal = false;
  AttentionFunction attention = AttentionFunction::softmax;
  bool operator==(const EncoderBlock&) const = default;

  static void describe(auto& self, auto&& field) {
    field("heads", self.heads, "a divisor of the width", between(1, 1024));
    field("mlp", self.mlp, "hidden width of the feed-forward", between(1, 1 << 20));
    field("activation", self.activation, "of the feed-forward");
    field("causal", self.causal, "no token sees a later one");
    field("attention", self.attention, "function of the scores", later());
  }
};

// Layer norm over tokens.
struct TokenNorm {
  static constexpr std::string_view kind = "token_norm";
  bool operator==(const TokenNorm&) const = default;

  static void describe(auto&, auto&&) {}
};

// One token of each sample (the class token, or the end of the text), projected without bias.
struct PooledProjection {
  static constexpr std::string_view kind = "pooled_projection";
  int64_t out = 512;
  bool at_text_end = false;  // if false, the first token
  bool operator==(const PooledProjection&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "width of the embedding", between(1, 65536));
    field("at_text_end", self.at_text_end, "the token at the text's end, else the first");
  }
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
