// Turns off training of a network that is only used.
#pragma once

#include "networks/network.h"

namespace mds {

inline void freeze(const Network& network) {
  for (auto& parameter : network.parameters()) parameter.requires_grad_(false);
}

}  // namespace mds
