#include "blocks/block.h"

#include <ATen/ATen.h>

namespace mds {

void check_conditioning(const char* field, const Tensor& given, at::IntArrayRef wanted) {
  TORCH_CHECK(given.defined(), "conditioning: ", field, " is missing; expected ", wanted);
  TORCH_CHECK(given.sizes() == wanted, "conditioning: ", field, " has sizes ", given.sizes(), "; expected ", wanted);
}

std::unique_ptr<Block> make_block(const BlockSpec& block, const Site& site, const LayerMap& layers) {
  return std::visit([&](const auto& spec) { return make_module(spec, site, layers); }, block);
}

}  // namespace mds
