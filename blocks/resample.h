// Changes of resolution by two: a strided 3x3 convolution to go down, nearest neighbour and a 3x3 convolution to go up.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

struct Downsample {
  static constexpr std::string_view kind = "downsample";
  int64_t out = 0;
  Padding padding = Padding::same;  // with `none` the map would not be halved exactly
  bool bias = true;
  bool operator==(const Downsample&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("padding", self.padding, "where zeros are added: same or after", later());
    field("bias", self.bias, "of the convolution", later());
  }
};

struct Upsample {
  static constexpr std::string_view kind = "upsample";
  int64_t out = 0;
  bool bias = true;
  bool operator==(const Upsample&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("bias", self.bias, "of the convolution", later());
  }
};

Shape output_shape(const Downsample& block, const Site& site);
Shape output_shape(const Upsample& block, const Site& site);
void list_layers(const Downsample& block, const Site& site, LayerSink& sink);
void list_layers(const Upsample& block, const Site& site, LayerSink& sink);

}  // namespace mds
