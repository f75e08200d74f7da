#include "blocks/kernels/attention_loops.h"

#include <algorithm>
#include <cmath>

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

MDS_INLINE int64_t seen_keys(const ScoreTile& tile, int64_t row) {
  return tile.visible < 0 ? tile.keys : std::clamp<int64_t>(tile.visible + row, 0, tile.keys);
}

// Zeros from key `first` on.
template <class T>
MDS_INLINE void hide(T* weights, int64_t first, int64_t keys) {
  for (int64_t i = first; i < keys; ++i) weights[i] = T{};
}

template <class L, class T>
MDS_INLINE void softmax(const ScoreTile& tile, SoftmaxRows& state, T* weights) {
  const float scale = tile.scale * 1.44269504f;  // exp(x) = 2^(x / ln 2)
  for (int64_t r = 0; r < tile.rows; ++r) {
    const float* scores = tile.scores + r * most_keys;
    T* to = weights + r * most_keys;
    const int64_t seen = seen_keys(tile, r), whole = seen / L::count * L::count;
    typename L::Vector top = L::all(-INFINITY);
    for (int64_t i = 0; i < whole; i += L::count) top = L::max(top, L::load(scores + i));
    float most = L::largest(top);
    for (int64_t i = whole; i < seen; ++i) most = std::max(most, scores[i]);
    most = std::max(state.most[r], scale * most);
    state.decay[r] = most == -INFINITY ? 0 : std::exp2(state.most[r] - most);
    typename L::Vector total{};
    for (int64_t i = 0; i < whole; i += L::count) {
      const auto weight = L::exp2(L::load(scores + i) * scale - most);
      total += weight;
      L::store(to + i, weight);
    }
    if (whole < seen) {
      const auto weight = L::exp2(L::load(scores + whole, seen - whole) * scale - most);
      float rest[L::count];
      L::store(rest, weight);
      for (int64_t i = 0; i < seen - whole; ++i) total[i] += rest[i];
      L::store(to + whole, weight, seen - whole);
    }
    hide(to, seen, tile.keys);
    state.total[r] = state.total[r] * state.decay[r] + L::sum(total);
    state.most[r] = most;
  }
}

template <class L, class T>
MDS_INLINE void relu(const ScoreTile& tile, T* weights) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const int64_t seen = seen_keys(tile, r), at = r * most_keys;
    for (int64_t i = 0; i < seen; i += L::count)
      L::store(weights + at + i, L::activate(Activation::relu, L::load(tile.scores + at + i, seen - i) * tile.scale),
               seen - i);
    hide(weights + at, seen, tile.keys);
  }
}

template <class L, class T>
MDS_INLINE void gradients_of_softmax(const ScoreTile& tile, const float* total, T* weights, T* to) {
  for (int64_t r = 0; r < tile.rows; ++r) {
    const int64_t row = r * most_keys;
    const float factor = 1 / total[r];
    typename L::Vector sum{};
    const auto divide = [&](int64_t i, int64_t some) MDS_INLINED {
      const auto weight = L::load(weights + row + i, some) * factor;
      sum += weight * L::load(tile.scores + row + i, some);
      L::store(weights + row + i, weight, some);
    };
    L::each(tile.keys, divide);
    const float mean = L::sum(sum);
    const auto store = [&](int64_t i, int64_t some) MDS_INLINED {
      L::store(to + row + i, L::load(weights + row + i, some) * (L::load(tile.scores + row + i, some) - mean), some);
    };
    L::each(tile.keys, store);
  }
}

template <class L, class T>
MDS_INLINE void gradients_of_relu(const ScoreTile& tile, const T* weights, T* to) {
  const typename L::Vector zero{};
  for (int64_t r = 0; r < tile.rows; ++r) {
    const int64_t row = r * most_keys;
    const auto store = [&](int64_t i, int64_t some) MDS_INLINED {
      const auto d = L::load(tile.scores + row + i, some);
      L::store(to + row + i, L::load(weights + row + i, some) > zero ? d : zero, some);
    };
    L::each(tile.keys, store);
  }
}

template <class L, class T>
MDS_INLINE void stored(const SumRows& from, int64_t pitch, T* to) {
  for (int64_t r = 0; r < from.rows; ++r)
    for (int64_t c = 0; c < from.columns; c += L::count)
      L::store(to + r * pitch + c, L::load(from.sums + r * from.pitch + c) * from.factor[r], from.columns - c);
}

}  // namespace

MDS_EACH_WIDTH(void softmax_weights(const ScoreTile& tile, SoftmaxRows& rows, float* weights),
               softmax<L>(tile, rows, weights))
MDS_EACH_WIDTH(void softmax_weights(const ScoreTile& tile, SoftmaxRows& rows, Bf16* weights),
               softmax<L>(tile, rows, weights))
MDS_EACH_WIDTH(void relu_weights(const ScoreTile& tile, float* weights), relu<L>(tile, weights))
MDS_EACH_WIDTH(void relu_weights(const ScoreTile& tile, Bf16* weights), relu<L>(tile, weights))

MDS_EACH_WIDTH(void softmax_gradients(const ScoreTile& tile, const float* total, float* weights, float* to),
               gradients_of_softmax<L>(tile, total, weights, to))
MDS_EACH_WIDTH(void softmax_gradients(const ScoreTile& tile, const float* total, Bf16* weights, Bf16* to),
               gradients_of_softmax<L>(tile, total, weights, to))
MDS_EACH_WIDTH(void relu_gradients(const ScoreTile& tile, const float* weights, float* to),
               gradients_of_relu<L>(tile, weights, to))
MDS_EACH_WIDTH(void relu_gradients(const ScoreTile& tile, const Bf16* weights, Bf16* to),
               gradients_of_relu<L>(tile, weights, to))

MDS_EACH_WIDTH(void scale_sums(float* sums, int64_t rows, int64_t columns, const float* factor),
               stored<L>({sums, columns, rows, columns, factor}, columns, sums))
MDS_EACH_WIDTH(void store_sums(const SumRows& from, int64_t pitch, float* to), stored<L>(from, pitch, to))
MDS_EACH_WIDTH(void store_sums(const SumRows& from, int64_t pitch, Bf16* to), stored<L>(from, pitch, to))

}  // namespace mds
