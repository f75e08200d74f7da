// The two residual convolution blocks: Stable Diffusion's (full 3x3 convolutions) and the separable one of the paper
// (ConvNeXt's shape: depthwise convolution, norm, 1x1 up, activation, 1x1 down).
#pragma once

#include "blocks/layer.h"
#include "spec/site.h"

namespace mds {

// How the time embedding is used: not at all, added to the map, or as a scale and a shift of the map.
enum class TimeUse : uint8_t { none, add, scale_shift };
template <>
struct EnumNames<TimeUse> {
  static constexpr std::array names{"none", "add", "scale_shift"};
};

struct ResnetNames {
  LayerName<NormOp> norm1{"norm1"}, norm2{"norm2"};
  LayerName<ConvolutionOp> conv1{"conv1"}, conv2{"conv2"}, shortcut{"shortcut"};
  LayerName<LinearOp> time{"time"};
};

//   h   = conv1(silu(norm1(x))) + time(silu(e))
//   out = conv2(silu(norm2(h))) + shortcut(x)
struct Resnet {
  static constexpr std::string_view kind = "resnet";
  static constexpr ResnetNames names{};
  int64_t out = 0;
  TimeUse time = TimeUse::add;
  double eps = 1e-5;
  int64_t groups = most_norm_groups;  // at most so many
  bool operator==(const Resnet&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("time", self.time, "how the time embedding enters");
    field("eps", self.eps, "of the norms", at_least(0));
    field("groups", self.groups, "of the norms, at most", between(1, 1024));
  }
};

struct SeparableNames {
  LayerName<ConvolutionOp> proj_in{"proj_in"}, depthwise{"dw"}, expand{"pw1"}, project{"pw2"};
  LayerName<LinearOp> time{"time"};
  LayerName<NormOp> norm{"norm"};
};

//   r   = proj_in(x), or x where the widths are equal
//   h   = dw(r) + time(silu(e))
//   out = r + pw2(silu(pw1(norm(h))))
struct Separable {
  static constexpr std::string_view kind = "separable";
  static constexpr SeparableNames names{};
  int64_t out = 0;
  int64_t kernel = 3;
  int64_t expansion = 4;
  TimeUse time = TimeUse::add;
  NormKind norm = NormKind::layer;
  bool operator==(const Separable&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("kernel", self.kernel, "of the depthwise convolution, odd", between(1, 15));
    field("expansion", self.expansion, "hidden width over width", between(1, 16));
    field("time", self.time, "how the time embedding enters");
    field("norm", self.norm, "group norm, or layer norm over channels");
  }
};

Shape output_shape(const Resnet& block, const Site& site);
Shape output_shape(const Separable& block, const Site& site);
void list_layers(const Resnet& block, const Site& site, LayerSink& sink);
void list_layers(const Separable& block, const Site& site, LayerSink& sink);

}  // namespace mds
