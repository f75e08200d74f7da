#include "blocks/kernels/attention.h"

#include <ATen/ATen.h>

#include <cmath>

#include "blocks/kernels/kernel.h"
#include "blocks/kernels/recorded_attention.h"

namespace mds {
namespace {

// N x H x T x D.
Tensor split(const AttentionOp& op, const Tensor& x_NTC) { return x_NTC.unflatten(-1, {op.heads, -1}).transpose(1, 2); }

Tensor library_attention(const AttentionOp& op, const AttentionInput& in) {
  const Tensor v = split(op, in.v_NSC);
  if (op.function == AttentionFunction::relu) return at::matmul(relu_weights(op, in), v);
  return at::scaled_dot_product_attention(split(op, in.q_NTC), split(op, in.k_NSC), v, {}, 0.0, op.causal);
}

}  // namespace

Tensor relu_weights(const AttentionOp& op, const AttentionInput& in) {
  const Tensor q = split(op, in.q_NTC), k = split(op, in.k_NSC);
  const double scale = 1.0 / (std::sqrt(double(q.size(-1))) * double(k.size(-2)));
  const Tensor weights = at::relu(at::matmul(q * scale, k.transpose(-2, -1)));
  return op.causal ? weights.tril() : weights;
}

Tensor attend(const AttentionOp& op, const AttentionInput& in) {
  AttentionOp here = op;
  here.keys = Shape::tokens(in.k_NSC.size(1), in.k_NSC.size(2));
  const Kernel kernel = supports(here, site_of(in.q_NTC), in.q_NTC.scalar_type(), is_recorded(in.q_NTC));
  if (kernel != Kernel::library) return recorded_attention(kernel, op, in);
  return library_attention(op, in).transpose(1, 2).flatten(2);
}

}  // namespace mds
