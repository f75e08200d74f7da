// The network that a library's configuration describes: UNet2DConditionModel and AutoencoderKL of diffusers (0.42.1),
// and the towers of transformers' CLIP (5.24). Absent fields have the library's defaults.
#pragma once

#include <optional>

#include "networks/network_spec.h"
#include "pipeline/convert_source.h"

namespace mds {

// Nothing where the part's configuration does not describe a network. ConfigError names the field that our networks
// cannot express. A text tower has as many tokens as the part's embeddings have rows.
std::optional<NetworkSpec> network_of_config(const FoundPart& part);

}  // namespace mds
