#include "blocks/kernels/lane_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "blocks/kernels/ending.h"
#include "blocks/kernels/lane_attention_loops.h"

namespace mds {
namespace {

HeadShape head_shape(const AttentionOp& op, const Tensor& q, const Tensor& k) {
  HeadShape shape{.heads = op.heads,
                  .queries = q.size(1),
                  .keys = k.size(1),
                  .each = q.size(2) / op.heads,
                  .scale = 0,
                  .softmax = op.function == AttentionFunction::softmax,
                  .causal = op.causal};
  shape.scale = float(1 / (std::sqrt(double(shape.each)) * (shape.softmax ? 1 : double(shape.keys))));
  return shape;
}

template <class T>
HeadInputs<T> read_all(const AttentionInput& in) {
  return {read<T>(in.q_NTC), read<T>(in.k_NSC), read<T>(in.v_NSC)};
}

// work(range, T{}) for the heads of all samples, T being the type of x.
void for_each_range(const HeadShape& shape, const Tensor& x, const auto& work) {
  at::parallel_for(0, x.size(0) * shape.heads, /*grain_size=*/most_lanes, [&](int64_t begin, int64_t end) {
    x.scalar_type() == at::kBFloat16 ? work(HeadRange{begin, end}, Bf16{}) : work(HeadRange{begin, end}, float{});
  });
}

}  // namespace

Tensor lane_attention(const AttentionOp& op, const AttentionInput& in) {
  const HeadShape shape = head_shape(op, in.q_NTC, in.k_NSC);
  const Tensor out = at::empty_like(in.q_NTC);
  for_each_range(shape, out, [&]<class T>(const HeadRange& range, T) {
    attend_by_lanes(shape, range, read_all<T>(in), written<T>(out));
  });
  return out;
}

AttentionGradients lane_attention_gradients(const AttentionOp& op, const AttentionInput& in, const Tensor& d_out) {
  const HeadShape shape = head_shape(op, in.q_NTC, in.k_NSC);
  const AttentionGradients to{at::empty_like(in.q_NTC), at::empty_like(in.k_NSC), at::empty_like(in.v_NSC)};
  for_each_range(shape, d_out, [&]<class T>(const HeadRange& range, T) {
    attend_by_lanes_backward(shape, range, read_all<T>(in), read<T>(d_out),
                             {written<T>(to[0]), written<T>(to[1]), written<T>(to[2])});
  });
  return to;
}

}  // namespace mds
