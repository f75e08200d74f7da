// The one name of a tensor in this program. Sources that look into one include LibTorch themselves.
#pragma once

namespace at {
class Tensor;
}

namespace mds {

using at::Tensor;

}  // namespace mds
