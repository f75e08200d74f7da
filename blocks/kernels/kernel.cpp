#include "blocks/kernels/kernel.h"

#include <ATen/ATen.h>

namespace mds {
namespace {

bool norms_by_rows(const NormOp& op, const KernelSite& site, at::ScalarType dtype) {
  return op.kind == NormKind::group && (op.activation == Activation::none || op.activation == Activation::silu) &&
         site.in.kind == ShapeKind::map && site.channels_last && dtype == at::kFloat;
}

// LibTorch's fused softmax attention is made for wide heads and long rows. Two products and a softmax are faster where
// heads are narrower than a vector register: up to ten times in bfloat16.
bool attends_by_products(const AttentionOp& op, const KernelSite& site, at::ScalarType dtype) {
  constexpr int64_t narrow = 16, most_scores = 1 << 16;  // most_scores: of one head, as they are kept for the gradients
  return op.function == AttentionFunction::softmax && !op.causal && site.in.height * site.keys.height <= most_scores &&
         (dtype == at::kBFloat16 || site.in.channels / op.heads < narrow);
}

}  // namespace

KernelSite site_of(const Tensor& x) {
  const bool map = x.dim() == 4;
  return {.device = x.device().type(),
          .in = map ? Shape::map(x.size(1), x.size(2), x.size(3)) : Shape::tokens(x.size(1), x.size(2)),
          .channels_last = map && x.is_contiguous(at::MemoryFormat::ChannelsLast)};
}

Kernel supports(const LayerOp& op, const KernelSite& site, at::ScalarType dtype, bool grad) {
  if (!grad || site.device != at::kCPU) return Kernel::library;
  const auto* norm = std::get_if<NormOp>(&op);
  if (norm && norms_by_rows(*norm, site, dtype)) return Kernel::group_norm_by_rows;
  const auto* attention = std::get_if<AttentionOp>(&op);
  if (attention && attends_by_products(*attention, site, dtype)) return Kernel::attention_by_products;
  return Kernel::library;
}

bool is_recorded(const Tensor& x) { return at::GradMode::is_enabled() && x.requires_grad(); }

}  // namespace mds
