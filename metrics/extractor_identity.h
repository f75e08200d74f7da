// Which network made features, and how. Independent of the networks, so that stored features can be read without them.
#pragma once

#include <string>

#include "spec/describe.h"

namespace mds {

// Networks whose weights are available without a flag.
inline constexpr const char *emoji_clip = "emoji-clip-score", *lite0 = "efficientnet-lite0";

// Everything besides the picture that features depend on. Only features of the same identity may be compared.
struct ExtractorIdentity {
  std::string network, resizer, weights_hash;
  std::string dtype = "fp32";
  static void describe(auto& self, auto&& field) {
    field("network", self.network, "feature network");
    field("resizer", self.resizer, "from the picture to the network's size");
    field("weights_hash", self.weights_hash, "SHA-256 of its weights");
    field("dtype", self.dtype, "of weights and computation");
  }
};

}  // namespace mds
