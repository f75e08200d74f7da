// Says that processes cannot train together, where the build found no headers of Gloo.
#include "trainer/ranks.h"

namespace mds {

RanksPtr join_ranks(const RankAddress& address, at::Device) {
  throw std::runtime_error("this build trains in one process only, and the environment says process " +
                           std::to_string(address.rank) + " of " + std::to_string(address.count) +
                           ": it lacks Gloo's headers; scripts/setup.sh installs them (libgloo-dev), then configure "
                           "and build again");
}

}  // namespace mds
