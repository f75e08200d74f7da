#include "blocks/kernels/lane_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

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
HeadInputs<T> read_all(const std::array<Tensor, 3>& in) {
  return {read<T>(in[0]), read<T>(in[1]), read<T>(in[2])};
}

// work(range, T{}) for the heads of all samples, T being the type of x.
void for_each_range(const HeadShape& shape, const Tensor& x, const auto& work) {
  at::parallel_for(0, x.size(0) * shape.heads, /*grain_size=*/most_lanes, [&](int64_t begin, int64_t end) {
    x.scalar_type() == at::kBFloat16 ? work(HeadRange{begin, end}, Bf16{}) : work(HeadRange{begin, end}, float{});
  });
}

class LaneAttention final : public torch::autograd::Function<LaneAttention> {
 public:
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static Tensor forward(Context* context, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOp& op) {
    const std::array in{q.contiguous(), k.contiguous(), v.contiguous()};
    const HeadShape shape = head_shape(op, q, k);
    const Tensor out = at::empty_like(in[0]);
    for_each_range(shape, q, [&]<class T>(const HeadRange& range, T) {
      attend_by_lanes(shape, range, read_all<T>(in), written<T>(out));
    });
    context->save_for_backward({in[0], in[1], in[2]});
    context->saved_data["heads"] = op.heads;
    context->saved_data["softmax"] = shape.softmax;
    context->saved_data["causal"] = op.causal;
    return out;
  }

  static Tensors backward(Context* context, Tensors d_out) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "this attention has no second gradients");
    const Tensors saved = context->get_saved_variables();
    const std::array in{saved[0], saved[1], saved[2]};
    AttentionOp op{.heads = context->saved_data["heads"].toInt(), .keys = {}};
    if (!context->saved_data["softmax"].toBool()) op.function = AttentionFunction::relu;
    op.causal = context->saved_data["causal"].toBool();
    const HeadShape shape = head_shape(op, in[0], in[1]);
    const Tensor d = d_out[0].contiguous();
    const std::array to{at::empty_like(in[0]), at::empty_like(in[1]), at::empty_like(in[2])};
    for_each_range(shape, d, [&]<class T>(const HeadRange& range, T) {
      attend_by_lanes_backward(shape, range, read_all<T>(in), read<T>(d),
                               {written<T>(to[0]), written<T>(to[1]), written<T>(to[2])});
    });
    return {to[0], to[1], to[2], Tensor()};
  }
};

}  // namespace

Tensor lane_attention(const AttentionOp& op, const Tensor& q_NTC, const Tensor& k_NSC, const Tensor& v_NSC) {
  for (const Tensor& x : {k_NSC, v_NSC})
    TORCH_CHECK(x.scalar_type() == q_NTC.scalar_type(), "attention of ", q_NTC.scalar_type(), " queries and ",
                x.scalar_type(), " keys or values");
  return LaneAttention::apply(q_NTC, k_NSC, v_NSC, op);
}

}  // namespace mds
