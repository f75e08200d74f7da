#include "blocks/kernels/kernel.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "blocks/kernels/attention_loops.h"
#include "blocks/kernels/panels.h"

namespace mds {
namespace {

bool norms_by_rows(const NormOp& op, const KernelSite& site, at::ScalarType dtype) {
  return op.kind == NormKind::group && (op.activation == Activation::none || op.activation == Activation::silu) &&
         site.in.kind == ShapeKind::map && site.channels_last && dtype == at::kFloat;
}

Kernel attention_kernel(const AttentionOp& op, const KernelSite& site, at::ScalarType dtype) {
  constexpr int64_t widest_lanes = 32;
  if (dtype != at::kFloat && dtype != at::kBFloat16) return Kernel::library;
  if (site.in.channels / op.heads <= widest_lanes) return Kernel::lane_attention;
  const bool softmax = op.function == AttentionFunction::softmax;
  return multiplies_panels() && (!softmax || op.keys.height <= most_keys) ? Kernel::tiled_attention : Kernel::library;
}

// Whether the layer is the product of rows with a matrix.
bool is_product(const ConvolutionOp& op) {
  return op.kernel == 1 && op.kernel_width() == 1 && op.stride == 1 && op.groups == 1 && !op.upsampled &&
         padding_of(op, 1) == Border{};
}

bool multiplies_recorded(const LayerOp& op, const KernelSite& site, at::ScalarType dtype) {
  if (dtype != at::kFloat || !multiplies_panels()) return false;
  const auto* convolution = std::get_if<ConvolutionOp>(&op);
  return std::holds_alternative<LinearOp>(op) || (convolution && site.channels_last && is_product(*convolution));
}

// Products of few channels or of one position are cheap, and what they compute, as the time embedding, is worth more
// digits.
Kernel product_kernel(int64_t in, int64_t out, const KernelSite& site) {
  constexpr int64_t fewest_channels = 32;
  if (site.quantisation == Quantisation::none || site.in.kind == ShapeKind::vector ||
      std::min(in, out) < fewest_channels)
    return Kernel::product;
  return site.quantisation == Quantisation::int8 ? Kernel::int8_product : Kernel::weight_only_product;
}

constexpr int64_t most_taps = 49, most_stride = 2;  // beyond, the library's convolutions take larger steps

Kernel convolution_kernel(const ConvolutionOp& op, const KernelSite& site) {
  const int64_t taps = op.kernel * op.kernel_width();
  if (op.groups != 1 || taps > most_taps || op.stride > most_stride) return Kernel::library;
  const Border rows = padding_of(op, op.kernel), columns = padding_of(op, op.kernel_width());
  const bool square = op.kernel == 3 && taps == 9 && op.stride == 1 && rows == Border{1, 1} && columns == rows;
  if (op.upsampled && !square) return Kernel::library;
  // One output would leave 63 of a panel's 64 columns empty. The heads of LPIPS, which read their weights, are such.
  if (is_product(op) && op.out == 1) return Kernel::library;
  if (is_product(op)) return product_kernel(op.in, op.out, site);
  // With fewer tiles of outputs, reading the larger weights takes longer than what is saved.
  constexpr int64_t fewest_positions = 32 * 32;
  if (square && op.in % 16 == 0 && op.out >= 16 && site.in.positions() >= fewest_positions) return Kernel::winograd;
  return Kernel::taps;
}

Kernel prepared_kernel(const LayerOp& op, const KernelSite& site, at::ScalarType dtype) {
  if (site.device != at::kCPU || (dtype != at::kFloat && dtype != at::kBFloat16) || !multiplies_panels())
    return Kernel::library;
  if (const auto* norm = std::get_if<NormOp>(&op))
    return norm->kind == NormKind::batch ? Kernel::library : Kernel::plain_norm;
  if (const auto* linear = std::get_if<LinearOp>(&op)) return product_kernel(linear->in, linear->out, site);
  if (std::holds_alternative<AttentionOp>(op)) return Kernel::fused_attention;
  if (const auto* convolution = std::get_if<ConvolutionOp>(&op)) return convolution_kernel(*convolution, site);
  return Kernel::library;
}

}  // namespace

KernelSite site_of(const Tensor& x) {
  const bool map = x.dim() == 4;
  return {.device = x.device().type(),
          .in = map            ? Shape::map(x.size(1), x.size(2), x.size(3))
                : x.dim() == 3 ? Shape::tokens(x.size(1), x.size(2))
                               : Shape::vector(x.size(-1)),
          .channels_last = map && x.is_contiguous(at::MemoryFormat::ChannelsLast)};
}

Kernel supports(const LayerOp& op, const KernelSite& site, at::ScalarType dtype, bool grad) {
  if (site.prepared) return prepared_kernel(op, site, dtype);
  if (!grad || site.device != at::kCPU) return Kernel::library;
  const auto* norm = std::get_if<NormOp>(&op);
  if (norm && norms_by_rows(*norm, site, dtype)) return Kernel::group_norm_by_rows;
  if (multiplies_recorded(op, site, dtype)) return Kernel::recorded_product;
  if (const auto* attention = std::get_if<AttentionOp>(&op)) return attention_kernel(*attention, site, dtype);
  return Kernel::library;
}

bool is_recorded(const Tensor& x) { return at::GradMode::is_enabled() && x.requires_grad(); }

}  // namespace mds
