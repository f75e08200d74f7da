#include "blocks/layer_modules.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/types.h>

#include <array>
#include <cmath>

#include "blocks/rows_group_norm.h"

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

// Whether gradients will flow back through an operation on x. Other passes use LibTorch's own operators, because those
// passes are traced and exported.
bool is_recorded(const Tensor& x) { return at::GradMode::is_enabled() && x.requires_grad(); }

// LibTorch's fused softmax attention is made for wide heads and long rows. With gradients on a CPU, two products and a
// softmax are faster where heads are narrower than a vector register: up to ten times in bfloat16.
bool runs_as_products(const Tensor& q_NHTD, const Tensor& k_NHSD) {
  constexpr int64_t narrow = 16, most_scores = 1 << 16;  // most_scores: of one head, as they are kept for the gradients
  return q_NHTD.is_cpu() && is_recorded(q_NHTD) && q_NHTD.size(-2) * k_NHSD.size(-2) <= most_scores &&
         (q_NHTD.scalar_type() == at::kBFloat16 || q_NHTD.size(-1) < narrow);
}

bool runs_by_rows(const NormOp& op, const Tensor& x, const Tensor& weight) {
  return op.kind == NormKind::group && (op.activation == Activation::none || op.activation == Activation::silu) &&
         x.dim() == 4 && x.is_cpu() && is_recorded(x) && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         weight.scalar_type() == at::kFloat;
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

LinearLayer::LinearLayer(const LinearOp& op) : op_(op) {
  weight_ = register_parameter("weight", torch::empty({op.out, op.in}));
  if (op.bias) bias_ = register_parameter("bias", torch::empty({op.out}));
}

Tensor LinearLayer::forward(const Tensor& x) const { return at::linear(x, weight_, bias_); }

void LinearLayer::fill(const std::function<Tensor(at::IntArrayRef)>& next) {
  fill_weight(weight_, op_.init, op_.in, next);
  if (op_.bias) fill_weight(bias_, op_.init, op_.in, next);
}

ConvolutionLayer::ConvolutionLayer(const ConvolutionOp& op) : op_(op) {
  weight_ = register_parameter("weight", torch::empty({op.out, op.in / op.groups, op.kernel, op.kernel_width()}));
  if (op.bias) bias_ = register_parameter("bias", torch::empty({op.out}));
}

Tensor ConvolutionLayer::forward(const Tensor& x_NCHW) const {
  const Border rows = padding_of(op_, op_.kernel), columns = padding_of(op_, op_.kernel_width());
  const bool even = rows.before == rows.after && columns.before == columns.after;
  const std::array zeros{even ? rows.before : 0, even ? columns.before : 0};
  const Tensor x =
      even ? x_NCHW : at::constant_pad_nd(x_NCHW, {columns.before, columns.after, rows.before, rows.after});
  return at::conv2d(x, weight_, bias_, op_.stride, zeros, /*dilation=*/1, op_.groups);
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

Tensor NormLayer::forward(const Tensor& x) const {
  if (runs_by_rows(op_, x, weight_))
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

Tensor AttentionLayer::relu(const Tensor& q_NHTD, const Tensor& k_NHSD, const Tensor& v_NHSD) const {
  const double scale = 1.0 / (std::sqrt(double(q_NHTD.size(-1))) * double(k_NHSD.size(-2)));
  const Tensor scores = at::relu(at::matmul(q_NHTD * scale, k_NHSD.transpose(-2, -1)));
  const Tensor weights = op_.causal ? scores.tril() : scores;
  if (tuning_.row_sums.defined()) tuning_.row_sums.add_(weights.sum(-1).mean(at::IntArrayRef{0, 2}));
  const Tensor y = at::matmul(weights, v_NHSD);
  return tuning_.log_gain.defined() ? y * tuning_.log_gain.exp().view({-1, 1, 1}) : y;
}

Tensor AttentionLayer::softmax(const Tensor& q_NHTD, const Tensor& k_NHSD, const Tensor& v_NHSD) const {
  if (op_.causal || !runs_as_products(q_NHTD, k_NHSD))
    return at::scaled_dot_product_attention(q_NHTD, k_NHSD, v_NHSD, {}, 0.0, op_.causal);
  const double scale = 1.0 / std::sqrt(double(q_NHTD.size(-1)));
  return at::matmul(at::softmax(at::matmul(q_NHTD * scale, k_NHSD.transpose(-2, -1)), -1), v_NHSD);
}

Tensor AttentionLayer::forward(const Tensor& q_NTC, const Tensor& k_NSC, const Tensor& v_NSC) const {
  const auto split = [&](const Tensor& x) { return x.unflatten(-1, {op_.heads, -1}).transpose(1, 2); };
  const auto joined = [](const Tensor& y) { return y.transpose(1, 2).flatten(2); };
  const Tensor q = split(q_NTC), k = split(k_NSC), v = split(v_NSC);
  if (op_.function == AttentionFunction::softmax) return joined(softmax(q, k, v));
  if (!tuning_.softmax_share.defined()) return joined(relu(q, k, v));
  const Tensor& share = tuning_.softmax_share;
  return joined((1 - share) * relu(q, k, v) + share * softmax(q, k, v));
}

TableLayer::TableLayer(const TableOp& op) { weight_ = register_parameter("weight", torch::empty({op.rows, op.width})); }

Tensor TableLayer::lookup(const Tensor& ids_NT) const { return at::embedding(weight_, ids_NT); }

void TableLayer::fill(const std::function<Tensor(at::IntArrayRef)>& next) {
  assign(weight_, [&] { return 0.02 * std::sqrt(3.0) * next(weight_.sizes()); });  // deviation 0.02, as in CLIP
}

std::shared_ptr<LayerModule> make_layer(const LayerOp& op) {
  return std::visit(
      []<class Op>(const Op& o) -> std::shared_ptr<LayerModule> { return std::make_shared<LayerOf<Op>>(o); }, op);
}

}  // namespace mds
