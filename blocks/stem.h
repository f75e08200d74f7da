// The blocks before and after the levels of a network: time embedding, single convolution, output norm.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

struct EmbeddingNames {
  LayerName<LinearOp> first{"0"}, second{"1"};
};

// Sinusoid (cos first) -> linear -> SiLU -> linear: timesteps of shape N become N x hidden.
struct TimeEmbedding {
  static constexpr std::string_view kind = "time";
  static constexpr EmbeddingNames names{};
  int64_t width = 320;    // of the sinusoid, even
  int64_t hidden = 1280;  // E
  bool operator==(const TimeEmbedding&) const = default;

  static void describe(auto& self, auto&& field) {
    field("width", self.width, "of the sinusoid", between(1, 65536));
    field("hidden", self.hidden, "of the embedding", between(1, 65536));
  }
};

// The part added to the time embedding, N x hidden: the pooled text and a sinusoid of each number in scope,
// concatenated, then linear -> SiLU -> linear (SD-XL: 1280 + 6 x 256 = 2816 wide).
struct AddedEmbedding {
  static constexpr std::string_view kind = "added";
  static constexpr EmbeddingNames names{};
  int64_t id_width = 256;
  int64_t hidden = 1280;
  bool operator==(const AddedEmbedding&) const = default;

  static void describe(auto& self, auto&& field) {
    field("id_width", self.id_width, "of a number's sinusoid", between(1, 65536));
    field("hidden", self.hidden, "of the time embedding", between(1, 65536));
  }
};

// One convolution with padding kernel / 2.
struct SingleConvolution {
  static constexpr std::string_view kind = "convolution";
  int64_t out = 0;
  int64_t kernel = 3;
  Init init = Init::uniform;
  bool operator==(const SingleConvolution&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("kernel", self.kernel, "its size, odd", between(1, 15));
    field("init", self.init, "how the weights begin");
  }
};

// Group norm and SiLU.
struct OutputNorm {
  static constexpr std::string_view kind = "norm";
  double eps = 1e-5;
  int64_t groups = most_norm_groups;  // at most so many
  bool operator==(const OutputNorm&) const = default;

  static void describe(auto& self, auto&& field) {
    field("eps", self.eps, "added to the variance", at_least(0));
    field("groups", self.groups, "at most", between(1, 1024));
  }
};

Shape output_shape(const TimeEmbedding& block, const Site& site);
Shape output_shape(const AddedEmbedding& block, const Site& site);
Shape output_shape(const SingleConvolution& block, const Site& site);
Shape output_shape(const OutputNorm& block, const Site& site);
void list_layers(const TimeEmbedding& block, const Site& site, LayerSink& sink);
void list_layers(const AddedEmbedding& block, const Site& site, LayerSink& sink);
void list_layers(const SingleConvolution& block, const Site& site, LayerSink& sink);
void list_layers(const OutputNorm& block, const Site& site, LayerSink& sink);

}  // namespace mds
