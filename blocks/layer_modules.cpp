#include "blocks/layer_modules.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/nn/init.h>
#include <torch/types.h>

#include <array>
#include <cmath>

#include "blocks/kernels/fused_attention.h"
#include "blocks/kernels/kernel.h"
#include "blocks/kernels/plain_norm.h"
#include "blocks/kernels/recorded_gate.h"
#include "blocks/kernels/recorded_product.h"
#include "blocks/kernels/rows_group_norm.h"

namespace mds {
namespace {

template <class Fill>
void assign(Tensor& weight, Fill&& value) {
  torch::NoGradGuard no_grad;
  weight.copy_(value());
}

void fill_weight(Tensor& weight, Init init, int64_t fan_in, const std::function<Tensor(at::IntArrayRef)>& next) {
  torch::NoGradGuard no_grad;
  if (init == Init::zero) return void(weight.zero_());
  weight.copy_(next(weight.sizes()) / std::sqrt(double(fan_in)));
  if (init == Init::non_negative) weight.abs_();
}

void let_go(Tensor& weight, Tensor& bias) {
  for (Tensor* each : {&weight, &bias})
    if (each->defined()) each->set_data(at::empty({0}, each->options()));
}

bool gates_in_one_pass(const Tensor& x, Activation activation) {
  return activation == Activation::silu && is_recorded(x) && x.is_cpu() &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

Tensor finished(const Tensor& y, const Epilogue& then, bool gated = false) {
  Tensor out = then.shift_NC.defined() ? y + then.shift_NC.unsqueeze(-1).unsqueeze(-1) : y;
  if (gated && gates_in_one_pass(out, then.activation)) {
    out = recorded_gate(out);
  } else if (gated) {
    const auto halves = out.chunk(2, -1);  // value, gate
    out = halves[0] * activate(then.activation, halves[1]);
  } else {
    out = activate(then.activation, out);
  }
  return then.residual.defined() ? then.residual + out : out;
}

KernelSite site_of(const Tensor& weight, const Preparation& to) {
  return {.device = weight.device().type(), .in = to.in, .prepared = true, .quantisation = to.quantisation};
}

PreparedLayerPtr product_by(Kernel kernel, const LayerWeights& weights, bool gated) {
  if (kernel == Kernel::int8_product) return prepare_int8_product(weights, gated);
  if (kernel == Kernel::weight_only_product) return prepare_weight_only_product(weights, gated);
  return prepare_product(weights, gated);
}

// What LibTorch would compute a product of x in.
at::ScalarType product_type(const Tensor& x) {
  const auto device = x.device().type();
  return at::autocast::is_autocast_enabled(device) ? at::autocast::get_autocast_dtype(device) : x.scalar_type();
}

// The layer by recorded_product() where that is its kernel; undefined elsewhere.
Tensor recorded(const LayerOp& op, const LayerWeights& weights, const Tensor& x, const Epilogue& then, bool gated) {
  const at::ScalarType type = product_type(x);
  if ((type != at::kFloat && type != at::kBFloat16) ||
      supports(op, mds::site_of(x), weights.weight.scalar_type(), is_recorded(x) || is_recorded(weights.weight)) !=
          Kernel::recorded_product)
    return {};
  Epilogue left = then;
  ProductLayerInput in{.x = x.to(type), .weight = weights.weight, .bias = weights.bias, .residual = {}};
  const bool plain = !gated && then.activation == Activation::none && !then.shift_NC.defined();
  if (plain && then.residual.defined() && then.residual.scalar_type() == type) std::swap(in.residual, left.residual);
  return finished(recorded_product(in), left, gated);
}

// The convolution of an op with these weights.
Tensor convolved(const ConvolutionOp& op, const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const Tensor x_NCHW = op.upsampled ? at::upsample_nearest2d(input, {2 * input.size(2), 2 * input.size(3)}) : input;
  const Border rows = padding_of(op, op.kernel), columns = padding_of(op, op.kernel_width());
  const bool even = rows.before == rows.after && columns.before == columns.after;
  const std::array zeros{even ? rows.before : 0, even ? columns.before : 0};
  const Tensor x =
      even ? x_NCHW : at::constant_pad_nd(x_NCHW, {columns.before, columns.after, rows.before, rows.after});
  return at::conv2d(x, weight, bias, op.stride, zeros, /*dilation=*/1, op.groups);
}

Tensor without_gradients(const Tensor& x, const auto& forward) {
  TORCH_CHECK(!is_recorded(x), "a prepared network has no gradients");
  return forward();
}

}  // namespace

Tensor activate(Activation activation, const Tensor& x) {
  switch (activation) {
    case Activation::silu:
      return at::silu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::quick_gelu:
      return x * at::sigmoid(1.702 * x);
    case Activation::relu:
      return at::relu(x);
    case Activation::relu6:
      return at::clamp(x, 0, 6);
    case Activation::none:
      break;
  }
  return x;
}

Tensor to_tokens(const Tensor& x_NCHW) { return x_NCHW.permute({0, 2, 3, 1}).flatten(1, 2); }
Tensor to_map(const Tensor& y_NTC, const Tensor& like_NCHW) {
  return y_NTC.unflatten(1, {like_NCHW.size(2), like_NCHW.size(3)}).permute({0, 3, 1, 2});
}

void LayerModule::adapt(const LowRank&) {
  TORCH_CHECK(false, "the layer has no products that low-rank updates change");
}

LinearLayer::LinearLayer(const LinearOp& op) : op_(op) {
  weight_ = register_parameter("weight", torch::empty({op.out, op.in}));
  if (op.bias) bias_ = register_parameter("bias", torch::empty({op.out}));
}

Tensor LinearLayer::product(const Tensor& x, const Epilogue& then, bool gated) const {
  const Tensor y = recorded(op_, {weight_, bias_, nullptr}, x, then, gated);
  return y.defined() ? y : finished(at::linear(x, weight_, bias_), then, gated);
}

Tensor LinearLayer::forward(const Tensor& x, const Epilogue& then) const {
  if (prepared_) return without_gradients(x, [&] { return prepared_->forward(x, then); });
  if (!update_.down.defined()) return product(x, then, op_.gated);
  const Tensor update = at::linear(at::linear(x, update_.down), update_.up);
  return finished(product(x, {}, /*gated=*/false) + update_.scale * update, then, op_.gated);
}

void LinearLayer::adapt(const LowRank& update) {
  TORCH_CHECK(!prepared_, "the weights of a prepared layer are packed");
  update_ = update;
}

void LinearLayer::prepare(const Preparation& to) {
  TORCH_CHECK(!update_.down.defined(), "a layer with a low-rank update beside its weights cannot be packed");
  const KernelSite site = site_of(weight_, to);
  const Kernel kernel = supports(op_, site, weight_.scalar_type(), /*grad=*/false);
  if (kernel == Kernel::library) return;
  prepared_ = product_by(kernel, {weight_, bias_, to.packing}, op_.gated);
  let_go(weight_, bias_);
}

void LinearLayer::fill(const std::function<Tensor(at::IntArrayRef)>& next) {
  fill_weight(weight_, op_.init, op_.in, next);
  if (op_.bias) fill_weight(bias_, op_.init, op_.in, next);
}

ConvolutionLayer::ConvolutionLayer(const ConvolutionOp& op) : op_(op) {
  weight_ = register_parameter("weight", torch::empty({op.out, op.in / op.groups, op.kernel, op.kernel_width()}));
  if (op.bias) bias_ = register_parameter("bias", torch::empty({op.out}));
}

Tensor ConvolutionLayer::product(const Tensor& x_NCHW, const Epilogue& then) const {
  const Tensor y = recorded(op_, {weight_, bias_, nullptr}, x_NCHW, then, /*gated=*/false);
  return y.defined() ? y : finished(convolved(op_, x_NCHW, weight_, bias_), then);
}

Tensor ConvolutionLayer::forward(const Tensor& x_NCHW, const Epilogue& then) const {
  if (prepared_) return without_gradients(x_NCHW, [&] { return prepared_->forward(x_NCHW, then); });
  if (!update_.down.defined()) return product(x_NCHW, then);
  const Tensor update = at::conv2d(convolved(op_, x_NCHW, update_.down, {}), update_.up);
  return finished(product(x_NCHW, {}) + update_.scale * update, then);
}

void ConvolutionLayer::adapt(const LowRank& update) {
  TORCH_CHECK(!prepared_ && op_.groups == 1, "a convolution with groups or packed weights takes no low-rank update");
  update_ = update;
}

void ConvolutionLayer::prepare(const Preparation& to) {
  TORCH_CHECK(!update_.down.defined(), "a layer with a low-rank update beside its weights cannot be packed");
  const KernelSite site = site_of(weight_, to);
  const Kernel kernel = supports(op_, site, weight_.scalar_type(), /*grad=*/false);
  if (kernel == Kernel::library) return;
  const LayerWeights weights{weight_, bias_, to.packing};
  prepared_ = kernel == Kernel::winograd ? prepare_winograd(op_, weights)
              : kernel == Kernel::taps   ? prepare_taps(op_, weights)
                                         : product_by(kernel, weights, /*gated=*/false);
  let_go(weight_, bias_);
}

void ConvolutionLayer::fill(const std::function<Tensor(at::IntArrayRef)>& next) {
  const int64_t fan_in = op_.in / op_.groups * op_.kernel * op_.kernel_width();
  fill_weight(weight_, op_.init, fan_in, next);
  if (op_.bias) fill_weight(bias_, op_.init, fan_in, next);
}

NormLayer::NormLayer(const NormOp& op) : op_(op) {
  weight_ = register_parameter("weight", torch::empty({op.channels}));
  bias_ = register_parameter("bias", torch::empty({op.channels}));
  if (op.kind != NormKind::batch) return;
  mean_ = register_buffer("running_mean", torch::empty({op.channels}));
  variance_ = register_buffer("running_var", torch::empty({op.channels}));
}

void NormLayer::prepare(const Preparation& to) {
  const KernelSite site = site_of(weight_, to);
  if (supports(op_, site, weight_.scalar_type(), /*grad=*/false) != Kernel::plain_norm) return;
  prepared_ = true;
  torch::NoGradGuard no_grad;
  weight_.set_data(weight_.to(at::kFloat));
  bias_.set_data(bias_.to(at::kFloat));
}

Tensor NormLayer::forward(const Tensor& x) const {
  if (prepared_) return without_gradients(x, [&] { return plain_norm(op_, x, weight_, bias_); });
  if (supports(op_, site_of(x), weight_.scalar_type(), is_recorded(x)) == Kernel::group_norm_by_rows)
    return rows_group_norm(x.to(at::kFloat), weight_, bias_, {op_.groups, op_.eps, op_.activation == Activation::silu})
        .to(x.scalar_type());
  if (op_.kind == NormKind::group)
    return activate(op_.activation, at::group_norm(x, op_.groups, weight_, bias_, op_.eps));
  if (op_.kind == NormKind::batch)
    return activate(op_.activation, at::batch_norm(x, weight_, bias_, mean_, variance_, /*training=*/false,
                                                   /*momentum=*/0, op_.eps, /*cudnn_enabled=*/true));
  const bool map = x.dim() == 4;
  const Tensor last = map ? x.permute({0, 2, 3, 1}) : x;
  const Tensor y = activate(op_.activation, at::layer_norm(last, {op_.channels}, weight_, bias_, op_.eps));
  return map ? y.permute({0, 3, 1, 2}) : y;
}

void NormLayer::fill(const std::function<Tensor(at::IntArrayRef)>&) {
  assign(weight_, [&] { return at::ones_like(weight_); });
  assign(bias_, [&] { return at::zeros_like(bias_); });
  if (op_.kind != NormKind::batch) return;
  assign(mean_, [&] { return at::zeros_like(mean_); });
  assign(variance_, [&] { return at::ones_like(variance_); });
}

Tensor PoolLayer::forward(const Tensor& x_NCHW) const {
  const bool max = op_.kind == PoolKind::max;
  if (op_.kernel == 0) return max ? at::amax(x_NCHW, {2, 3}) : at::mean(x_NCHW, {2, 3});
  if (max) return at::max_pool2d(x_NCHW, op_.kernel, op_.stride, op_.border);
  return at::avg_pool2d(x_NCHW, op_.kernel, op_.stride, op_.border, /*ceil_mode=*/false, op_.counts_border);
}

Tensor AttentionLayer::forward(const Tensor& q_NTC, const Tensor& k_NSC, const Tensor& v_NSC) const {
  if (prepared_ && !attend_) return without_gradients(q_NTC, [&] { return fused_attention(op_, q_NTC, k_NSC, v_NSC); });
  const AttentionInput in{q_NTC, k_NSC, v_NSC};
  return attend_ ? attend_(op_, in) : attend(op_, in);
}

void AttentionLayer::prepare(const Preparation& to) {
  const KernelSite site{.device = at::kCPU, .in = to.in, .prepared = true};
  prepared_ = supports(op_, site, at::kFloat, /*grad=*/false) == Kernel::fused_attention;
}

TableLayer::TableLayer(const TableOp& op) : op_(op) {
  weight_ = register_parameter("weight", torch::empty({op.rows, op.width}));
}

Tensor TableLayer::lookup(const Tensor& ids_NT) const { return at::embedding(weight_, ids_NT); }

void TableLayer::fill(const std::function<Tensor(at::IntArrayRef)>& next) {
  if (op_.init == Init::zero) return assign(weight_, [&] { return at::zeros_like(weight_); });
  assign(weight_, [&] { return 0.02 * std::sqrt(3.0) * next(weight_.sizes()); });  // deviation 0.02, as in CLIP
}

std::shared_ptr<LayerModule> make_layer(const LayerOp& op) {
  return std::visit(
      []<class Op>(const Op& o) -> std::shared_ptr<LayerModule> { return std::make_shared<LayerOf<Op>>(o); }, op);
}

}  // namespace mds
