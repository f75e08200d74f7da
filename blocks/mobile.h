// Blocks of the EfficientNet-Lite family (arXiv 1905.11946 without squeeze-and-excitation, ReLU6 in place of SiLU).
// Padding follows TensorFlow: a side of n becomes ceil(n / stride), and where the number of zeros is odd, the extra one
// goes below and to the right.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

//   out = relu6(batch_norm(conv(x)))
struct MobileConvolution {
  static constexpr std::string_view kind = "mobile_convolution";
  static constexpr NormedConvolutionNames names{{"conv"}, {"bn"}};
  int64_t out = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
  bool operator==(const MobileConvolution&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("kernel", self.kernel, "rows and columns of the kernel", between(1, 15));
    field("stride", self.stride, "of the kernel", between(1, 16));
  }
};

struct MobileBlockNames {
  NormedConvolutionNames expand{{"expand"}, {"expand_bn"}};
  NormedConvolutionNames depthwise{{"depthwise"}, {"depthwise_bn"}};
  NormedConvolutionNames project{{"project"}, {"project_bn"}};
};

// An inverted residual (arXiv 1801.04381): 1x1 to expansion * in channels, depthwise, 1x1 to `out`, each followed by a
// batch norm and the first two by ReLU6. Expansion 1 has no first 1x1. x is added where the shape does not change.
struct MobileBlock {
  static constexpr std::string_view kind = "mobile_block";
  static constexpr MobileBlockNames names{};
  int64_t out = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t expansion = 6;
  bool operator==(const MobileBlock&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("kernel", self.kernel, "rows and columns of the depthwise kernel", between(1, 15));
    field("stride", self.stride, "of the depthwise kernel", between(1, 16));
    field("expansion", self.expansion, "channels inside over channels read", between(1, 64));
  }
};

Shape output_shape(const MobileConvolution& block, const Site& site);
Shape output_shape(const MobileBlock& block, const Site& site);
void list_layers(const MobileConvolution& block, const Site& site, LayerSink& sink);
void list_layers(const MobileBlock& block, const Site& site, LayerSink& sink);

}  // namespace mds
