// CLIP-shaped towers: text to token states and one embedding; pictures to one embedding.
#pragma once

#include "networks/plan.h"
#include "spec/describe.h"

namespace mds {

// Token ids to `penultimate` (states after the last block but one, no norm), `last_hidden_state` (after the final norm)
// and, where there is a projection, `text_embeds`: the projected state of the token at the end of the text.
struct TextTowerSpec {
  static constexpr std::string_view kind = "text_tower";
  int64_t vocabulary = 49408;
  int64_t tokens = 77;
  int64_t width = 768;
  int64_t layers = 12;
  int64_t heads = 12;
  int64_t mlp = 3072;
  Activation activation = Activation::quick_gelu;
  int64_t projection = 0;
  AttentionFunction attention = AttentionFunction::softmax;
  bool operator==(const TextTowerSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("vocabulary", self.vocabulary, "rows of the token table", between(3, 1 << 24));
    field("tokens", self.tokens, "length of a padded text in tokens", between(1, 65536));
    field("width", self.width, "channels of a token", between(1, 65536));
    field("layers", self.layers, "encoder blocks", between(1, 256));
    field("heads", self.heads, "attention heads, a divisor of width", between(1, 1024));
    field("mlp", self.mlp, "hidden width of the feed-forward layers", between(1, 1 << 20));
    field("activation", self.activation, "activation of the feed-forward layers");
    field("projection", self.projection, "width of the pooled embedding; 0: no embedding", between(0, 65536));
    field("attention", self.attention, "function that makes attention weights of scores", later());
  }
};

// Normalised pictures 3 x size x size to `image_embeds`.
struct ImageTowerSpec {
  static constexpr std::string_view kind = "image_tower";
  int64_t size = 224;
  int64_t patch = 32;
  int64_t width = 768;
  int64_t layers = 12;
  int64_t heads = 12;
  int64_t mlp = 3072;
  Activation activation = Activation::quick_gelu;
  int64_t projection = 512;
  AttentionFunction attention = AttentionFunction::softmax;
  bool operator==(const ImageTowerSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("size", self.size, "side of the picture in pixels", between(1, 16384));
    field("patch", self.patch, "side of a patch in pixels, a divisor of size", between(1, 16384));
    field("width", self.width, "channels of a token", between(1, 65536));
    field("layers", self.layers, "encoder blocks", between(1, 256));
    field("heads", self.heads, "attention heads, a divisor of width", between(1, 1024));
    field("mlp", self.mlp, "hidden width of the feed-forward layers", between(1, 1 << 20));
    field("activation", self.activation, "activation of the feed-forward layers");
    field("projection", self.projection, "width of the picture's embedding", between(1, 65536));
    field("attention", self.attention, "function that makes attention weights of scores", later());
  }
};

Plan make_plan(const TextTowerSpec& spec);
Plan make_plan(const ImageTowerSpec& spec);

}  // namespace mds
