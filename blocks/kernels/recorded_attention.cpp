#include "blocks/kernels/recorded_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "blocks/kernels/fused_attention.h"
#include "blocks/kernels/lane_attention.h"
#include "blocks/kernels/tiled_attention.h"

namespace mds {
namespace {

class RecordedAttention final : public torch::autograd::Function<RecordedAttention> {
 public:
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static Tensor forward(Context* context, const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOp& op,
                        Kernel kernel) {
    const AttentionInput in{q.contiguous(), k.contiguous(), v.contiguous()};
    const bool lanes = kernel == Kernel::lane_attention;
    context->save_for_backward({in.q_NTC, in.k_NSC, in.v_NSC});
    context->saved_data["heads"] = op.heads;
    context->saved_data["relu"] = op.function == AttentionFunction::relu;
    context->saved_data["causal"] = op.causal;
    context->saved_data["lanes"] = lanes;
    return lanes ? lane_attention(op, in) : fused_attention(op, in.q_NTC, in.k_NSC, in.v_NSC);
  }

  static Tensors backward(Context* context, Tensors d_out) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "this attention has no second gradients");
    const auto is = [&](const char* name) { return context->saved_data[name].toBool(); };
    const Tensors saved = context->get_saved_variables();
    const AttentionInput in{saved[0], saved[1], saved[2]};
    const AttentionOp op{.heads = context->saved_data["heads"].toInt(),
                         .keys = Shape::tokens(in.k_NSC.size(1), in.k_NSC.size(2)),
                         .function = is("relu") ? AttentionFunction::relu : AttentionFunction::softmax,
                         .causal = is("causal")};
    const Tensor d = d_out[0].contiguous();
    const auto [d_q, d_k, d_v] =
        is("lanes") ? lane_attention_gradients(op, in, d) : tiled_attention_gradients(op, in, d);
    return {d_q, d_k, d_v, Tensor(), Tensor()};
  }
};

}  // namespace

Tensor recorded_attention(Kernel kernel, const AttentionOp& op, const AttentionInput& in) {
  for (const Tensor& x : {in.k_NSC, in.v_NSC})
    TORCH_CHECK(x.scalar_type() == in.q_NTC.scalar_type(), "attention of ", in.q_NTC.scalar_type(), " queries and ",
                x.scalar_type(), " keys or values");
  return RecordedAttention::apply(in.q_NTC, in.k_NSC, in.v_NSC, op, kernel);
}

}  // namespace mds
