#include "blocks/kernels/lane_attention_loops.h"

#include <algorithm>
#include <vector>

#include "blocks/kernels/lane_matrix.h"
#include "blocks/kernels/lane_tokens.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

constexpr int64_t most_scores = 1024;  // vectors of a tile of scores: 64 KiB

// Of the first heads of the range, in a tensor of `tokens` a sample.
template <class L>
HeadPlaces places(const HeadShape& shape, int64_t tokens, const HeadRange& range) {
  HeadPlaces at{{}, std::min<int64_t>(L::count, range.end - range.begin)};
  for (int64_t lane = 0; lane < L::count; ++lane) {
    const int64_t head = range.begin + std::min(lane, at.heads - 1);
    at.begin[lane] = head / shape.heads * tokens * shape.pitch() + head % shape.heads * shape.each;
  }
  return at;
}

// The scores of one query become its weights.
template <class L>
MDS_INLINE void softmax_row(float* row, int64_t keys) {
  auto most = L::load(row);
  for (int64_t s = 1; s < keys; ++s) most = L::max(most, L::load(row + s * L::count));
  typename L::Vector total{};
  for (int64_t s = 0; s < keys; ++s) {
    const auto weight = L::exp(L::load(row + s * L::count) - most);
    total += weight;
    L::store(row + s * L::count, weight);
  }
  const auto factor = 1.0f / total;
  for (int64_t s = 0; s < keys; ++s) L::store(row + s * L::count, L::load(row + s * L::count) * factor);
}

// d_weights become the gradients of the scores that gave the weights.
template <class L>
MDS_INLINE void softmax_row_backward(const float* weights, float* d_weights, int64_t keys) {
  typename L::Vector mean{};
  for (int64_t s = 0; s < keys; ++s) mean += L::load(weights + s * L::count) * L::load(d_weights + s * L::count);
  for (int64_t s = 0; s < keys; ++s) {
    float* d = d_weights + s * L::count;
    L::store(d, L::load(weights + s * L::count) * (L::load(d) - mean));
  }
}

template <class L>
MDS_INLINE void relu_row(float* row, int64_t keys) {
  for (int64_t s = 0; s < keys; ++s)
    L::store(row + s * L::count, L::activate(Activation::relu, L::load(row + s * L::count)));
}

template <class L>
MDS_INLINE void relu_row_backward(const float* weights, float* d_weights, int64_t keys) {
  const typename L::Vector zero{};
  for (int64_t s = 0; s < keys; ++s) {
    float* d = d_weights + s * L::count;
    L::store(d, L::load(weights + s * L::count) > zero ? L::load(d) : zero);
  }
}

// One group of heads, whose tensors lie as tokens x channels x lanes in memory of this thread.
template <class L, class T>
class HeadGroup {
 public:
  HeadGroup(const HeadShape& shape, const HeadRange& range)
      : shape_(shape),
        at_queries_(places<L>(shape, shape.queries, range)),
        at_keys_(places<L>(shape, shape.keys, range)),
        tile_(std::min(std::max<int64_t>(most_scores / shape.keys / 4 * 4, 4), shape.queries)) {}

  MDS_INLINE void attend(const HeadInputs<T>& in, T* out) {
    float* memory = room(2 * keys_size() + 2 * tile_size() + scores_size());
    float *k = memory, *v = k + keys_size(), *q = v + keys_size(), *y = q + tile_size(), *scores = y + tile_size();
    gather(in.k, at_keys_, key_rows(), k);
    gather(in.v, at_keys_, key_rows(), v);
    for (int64_t first = 0; first < shape_.queries; first += tile_) {
      const TokenRows rows = query_rows(first);
      gather(in.q, at_queries_, rows.scaled(shape_.scale), q);
      find_weights(rows, q, k, scores);
      multiply_lanes(score_matrix(scores), tokens(v), tokens(y), {rows.count, shape_.each, shape_.keys});
      scatter(y, at_queries_, rows, out);
    }
  }

  MDS_INLINE void backward(const HeadInputs<T>& in, const T* d_out, const HeadGradients<T>& to) {
    float* memory = room(4 * keys_size() + 3 * tile_size() + 2 * scores_size());
    float *k = memory, *v = k + keys_size(), *dk = v + keys_size(), *dv = dk + keys_size(), *q = dv + keys_size(),
          *dq = q + tile_size(), *dy = dq + tile_size(), *weights = dy + tile_size(), *d = weights + scores_size();
    gather(in.k, at_keys_, key_rows(), k);
    gather(in.v, at_keys_, key_rows(), v);
    for (int64_t first = 0; first < shape_.queries; first += tile_) {
      const TokenRows rows = query_rows(first);
      const ProductSize by_query{rows.count, shape_.each, shape_.keys};
      const ProductSize by_key{shape_.keys, shape_.each, rows.count, /*add=*/first > 0};
      gather(in.q, at_queries_, rows.scaled(shape_.scale), q);
      gather(d_out, at_queries_, rows, dy);
      find_weights(rows, q, k, weights);
      multiply_lanes(tokens(dy), tokens(v).turned(), score_matrix(d), {rows.count, shape_.keys, shape_.each});
      multiply_lanes(score_matrix(weights).turned(), tokens(dy), tokens(dv), by_key);
      for (int64_t r = 0; r < rows.count; ++r) {
        float *w = weights + r * shape_.keys * L::count, *dw = d + r * shape_.keys * L::count;
        shape_.softmax ? softmax_row_backward<L>(w, dw, shape_.keys) : relu_row_backward<L>(w, dw, shape_.keys);
      }
      multiply_lanes(score_matrix(d), tokens(k), tokens(dq), by_query);
      multiply_lanes(score_matrix(d).turned(), tokens(q), tokens(dk), by_key);
      scatter(dq, at_queries_, rows.scaled(shape_.scale), to.q);
    }
    scatter(dk, at_keys_, key_rows(), to.k);
    scatter(dv, at_keys_, key_rows(), to.v);
  }

 private:
  // Memory of this thread, which begins with a whole register.
  static float* room(int64_t floats) {
    constexpr size_t line = 64;
    static thread_local std::vector<float> memory;
    memory.resize(std::max(memory.size(), size_t(floats) + line));
    return reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(memory.data()) + line - 1) / line * line);
  }

  int64_t keys_size() const { return shape_.keys * shape_.each * L::count; }
  int64_t tile_size() const { return tile_ * shape_.each * L::count; }
  int64_t scores_size() const { return tile_ * shape_.keys * L::count; }

  TokenRows key_rows() const { return {0, shape_.keys, shape_.each, shape_.pitch()}; }
  TokenRows query_rows(int64_t first) const {
    return {first, std::min(tile_, shape_.queries - first), shape_.each, shape_.pitch()};
  }
  LaneMatrix tokens(float* data) const { return {data, shape_.each, 1}; }
  LaneMatrix score_matrix(float* data) const { return {data, shape_.keys, 1}; }

  MDS_INLINE void find_weights(const TokenRows& rows, float* q, float* k, float* weights) const {
    multiply_lanes(tokens(q), tokens(k).turned(), score_matrix(weights), {rows.count, shape_.keys, shape_.each});
    for (int64_t r = 0; r < rows.count; ++r) {
      float* row = weights + r * shape_.keys * L::count;
      const int64_t seen = shape_.causal ? std::min(shape_.keys, rows.first + r + 1) : shape_.keys;
      shape_.softmax ? softmax_row<L>(row, seen) : relu_row<L>(row, seen);
      std::fill(row + seen * L::count, row + shape_.keys * L::count, 0.0f);
    }
  }

  HeadShape shape_;
  HeadPlaces at_queries_, at_keys_;
  int64_t tile_;  // queries at a time
};

template <class L, class T>
MDS_INLINE void attended(const HeadShape& shape, const HeadRange& range, const HeadInputs<T>& in, T* out) {
  for (int64_t head = range.begin; head < range.end; head += L::count)
    HeadGroup<L, T>(shape, {head, range.end}).attend(in, out);
}

template <class L, class T>
MDS_INLINE void attended_backward(const HeadShape& shape, const HeadRange& range, const HeadInputs<T>& in,
                                  const T* d_out, const HeadGradients<T>& to) {
  for (int64_t head = range.begin; head < range.end; head += L::count)
    HeadGroup<L, T>(shape, {head, range.end}).backward(in, d_out, to);
}

}  // namespace

MDS_EACH_WIDTH(void attend_by_lanes(const HeadShape& shape, const HeadRange& range, const HeadInputs<float>& in,
                                    float* out),
               (attended<L, float>(shape, range, in, out)))
MDS_EACH_WIDTH(void attend_by_lanes(const HeadShape& shape, const HeadRange& range, const HeadInputs<Bf16>& in,
                                    Bf16* out),
               (attended<L, Bf16>(shape, range, in, out)))
MDS_EACH_WIDTH(void attend_by_lanes_backward(const HeadShape& shape, const HeadRange& range,
                                             const HeadInputs<float>& in, const float* d_out,
                                             const HeadGradients<float>& to),
               (attended_backward<L, float>(shape, range, in, d_out, to)))
MDS_EACH_WIDTH(void attend_by_lanes_backward(const HeadShape& shape, const HeadRange& range, const HeadInputs<Bf16>& in,
                                             const Bf16* d_out, const HeadGradients<Bf16>& to),
               (attended_backward<L, Bf16>(shape, range, in, d_out, to)))

}  // namespace mds
