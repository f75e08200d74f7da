#include "metrics/clip_score.h"

#include <torch/types.h>

namespace mds {
namespace {

void require_pairs(const Tensor& a_NE, const Tensor& b_NE) {
  if (a_NE.sizes() != b_NE.sizes())
    throw ConfigError(c10::str("embeddings: pairs need equal shapes, got ", a_NE.sizes(), " and ", b_NE.sizes()));
}

}  // namespace

Tensor unit_rows(const std::string& what, const Tensor& embeddings_NE) {
  const auto values = checked_float64(what, embeddings_NE, 2);
  const auto norms = values.square().sum(1, /*keepdim=*/true).sqrt();
  if (norms.min().item<double>() == 0)
    throw ConfigError(what + ": row " + std::to_string(norms.argmin().item<int64_t>()) +
                      " is all zero and has no direction");
  return values / norms;
}

Tensor clip_values(const Tensor& images_NE, const Tensor& texts_NE) {
  require_pairs(images_NE, texts_NE);
  return (unit_rows("image embeddings", images_NE) * unit_rows("text embeddings", texts_NE)).sum(1);
}

Score clip_score(const std::string& name, const Tensor& images_NE, const Tensor& texts_NE,
                 const ScoreOptions& options) {
  return mean_score(name, clip_values(images_NE, texts_NE), options);
}

Recall recall_at(int64_t k, const Tensor& queries_NE, const Tensor& candidates_NE, const ScoreOptions& options) {
  require_pairs(queries_NE, candidates_NE);
  const auto similar_NN =
      unit_rows("query embeddings", queries_NE).matmul(unit_rows("candidate embeddings", candidates_NE).t());
  const auto n = similar_NN.size(0);
  if (k < 1 || k > n) throw ConfigError("recall: k is " + std::to_string(k) + "; allowed: 1 to " + std::to_string(n));
  const auto rank_N = similar_NN.ge(similar_NN.diagonal().unsqueeze(1)).sum(1);  // 1 if only the partner is as similar
  const auto hits_N = rank_N.le(k).to(torch::kFloat64);
  return {mean_score("recall@" + std::to_string(k), hits_N, options), double(k) / double(n)};
}

}  // namespace mds
