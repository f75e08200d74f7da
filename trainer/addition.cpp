#include "trainer/addition.h"

namespace mds {

void save_addition(const std::string& folder, const std::string& part, const TensorMap& weights) {
  save_part(folder, part, with_prefix(weights, part + "."), at::kHalf);
}

}  // namespace mds
