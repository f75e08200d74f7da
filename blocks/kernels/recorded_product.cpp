#include "blocks/kernels/recorded_product.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "blocks/kernels/ending.h"
#include "blocks/kernels/matrix_product.h"

namespace mds {
namespace {

// A tensor of rows, channels last in memory, as a matrix.
template <class T>
MatrixRows<T> matrix(const Tensor& x, int64_t columns) {
  return {read<T>(x), x.numel() / columns, columns, columns};
}

// With `channels` in place of those of x.
Tensor rows_like(const Tensor& x, int64_t channels) {
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes[x.dim() == 4 ? 1 : sizes.size() - 1] = channels;
  return at::empty(
      sizes, x.options().memory_format(x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous));
}

// work(T{}) with the type of x.
void with_type(const Tensor& x, const auto& work) { x.scalar_type() == at::kBFloat16 ? work(Bf16{}) : work(float{}); }

template <class T>
Tensor column_sums(const MatrixRows<T>& of) {
  constexpr int64_t strip = 64;
  const Tensor sums = at::empty({of.columns}, at::kFloat);
  at::parallel_for(0, (of.columns + strip - 1) / strip, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * strip, last = std::min(end * strip, of.columns);
    sum_columns({of.data + first, of.rows, last - first, of.pitch}, written<float>(sums) + first);
  });
  return sums;
}

class RecordedProduct final : public torch::autograd::Function<RecordedProduct> {
 public:
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  using Optional = std::optional<Tensor>;

  static Tensor forward(Context* context, const Tensor& input, const Tensor& weight, const Optional& bias,
                        const Optional& residual) {
    const Tensor x = by_rows(input), w = weight.to(x.scalar_type()), out = rows_like(x, weight.size(0));
    const Tensor added = residual ? by_rows(*residual) : Tensor();
    with_type(x, [&]<class T>(T) {
      multiply(Factor<T>{matrix<T>(x, w.size(1))}, Factor<T>{matrix<T>(w, w.size(1)), /*transposed=*/true},
               ProductResult<T>{.out = written<T>(out),
                                .bias = bias ? read<float>(*bias) : nullptr,
                                .residual = added.defined() ? read<T>(added) : nullptr});
    });
    context->save_for_backward({x, w});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["residual"] = residual.has_value();
    return out;
  }

  static Tensors backward(Context* context, Tensors d_out) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "this product has no second gradients");
    const Tensors saved = context->get_saved_variables();
    const Tensor &x = saved[0], &w = saved[1], d = by_rows(d_out[0].to(x.scalar_type()));
    const bool bias = context->saved_data["bias"].toBool(), residual = context->saved_data["residual"].toBool();
    const int64_t in = w.size(1), out = w.size(0);
    Tensor d_x, d_weight, d_bias;
    with_type(x, [&]<class T>(T) {
      const MatrixRows<T> d_rows = matrix<T>(d, out);
      if (context->needs_input_grad(0)) {
        d_x = at::empty_like(x);
        multiply(Factor<T>{d_rows}, Factor<T>{matrix<T>(w, in)}, ProductResult<T>{.out = written<T>(d_x)});
      }
      if (context->needs_input_grad(1)) {
        d_weight = at::empty_like(w, at::kFloat);
        multiply(Factor<T>{d_rows, /*transposed=*/true}, Factor<T>{matrix<T>(x, in)},
                 ProductResult<float>{.out = written<float>(d_weight)});
      }
      if (bias && context->needs_input_grad(2)) d_bias = column_sums(d_rows);
    });
    return {d_x, d_weight, d_bias, residual ? d_out[0] : Tensor()};
  }
};

}  // namespace

Tensor recorded_product(const ProductLayerInput& in) {
  const auto if_defined = [](const Tensor& x) { return x.defined() ? std::optional(x) : std::nullopt; };
  return RecordedProduct::apply(in.x, in.weight, if_defined(in.bias), if_defined(in.residual));
}

}  // namespace mds
