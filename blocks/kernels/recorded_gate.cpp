#include "blocks/kernels/recorded_gate.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "blocks/kernels/ending.h"
#include "blocks/kernels/gate_loops.h"

namespace mds {
namespace {

// work(first row, count, T{}) with the type of x, whose rows hold 2 x width numbers.
void for_gated_rows(const Tensor& x, int64_t width, const auto& work) {
  constexpr int64_t least = 1 << 14;  // numbers that are worth a thread
  at::parallel_for(0, x.numel() / (2 * width), 1 + least / width, [&](int64_t begin, int64_t end) {
    x.scalar_type() == at::kBFloat16 ? work(begin, end - begin, Bf16{}) : work(begin, end - begin, float{});
  });
}

class RecordedGate final : public torch::autograd::Function<RecordedGate> {
 public:
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static Tensor forward(Context* context, const Tensor& input) {
    const Tensor x = input.contiguous();
    const int64_t width = x.size(-1) / 2;
    std::vector<int64_t> sizes = x.sizes().vec();
    sizes.back() = width;
    const Tensor y = at::empty(sizes, x.options());
    for_gated_rows(x, width, [&]<class T>(int64_t first, int64_t count, T) {
      gate_rows({count, width}, read<T>(x) + 2 * first * width, written<T>(y) + first * width);
    });
    context->save_for_backward({x});
    return y;
  }

  static Tensors backward(Context* context, Tensors d_out) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "this gate has no second gradients");
    const Tensor x = context->get_saved_variables()[0], d_y = d_out[0].contiguous(), d_x = at::empty_like(x);
    const int64_t width = d_y.size(-1);
    for_gated_rows(x, width, [&]<class T>(int64_t first, int64_t count, T) {
      gate_rows_backward({count, width}, read<T>(x) + 2 * first * width, read<T>(d_y) + first * width,
                         written<T>(d_x) + 2 * first * width);
    });
    return {d_x};
  }
};

}  // namespace

Tensor recorded_gate(const Tensor& x) { return RecordedGate::apply(x); }

}  // namespace mds
