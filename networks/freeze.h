// A network that is used but not trained.
#pragma once

#include "networks/network.h"

namespace mds {

inline void freeze(const Network& network) {
  for (auto& parameter : network.parameters()) parameter.requires_grad_(false);
}

}  // namespace mds
