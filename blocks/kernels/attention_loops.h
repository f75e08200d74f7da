// What attention does between its two products, on a tile of scores: 64 queries by some keys.
#pragma once

#include "blocks/kernels/tile.h"

namespace mds {

inline constexpr int64_t most_keys = 512;  // of a tile of scores, and the pitch of its rows

struct ScoreTile {
  float* scores;
  int64_t rows, keys;
  float scale;
  int64_t visible = -1;  // causal: how many of the keys the first row sees, each next row one more; -1: all
};

// Of each row, over the tiles of keys so far: the largest scaled score over ln 2, and the sum of the weights.
struct SoftmaxRows {
  float most[tile_rows], total[tile_rows], decay[tile_rows];  // decay: what the results of earlier tiles are scaled by
};

// weights = 2^(scale * score / ln 2 - most), and the rows' state after this tile. weights may be the scores' own
// memory.
void softmax_weights(const ScoreTile& tile, SoftmaxRows& rows, float* weights);
void softmax_weights(const ScoreTile& tile, SoftmaxRows& rows, Bf16* weights);

// weights = relu(scale * score).
void relu_weights(const ScoreTile& tile, float* weights);
void relu_weights(const ScoreTile& tile, Bf16* weights);

// From the weights and their gradients (tile.scores, as float32) to the gradients of what the weights are functions of.
// Softmax first divides row r of the weights by total[r], in place.
void softmax_gradients(const ScoreTile& tile, const float* total, float* weights, float* to);
void softmax_gradients(const ScoreTile& tile, const float* total, Bf16* weights, Bf16* to);
void relu_gradients(const ScoreTile& tile, const float* weights, float* to);
void relu_gradients(const ScoreTile& tile, const Bf16* weights, Bf16* to);

// Scales row r of sums (`columns` wide, a multiple of 16, as is their pitch) by factor[r].
void scale_sums(float* sums, int64_t rows, int64_t columns, const float* factor);

// Writes sums, scaled by factor[r] in row r. The pitch of the sums is `columns` rounded up to whole tiles.
struct SumRows {
  const float* sums;
  int64_t pitch, rows, columns;
  const float* factor;
};
void store_sums(const SumRows& from, int64_t pitch, float* to);
void store_sums(const SumRows& from, int64_t pitch, Bf16* to);

}  // namespace mds
