// What a training that takes steps away is called: its method, and the options that not every training of it has.
#pragma once

#include <string>

#include "spec/describe.h"

namespace mds {

// By the training's stage in its configuration: "halving", "UFOGen + r1", "DMD2 + GAN". Where no configuration is
// stored (null), by the kind of the stage alone.
std::string method_name(const std::string& kind, const Json& config);

}  // namespace mds
