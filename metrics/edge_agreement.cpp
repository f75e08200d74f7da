#include "metrics/edge_agreement.h"

#include <torch/types.h>

#include "spec/error.h"

namespace mds {
namespace {

// For each picture the share of its edges that the other has an edge near.
Tensor met(const Tensor& edges_N1HW, const Tensor& other_N1HW) {
  const Tensor near = at::max_pool2d(other_N1HW, /*kernel_size=*/3, /*stride=*/1, /*padding=*/1);
  const Tensor hits = (edges_N1HW * near).sum({1, 2, 3}), all = edges_N1HW.sum({1, 2, 3});
  return (hits / all.clamp_min(1)).where(all > 0, at::ones({}, at::kDouble));
}

}  // namespace

EdgeAgreement edge_agreement(const Tensor& found_N1HW, const Tensor& wanted_N1HW) {
  if (found_N1HW.sizes() != wanted_N1HW.sizes() || found_N1HW.dim() != 4 || found_N1HW.size(1) != 1)
    throw ConfigError(c10::str("edges: are ", found_N1HW.sizes(), " and ", wanted_N1HW.sizes(),
                               "; allowed: both of one shape N x 1 x height x width"));
  const Tensor found = (found_N1HW > 0).to(at::kDouble), wanted = (wanted_N1HW > 0).to(at::kDouble);
  const Tensor precision = met(found, wanted), recall = met(wanted, found);
  return {precision, recall, 2 * precision * recall / (precision + recall).clamp_min(1e-300)};
}

}  // namespace mds
