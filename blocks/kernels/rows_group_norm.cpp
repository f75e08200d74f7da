#include "blocks/kernels/rows_group_norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "blocks/kernels/group_norm_loops.h"

namespace mds {
namespace {

struct Operands {
  Tensor x_NCHW, weight_C, bias_C;
  Tensor statistics;  // N x 2 x groups: mean, reciprocal deviation
  GroupNorm norm;

  NormedMap map(int64_t n) const {
    float* own = statistics.data_ptr<float>() + n * statistics.stride(0);
    return {.x = x_NCHW.const_data_ptr<float>() + n * x_NCHW.stride(0),
            .rows = {.positions = x_NCHW.size(2) * x_NCHW.size(3), .channels = x_NCHW.size(1)},
            .groups = norm.groups,
            .weight = weight_C.const_data_ptr<float>(),
            .bias = bias_C.const_data_ptr<float>(),
            .mean = own,
            .rstd = own + statistics.stride(1),
            .silu = norm.silu};
  }
};

template <class Work>
void for_each_map(const Operands& of, Work&& work) {
  at::parallel_for(0, of.x_NCHW.size(0), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) work(n, of.map(n));
  });
}

class Function final : public torch::autograd::Function<Function> {
 public:
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static Tensor forward(Context* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        const GroupNorm& norm) {
    const Operands of{x, weight, bias, at::empty({x.size(0), 2, norm.groups}, weight.options()), norm};
    const Tensor y = at::empty_like(x);
    float* to = y.data_ptr<float>();
    for_each_map(of, [&](int64_t n, const NormedMap& map) { normalise(map, norm.eps, to + n * y.stride(0)); });
    context->save_for_backward({x, weight, bias, of.statistics});
    context->saved_data["groups"] = norm.groups;
    context->saved_data["silu"] = norm.silu;
    return y;
  }

  static Tensors backward(Context* context, Tensors d_y) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "this group norm has no second gradients");
    const Tensors saved = context->get_saved_variables();
    const GroupNorm norm{context->saved_data["groups"].toInt(), /*eps=*/0, context->saved_data["silu"].toBool()};
    const Operands of{saved[0], saved[1], saved[2], saved[3], norm};
    const Tensor d_x = at::empty_like(of.x_NCHW).copy_(d_y[0]);
    const Tensor shares = at::empty({2, d_x.size(0), d_x.size(1)}, of.weight_C.options());
    float *gradient = d_x.data_ptr<float>(), *weight = shares[0].data_ptr<float>(), *bias = shares[1].data_ptr<float>();
    for_each_map(of, [&](int64_t n, const NormedMap& map) {
      const int64_t row = n * d_x.size(1);
      normalise_gradients(map, gradient + n * d_x.stride(0), weight + row, bias + row);
    });
    const Tensor d_WB = shares.sum(1);
    return {d_x, d_WB[0], d_WB[1], Tensor()};
  }
};

}  // namespace

Tensor rows_group_norm(const Tensor& x_NCHW, const Tensor& weight_C, const Tensor& bias_C, const GroupNorm& norm) {
  return Function::apply(x_NCHW, weight_C, bias_C, norm);
}

}  // namespace mds
