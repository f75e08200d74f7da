// ControlNet (arXiv 2302.05543): a copy of a UNet's way down and middle that also reads a control picture. What it
// makes is added to the skips and the middle of the UNet, through convolutions that begin at zero.
#pragma once

#include "networks/unet.h"

namespace mds {

// The copy. Its outputs are "control.0" and on, one for each skip that the UNet pushes, and "control.middle"; the
// encoded picture is a control for its step "conv_in".
struct ControlNetSpec {
  static constexpr std::string_view kind = "controlnet";
  UNetSpec unet{};
  bool operator==(const ControlNetSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("unet", self.unet, "UNet whose way down and middle are copied");
  }
};

// From the control picture to a map of 1/8 of its size, once a picture.
struct HintSpec {
  static constexpr std::string_view kind = "hint";
  int64_t size = 512;
  int64_t size_width = 0;
  int64_t channels = 3;
  std::vector<int64_t> widths{16, 32, 96, 256};
  int64_t out = 320;
  bool operator==(const HintSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("size", self.size, "rows of the control picture, a multiple of 8", between(8, 16384));
    field("size_width", self.size_width, "columns of the control picture; 0: as many as rows", between(0, 16384));
    field("channels", self.channels, "channels of the control picture", between(1, 64));
    field("widths", self.widths, "channels at full size and after each of three halvings", between(1, 65536));
    field("out", self.out, "channels written: the width of the UNet's outermost level", between(1, 65536));
  }
};

Plan make_plan(const ControlNetSpec& spec);
// ConfigError where there are not four widths or 8 does not divide the size.
Plan make_plan(const HintSpec& spec);

// The hint for a UNet, for pictures of its size.
HintSpec hint_for(const UNetSpec& unet);

// Where an output of a ControlNet is added in its UNet: to the skip that the step pushes, or to the step's output.
struct ControlTarget {
  std::string output, path;
  bool skip;
};
std::vector<ControlTarget> control_targets(const Plan& unet);

}  // namespace mds
