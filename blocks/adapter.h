// The blocks of networks that make maps for a UNet of a control picture, such as edges: those of T2I-Adapter (arXiv
// 2302.08453) and the encoder of ControlNet's picture (arXiv 2302.05543).
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

// Makes each square of factor x factor positions one position: channel c, row i and column j of a square become channel
// (c factor + i) factor + j.
struct Unshuffle {
  static constexpr std::string_view kind = "unshuffle";
  int64_t factor = 8;
  bool operator==(const Unshuffle&) const = default;

  static void describe(auto& self, auto&& field) {
    field("factor", self.factor, "rows and columns of a square; divides the map's", between(1, 64));
  }
};

struct AdapterNames {
  LayerName<ConvolutionOp> conv1{"conv1"}, conv2{"conv2"};
};

//   out = x + conv2(relu(conv1(x))), of 3x3 and 1x1. conv2 begins at zero.
struct AdapterResidual {
  static constexpr std::string_view kind = "adapter_residual";
  static constexpr AdapterNames names{};
  bool operator==(const AdapterResidual&) const = default;

  static void describe(auto&, auto&&) {}
};

//   out = silu(conv(x)), of 3x3
struct HintConvolution {
  static constexpr std::string_view kind = "hint_convolution";
  int64_t out = 0;
  int64_t stride = 1;
  bool operator==(const HintConvolution&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("stride", self.stride, "of the kernel", between(1, 16));
  }
};

Shape output_shape(const Unshuffle& block, const Site& site);
Shape output_shape(const AdapterResidual& block, const Site& site);
Shape output_shape(const HintConvolution& block, const Site& site);
void list_layers(const Unshuffle& block, const Site& site, LayerSink& sink);
void list_layers(const AdapterResidual& block, const Site& site, LayerSink& sink);
void list_layers(const HintConvolution& block, const Site& site, LayerSink& sink);

}  // namespace mds
