// Agreement of pictures and captions in the space of a text-image encoder: row i of both tensors is one pair (N, E).
// Scores are raw cosines, as papers print them (0.30 to 0.33). torchmetrics prints 100 max(cosine, 0) of each pair,
// CLIPScore of Hessel et al. (2021) is 2.5 max(cosine, 0). Scores of different towers cannot be compared.
#pragma once

#include <ATen/core/Tensor.h>

#include "metrics/score.h"
#include "spec/tensor.h"

namespace mds {

// The rows as float64, scaled to length 1. ConfigError, naming `what`, for a row that is zero or not finite.
Tensor unit_rows(const std::string& what, const Tensor& embeddings_NE);

// Cosine of each pair, float64 (N). ConfigError for unequal shapes, and for a row that is zero or not finite.
Tensor clip_values(const Tensor& images_NE, const Tensor& texts_NE);

// The mean of these cosines, not scaled: between -1 and 1.
Score clip_score(const std::string& name, const Tensor& images_NE, const Tensor& texts_NE,
                 const ScoreOptions& options = {});

struct Recall {
  Score score;
  double chance = 0;  // the score of guessing: k / N

  // At least five times the score of guessing: below that, a text-image score does not rank candidates reliably.
  bool reliable() const { return score.value >= 5 * chance; }
};

// The share of queries whose own partner is among the k most similar of all N candidates. Candidates as similar as the
// partner count as ahead of it, so that collapsed embeddings score 0.
Recall recall_at(int64_t k, const Tensor& queries_NE, const Tensor& candidates_NE, const ScoreOptions& options = {});

}  // namespace mds
