// The targets of the program that needs no LibTorch.
#include "tests/fuzz/target_lists.h"

namespace mds::fuzz {

std::vector<Target> targets() {
  std::vector<Target> all;
  for (auto& list : {text_targets(), picture_targets(), binary_targets()})
    all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace mds::fuzz
