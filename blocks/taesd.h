// The blocks of the tiny autoencoder TAESD (madebyollin/taesd). It has no norms and no attention, so that a pixel
// depends on a bounded part of the latent only.
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

struct TaesdNames {
  LayerName<ConvolutionOp> conv1{"conv1"}, conv2{"conv2"}, conv3{"conv3"};
};

//   out = relu(x + conv3(relu(conv2(relu(conv1(x))))))
struct TaesdBlock {
  static constexpr std::string_view kind = "taesd_block";
  static constexpr TaesdNames names{};
  bool operator==(const TaesdBlock&) const = default;

  static void describe(auto&, auto&&) {}
};

// Which end of the network: conversion between TAESD's units and ours. Its pictures lie in [0, 1], ours in [-1, 1].
//   picture_in:  conv((x + 1) / 2)
//   latent_in:   relu(conv(3 tanh(z / 3))); the tanh keeps extreme latents from saturating the network
//   picture_out: 2 conv(x) - 1
enum class TaesdEnd : uint8_t { picture_in, latent_in, picture_out };
template <>
struct EnumNames<TaesdEnd> {
  static constexpr std::array names{"picture_in", "latent_in", "picture_out"};
};

// The 3x3 convolution at an end of the network.
struct TaesdConvolution {
  static constexpr std::string_view kind = "taesd_convolution";
  TaesdEnd end = TaesdEnd::picture_in;
  int64_t out = 0;
  bool operator==(const TaesdConvolution&) const = default;

  static void describe(auto& self, auto&& field) {
    field("end", self.end, "at which it stands");
    field("out", self.out, "channels written", between(1, 65536));
  }
};

Shape output_shape(const TaesdBlock& block, const Site& site);
Shape output_shape(const TaesdConvolution& block, const Site& site);
void list_layers(const TaesdBlock& block, const Site& site, LayerSink& sink);
void list_layers(const TaesdConvolution& block, const Site& site, LayerSink& sink);

}  // namespace mds
