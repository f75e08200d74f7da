// Which code computes the layers of a network, by the names of command lines and stored rows.
#pragma once

#include <array>

#include "spec/describe.h"

namespace mds {

// library: LibTorch's operators. prepared: the weights are packed once and layers run kernels of our own, without
// gradients, on a CPU that has them.
enum class Kernels : uint8_t { library, prepared };
template <>
struct EnumNames<Kernels> {
  static constexpr std::array names{"library", "prepared"};
};

}  // namespace mds
