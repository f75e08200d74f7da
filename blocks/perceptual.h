// The blocks of LPIPS (Zhang et al., 2018, arXiv 1801.03924): the convolutions of VGG and AlexNet, and the heads that
// weight their features.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

//   out = relu(conv(x))
struct ReluConvolution {
  static constexpr std::string_view kind = "relu_convolution";
  int64_t out = 0;
  int64_t kernel = 3;
  int64_t stride = 1;
  int64_t border = 1;  // zeros on every side
  bool operator==(const ReluConvolution&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("kernel", self.kernel, "rows and columns of the kernel", between(1, 15));
    field("stride", self.stride, "of the kernel", between(1, 16));
    field("border", self.border, "rows and columns of zeros on every side", between(0, 15));
  }
};

//   out = sqrt(w) x / (|x| + 1e-10), position by position
// where w are the non-negative weights of a 1x1 convolution to one channel. The squared distance of two such maps at a
// position equals that convolution applied to the squared difference of their unit-normalised features.
struct PerceptualHead {
  static constexpr std::string_view kind = "perceptual_head";
  bool operator==(const PerceptualHead&) const = default;

  static void describe(auto&, auto&&) {}
};

Shape output_shape(const ReluConvolution& block, const Site& site);
Shape output_shape(const PerceptualHead& block, const Site& site);
void list_layers(const ReluConvolution& block, const Site& site, LayerSink& sink);
void list_layers(const PerceptualHead& block, const Site& site, LayerSink& sink);

}  // namespace mds
