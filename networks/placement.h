// Where networks are, and in which type of numbers they compute.
#pragma once

#include <c10/core/Device.h>

#include "networks/precision.h"

namespace mds {

struct Placement {
  c10::Device device = c10::kCPU;
  Precision dtype = Precision::fp32;
  bool operator==(const Placement&) const = default;

  Placement with_fp32() const { return {.device = device}; }
};

}  // namespace mds
