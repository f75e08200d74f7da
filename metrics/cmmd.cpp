#include "metrics/cmmd.h"

#include <torch/types.h>

#include "metrics/clip_score.h"
#include "metrics/kernels.h"

namespace mds {
namespace {

constexpr double kernel_sigma = 10, scale = 1000;

// The mean similarity of each row to all columns.
Tensor similarity(const Tensor& rows_NE, const Tensor& columns_ME) {
  const auto gaussian = [](const Tensor& rows, const Tensor& columns) {
    return squared_distances(rows, columns).mul_(-1 / (2 * kernel_sigma * kernel_sigma)).exp_();
  };
  return fold_rows(rows_NE, columns_ME, gaussian, [](const Tensor& values_BM) { return values_BM.mean(1); });
}

}  // namespace

Cmmd cmmd(const std::string& name, const Tensor& embeddings_NE, const Tensor& reference_ME,
          const ScoreOptions& options) {
  const auto x = unit_rows("embeddings", embeddings_NE), y = unit_rows("reference embeddings", reference_ME);
  require_equal_widths(x, y);
  const auto own_N = similarity(x, x), across_N = similarity(x, y), reference_M = similarity(y, y);
  const double value = (own_N.mean() + reference_M.mean() - 2 * across_N.mean()).item<double>();
  const auto share_N = own_N - across_N, influences_N = 2 * scale * (share_N - share_N.mean());
  return {linearised_score(name, scale * value, influences_N, options), influences_N};
}

}  // namespace mds
