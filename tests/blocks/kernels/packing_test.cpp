// What layers pack is read by other processes, and other builds, so that a change of it needs a new version.
#include "blocks/kernels/packing.h"

#include <ATen/ATen.h>

#include "blocks/kernels/prepared.h"
#include "spec/sha256.h"
#include "tests/catch.h"

using namespace mds;

namespace {

// The hash of all that is packed.
struct Digest final : Packing {
  Sha256 hash;
  std::vector<Tensor> next(const std::vector<PackedShape>&, const std::function<std::vector<Tensor>()>& make) override {
    const std::vector<Tensor> made = make();
    for (const Tensor& each : made) hash.add({static_cast<const char*>(each.const_data_ptr()), each.nbytes()});
    return made;
  }
};

// Small whole numbers, which are exact in each type and after each step of packing.
Tensor counted(at::IntArrayRef sizes, at::ScalarType dtype) {
  return (at::arange(c10::multiply_integers(sizes)) % 7 - 3).view(sizes).to(dtype);
}

}  // namespace

TEST_CASE("packed weights are laid out as their version says", "[blocks][torch]") {
  Digest digest;
  at::ScalarType dtype = at::kFloat;
  const auto weights = [&](at::IntArrayRef sizes) {
    return LayerWeights{counted(sizes, dtype), counted({sizes[0]}, dtype), &digest};
  };
  for (const auto each : {at::kFloat, at::kBFloat16}) {
    dtype = each;
    for (const bool gated : {false, true}) prepare_product(weights({70, 33}), gated);
    prepare_taps({.in = 5, .out = 70, .kernel = 3, .stride = 2}, weights({70, 5, 3, 3}));
    prepare_taps({.in = 5, .out = 70, .kernel = 3, .upsampled = true}, weights({70, 5, 3, 3}));
  }
  prepare_winograd({.in = 16, .out = 70, .kernel = 3}, weights({70, 16, 3, 3}));
  prepare_winograd({.in = 16, .out = 70, .kernel = 3, .upsampled = true}, weights({70, 16, 3, 3}));
  for (const bool gated : {false, true}) {
    prepare_int8_product(weights({70, 33}), gated);
    prepare_weight_only_product(weights({70, 33}), gated);
  }
  // Where this fails because layers pack in another way, raise the version and write down the new hash.
  CHECK(packing_version == 2);
  CHECK(digest.hash.hex() == "fa132f23d5d17c0a3e04e95ca8680caa689624d7efcbd3b1f890abe43c899431");
}
