// Blocks of the convolutional networks whose features the quality metrics compare: scaling of pixel levels, pools, and
// branches of convolutions with batch norms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

//   out = (x - shift) / scale
struct LevelScale {
  static constexpr std::string_view kind = "level_scale";
  double shift = 0;
  double scale = 1;
  bool operator==(const LevelScale&) const = default;

  static void describe(auto& self, auto&& field) {
    field("shift", self.shift, "the level that becomes 0");
    field("scale", self.scale, "how many levels become 1", at_least(1e-6));
  }
};

//   out_c = (x_c - shift_c) / scale_c
struct ChannelScale {
  static constexpr std::string_view kind = "channel_scale";
  std::vector<double> shift{}, scale{};
  bool operator==(const ChannelScale&) const = default;

  static void describe(auto& self, auto&& field) {
    field("shift", self.shift, "of each channel, what becomes 0");
    field("scale", self.scale, "of each channel, how much becomes 1", at_least(1e-6));
  }
};

// The maximum or mean over a square of positions; kernel 0 pools the whole map to a vector, N x C. See PoolOp.
struct SinglePool {
  static constexpr std::string_view kind = "pool";
  PoolKind pool = PoolKind::max;
  int64_t kernel = 3;
  int64_t stride = 2;
  int64_t border = 0;
  bool counts_border = false;
  bool operator==(const SinglePool&) const = default;

  static void describe(auto& self, auto&& field) {
    field("pool", self.pool, "max or average");
    field("kernel", self.kernel, "rows and columns pooled; 0: the whole map", between(0, 64));
    field("stride", self.stride, "of the kernel", between(1, 64));
    field("border", self.border, "rows and columns on every side, at most half the kernel", between(0, 32));
    field("counts_border", self.counts_border, "a mean counts the border as zeros");
  }
};
PoolOp pool_op(const SinglePool& pool);

//   out = relu(batch_norm(conv(x)))
struct ConvolutionUnit {
  std::string name{};  // empty where this unit is the whole block
  int64_t out = 0;
  int64_t rows = 1, columns = 1;
  int64_t stride = 1;
  Padding padding = Padding::same;
  bool operator==(const ConvolutionUnit&) const = default;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "inside the block");
    field("out", self.out, "channels written", between(1, 65536));
    field("rows", self.rows, "of the kernel", between(1, 15));
    field("columns", self.columns, "of the kernel", between(1, 15));
    field("stride", self.stride, "of the kernel", between(1, 16));
    field("padding", self.padding, "where zeros are added");
  }
  NormedConvolutionNames names() const { return {{"conv", name}, {"bn", name}}; }
};

// An optional pool, then units one after another; the last `fork` units run in parallel and their channels are joined.
struct Branch {
  std::optional<SinglePool> pool{};
  std::vector<ConvolutionUnit> units{};
  int64_t fork = 0;
  bool operator==(const Branch&) const = default;

  static void describe(auto& self, auto&& field) {
    field("pool", self.pool, "in front of the units; null: none");
    field("units", self.units, "in the order they run");
    field("fork", self.fork, "how many of the last units stand side by side", between(0, 16));
  }
};

// Branches that read the same map and join their channels: Inception's "mixed" blocks (arXiv 1512.00567).
struct Branches {
  static constexpr std::string_view kind = "branches";
  std::vector<Branch> branches{};
  double eps = 1e-3;  // of the batch norms
  bool operator==(const Branches&) const = default;

  static void describe(auto& self, auto&& field) {
    field("branches", self.branches, "that read the same map");
    field("eps", self.eps, "of the batch norms", between(0, 1));
  }
};

Shape output_shape(const LevelScale& block, const Site& site);
Shape output_shape(const ChannelScale& block, const Site& site);
Shape output_shape(const SinglePool& block, const Site& site);
Shape output_shape(const Branches& block, const Site& site);
void list_layers(const LevelScale& block, const Site& site, LayerSink& sink);
void list_layers(const ChannelScale& block, const Site& site, LayerSink& sink);
void list_layers(const SinglePool& block, const Site& site, LayerSink& sink);
void list_layers(const Branches& block, const Site& site, LayerSink& sink);

// The name of the pool of the i-th branch.
std::string pool_name(size_t branch);

}  // namespace mds
