// Where networks are, in which type of numbers they compute, and with which kernels.
#pragma once

#include <c10/core/Device.h>

#include "networks/precision.h"
#include "spec/kernels.h"

namespace mds {

struct Placement {
  c10::Device device = c10::kCPU;
  Precision dtype = Precision::fp32;
  Kernels kernels = Kernels::library;  // of networks that only draw or measure
  bool operator==(const Placement&) const = default;

  Placement with_fp32() const { return {.device = device, .kernels = kernels}; }
  Placement with_library() const { return {.device = device, .dtype = dtype}; }
};

}  // namespace mds
