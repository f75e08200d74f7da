// Adapters and ControlNets at work: from control pictures to the maps that a UNet adds.
#pragma once

#include <string>
#include <vector>

#include "pipeline/packed_part.h"

namespace mds {

// The maps of an adapter for the levels of a UNet, times `scale`; control: float32 N x C x H x W in 0..1.
Controls controls_of(const Network& adapter, const Tensor& control_NCHW, const Plan& unet, double scale = 1);

// The model folder of an adapter or ControlNet and the picture that it reads.
struct AdapterUse {
  std::string folder;
  Tensor control_NCHW;  // float32 in 0..1, 3 equal channels, of one picture or one a picture drawn
  double scale = 1;
  std::string hash{};  // of the folder
};

// The uses for these of the pictures (int64).
std::vector<AdapterUse> of_pictures(std::vector<AdapterUse> uses, const Tensor& pictures);

// ConfigError, beginning with the folder, where it holds neither or both of adapter and controlnet, or one for another
// UNet.
void check_adapter_folder(const std::string& folder, const UNetSpec& unet);

// A ControlNet: what it adds depends on latent and timestep.
struct RunningControl {
  NetworkPtr network;
  Controls hint;  // of its picture, or one row a picture drawn
  std::vector<ControlTarget> targets;
  double scale = 1;
};

struct LoadedControls {
  Controls maps{};  // of adapters, once a picture
  std::vector<RunningControl> running{};
};

// The controls of some rows; those of one row stand for all.
Controls rows_of(Controls controls, int64_t begin, int64_t end);
LoadedControls rows_of(LoadedControls controls, int64_t begin, int64_t end);
// The same with each row `times` after another.
LoadedControls repeated(LoadedControls controls, int64_t times);

// Everything that is added in one call of the UNet for x_NCHW.
Controls controls_at(const LoadedControls& controls, const Tensor& x_NCHW, const Conditioning& conditioning);

// ConfigError as in check_adapter_folder, where a scale is not finite, and where two adapters would add to the same
// step; FileError: see load_part.
LoadedControls load_controls(const std::vector<AdapterUse>& uses, const UNetSpec& unet, const PartLoading& loading);

}  // namespace mds
