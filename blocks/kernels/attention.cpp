#include "blocks/kernels/attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "blocks/kernels/kernel.h"

namespace mds {
namespace {

Tensor softmax_attention(const AttentionOp& op, const Heads& heads) {
  const auto& [q, k, v] = heads;
  const KernelSite site{.device = q.device().type(),
                        .in = Shape::tokens(q.size(-2), q.size(-3) * q.size(-1)),
                        .keys = Shape::tokens(k.size(-2), k.size(-3) * k.size(-1))};
  if (supports(op, site, q.scalar_type(), is_recorded(q)) == Kernel::library)
    return at::scaled_dot_product_attention(q, k, v, {}, 0.0, op.causal);
  const double scale = 1.0 / std::sqrt(double(q.size(-1)));
  return at::matmul(at::softmax(at::matmul(q * scale, k.transpose(-2, -1)), -1), v);
}

}  // namespace

Tensor relu_weights(const AttentionOp& op, const Heads& heads) {
  const auto& [q, k, v] = heads;
  const double scale = 1.0 / (std::sqrt(double(q.size(-1))) * double(k.size(-2)));
  const Tensor weights = at::relu(at::matmul(q * scale, k.transpose(-2, -1)));
  return op.causal ? weights.tril() : weights;
}

Tensor attend(const AttentionOp& op, const Heads& heads) {
  if (op.function == AttentionFunction::softmax) return softmax_attention(op, heads);
  return at::matmul(relu_weights(op, heads), heads.v_NHSD);
}

}  // namespace mds
