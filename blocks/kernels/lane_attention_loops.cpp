#include "blocks/kernels/lane_attention_loops.h"

#include <algorithm>
#include <vector>

#include "blocks/kernels/transposed_lanes.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

constexpr int64_t most_scores = 1024;  // vectors of a tile of scores: 64 KiB

// A matrix of vectors, one number a lane.
struct LaneMatrix {
  float* data;
  int64_t row, column;  // steps, in vectors
  LaneMatrix turned() const { return {data, column, row}; }
};

template <class L>
MDS_INLINE float* element(const LaneMatrix& of, int64_t i, int64_t j) {
  return of.data + (i * of.row + j * of.column) * L::count;
}

struct ProductSize {
  int64_t rows, columns, sums;
  bool add = false;  // to what is there
};

template <class L, int64_t rows, int64_t columns>
MDS_INLINE void product_block(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c, int64_t sums, bool add) {
  typename L::Vector total[rows][columns];
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) total[i][j] = add ? L::load(element<L>(c, i, j)) : L::all(0);
  for (int64_t k = 0; k < sums; ++k) {
    typename L::Vector right[columns];
    for (int64_t j = 0; j < columns; ++j) right[j] = L::load(element<L>(b, k, j));
    for (int64_t i = 0; i < rows; ++i) {
      const auto left = L::load(element<L>(a, i, k));
      for (int64_t j = 0; j < columns; ++j) total[i][j] += left * right[j];
    }
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) L::store(element<L>(c, i, j), total[i][j]);
}

template <class L, int64_t rows>
MDS_INLINE void product_rows(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c, const ProductSize& size) {
  constexpr int64_t block = 4;
  int64_t j = 0;
  const auto at = [&](const LaneMatrix& of) MDS_INLINED { return LaneMatrix{element<L>(of, 0, j), of.row, of.column}; };
  for (; j + block <= size.columns; j += block) product_block<L, rows, block>(a, at(b), at(c), size.sums, size.add);
  for (; j < size.columns; ++j) product_block<L, rows, 1>(a, at(b), at(c), size.sums, size.add);
}

// c = a b in each lane.
template <class L>
MDS_INLINE void product(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c, const ProductSize& size) {
  constexpr int64_t block = 4;
  int64_t i = 0;
  const auto at = [&](const LaneMatrix& of) MDS_INLINED { return LaneMatrix{element<L>(of, i, 0), of.row, of.column}; };
  for (; i + block <= size.rows; i += block) product_rows<L, block>(at(a), b, at(c), size);
  for (; i < size.rows; ++i) product_rows<L, 1>(at(a), b, at(c), size);
}

// Where the heads of a group begin in a tensor of `tokens` a sample. Lanes without a head repeat the last one.
template <class L>
struct HeadPlaces {
  int64_t begin[L::count];
  int64_t heads;  // lanes that hold one

  HeadPlaces(const HeadShape& shape, int64_t tokens, const HeadRange& range)
      : heads(std::min<int64_t>(L::count, range.end - range.begin)) {
    for (int64_t lane = 0; lane < L::count; ++lane) {
      const int64_t head = range.begin + std::min(lane, heads - 1);
      begin[lane] = head / shape.heads * tokens * shape.pitch() + head % shape.heads * shape.each;
    }
  }
};

// Tokens of a head in memory.
struct TokenRows {
  int64_t first, count, each, pitch;
};

// Visits the channels of the tokens in squares of registers: visit(i, c, some) for `some` channels of token i from c
// on. Where two tokens fill a register, visit_two(i) has both.
template <class L>
MDS_INLINE void each_square(const TokenRows& rows, const auto& visit, const auto& visit_two) {
  int64_t i = 0;
  if (L::count > 4 && 2 * rows.each == L::count)
    for (; i + 2 <= rows.count; i += 2) visit_two(i);
  for (; i < rows.count; ++i) L::each(rows.each, [&](int64_t c, int64_t some) MDS_INLINED { visit(i, c, some); });
}

template <class L, class T>
MDS_INLINE void gather(const T* from, const HeadPlaces<L>& places, const TokenRows& rows, float scale, float* to) {
  const auto fill = [&](int64_t i, int64_t c, int64_t some, const auto& load) MDS_INLINED {
    typename L::Vector square[L::count];
    for (int64_t lane = 0; lane < L::count; ++lane)
      square[lane] = load(from + places.begin[lane] + (rows.first + i) * rows.pitch + c) * scale;
    transpose<L>(square);
    for (int64_t j = 0; j < some; ++j) L::store(to + (i * rows.each + c + j) * L::count, square[j]);
  };
  const auto one = [&](int64_t i, int64_t c, int64_t some) MDS_INLINED {
    const auto load = [&](const T* p) MDS_INLINED { return L::load(p, some); };
    fill(i, c, some, load);
  };
  const auto two = [&](int64_t i) MDS_INLINED {
    const auto load = [&](const T* p) MDS_INLINED { return load_halves<L>(p, p + rows.pitch); };
    fill(i, 0, L::count, load);
  };
  each_square<L>(rows, one, two);
}

template <class L, class T>
MDS_INLINE void scatter(const float* from, const HeadPlaces<L>& places, const TokenRows& rows, float scale, T* to) {
  const auto empty = [&](int64_t i, int64_t c, int64_t some, const auto& store) MDS_INLINED {
    typename L::Vector square[L::count] = {};
    for (int64_t j = 0; j < some; ++j) square[j] = L::load(from + (i * rows.each + c + j) * L::count) * scale;
    transpose<L>(square);
    for (int64_t lane = 0; lane < places.heads; ++lane)
      store(to + places.begin[lane] + (rows.first + i) * rows.pitch + c, square[lane]);
  };
  const auto one = [&](int64_t i, int64_t c, int64_t some) MDS_INLINED {
    const auto store = [&](T* p, const auto& v) MDS_INLINED { L::store(p, v, some); };
    empty(i, c, some, store);
  };
  const auto two = [&](int64_t i) MDS_INLINED {
    const auto store = [&](T* p, const auto& v) MDS_INLINED { store_halves<L>(p, p + rows.pitch, v); };
    empty(i, 0, L::count, store);
  };
  each_square<L>(rows, one, two);
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
        at_queries_(shape, shape.queries, range),
        at_keys_(shape, shape.keys, range),
        tile_(std::clamp<int64_t>(most_scores / shape.keys / 4 * 4, 4, shape.queries)) {}

  MDS_INLINE void attend(const HeadInputs<T>& in, T* out) {
    float* memory = room(2 * keys_size() + 2 * tile_size() + scores_size());
    float *k = memory, *v = k + keys_size(), *q = v + keys_size(), *y = q + tile_size(), *scores = y + tile_size();
    gather<L>(in.k, at_keys_, key_rows(), 1, k);
    gather<L>(in.v, at_keys_, key_rows(), 1, v);
    for (int64_t first = 0; first < shape_.queries; first += tile_) {
      const TokenRows rows = query_rows(first);
      gather<L>(in.q, at_queries_, rows, shape_.scale, q);
      find_weights(rows, q, k, scores);
      product<L>(score_matrix(scores), tokens(v), tokens(y), {rows.count, shape_.each, shape_.keys});
      scatter<L>(y, at_queries_, rows, 1, out);
    }
  }

  MDS_INLINE void backward(const HeadInputs<T>& in, const T* d_out, const HeadGradients<T>& to) {
    float* memory = room(4 * keys_size() + 3 * tile_size() + 2 * scores_size());
    float *k = memory, *v = k + keys_size(), *dk = v + keys_size(), *dv = dk + keys_size(), *q = dv + keys_size(),
          *dq = q + tile_size(), *dy = dq + tile_size(), *weights = dy + tile_size(), *d = weights + scores_size();
    gather<L>(in.k, at_keys_, key_rows(), 1, k);
    gather<L>(in.v, at_keys_, key_rows(), 1, v);
    for (int64_t first = 0; first < shape_.queries; first += tile_) {
      const TokenRows rows = query_rows(first);
      const ProductSize by_query{rows.count, shape_.each, shape_.keys};
      const ProductSize by_key{shape_.keys, shape_.each, rows.count, /*add=*/first > 0};
      gather<L>(in.q, at_queries_, rows, shape_.scale, q);
      gather<L>(d_out, at_queries_, rows, 1, dy);
      find_weights(rows, q, k, weights);
      product<L>(tokens(dy), tokens(v).turned(), score_matrix(d), {rows.count, shape_.keys, shape_.each});
      product<L>(score_matrix(weights).turned(), tokens(dy), tokens(dv), by_key);
      for (int64_t r = 0; r < rows.count; ++r) {
        float *w = weights + r * shape_.keys * L::count, *dw = d + r * shape_.keys * L::count;
        shape_.softmax ? softmax_row_backward<L>(w, dw, shape_.keys) : relu_row_backward<L>(w, dw, shape_.keys);
      }
      product<L>(score_matrix(d), tokens(k), tokens(dq), by_query);
      product<L>(score_matrix(d).turned(), tokens(q), tokens(dk), by_key);
      scatter<L>(dq, at_queries_, rows, shape_.scale, to.q);
    }
    scatter<L>(dk, at_keys_, key_rows(), 1, to.k);
    scatter<L>(dv, at_keys_, key_rows(), 1, to.v);
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
    product<L>(tokens(q), tokens(k).turned(), score_matrix(weights), {rows.count, shape_.keys, shape_.each});
    for (int64_t r = 0; r < rows.count; ++r) {
      float* row = weights + r * shape_.keys * L::count;
      const int64_t seen = shape_.causal ? std::min(shape_.keys, rows.first + r + 1) : shape_.keys;
      shape_.softmax ? softmax_row<L>(row, seen) : relu_row<L>(row, seen);
      std::fill(row + seen * L::count, row + shape_.keys * L::count, 0.0f);
    }
  }

  HeadShape shape_;
  HeadPlaces<L> at_queries_, at_keys_;
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
