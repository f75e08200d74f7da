#include "blocks/kernels/tiled_attention.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "blocks/kernels/attention_loops.h"
#include "blocks/kernels/ending.h"
#include "blocks/kernels/packing_loops.h"

namespace mds {
namespace {

template <class T>
void multiply_by(const TileRows<T>& rows, const T* panel, const TileSums& sums) {
  const T* const one[] = {panel};
  multiply(rows, opened<T>(one, rows.k)[0], sums);
}

// A tensor's part for one head: tokens x channels, read or written.
template <class T>
struct HeadTokens {
  T* data;
  int64_t count, each, pitch;
};

// What one thread needs for a head, kept from one head to the next.
template <class T>
struct HeadSpace {
  std::vector<T> k_columns, v_columns, k_rows;  // panels of a head's keys and values, by what is summed
  std::vector<T> q_rows, d_rows;                // panels of a tile of queries and of the result's gradients
  std::vector<float> d_k, d_v, d_q;             // sums
  std::vector<float> scores = std::vector<float>(tile_rows * most_keys);
  std::vector<T> weights = std::vector<T>(tile_rows * most_keys), d_scores = weights;
  std::vector<T> turned = std::vector<T>(most_keys * turned_pitch);
  static constexpr int64_t turned_pitch = tile_rows + 64 / int64_t(sizeof(T));  // apart in the cache's sets
};

template <class T>
void pack_by_rows(const HeadTokens<const T>& from, std::vector<T>& to) {
  const int64_t panels = panels_of(from.each);
  to.resize(size_t(panels * panel_size(from.count)));
  for (int64_t i = 0; i < panels; ++i)
    pack_rows(from.data + i * tile_columns, from.pitch,
              {from.count, std::min(tile_columns, from.each - i * tile_columns)},
              to.data() + i * panel_size(from.count));
}

template <class T>
void pack_by_columns(const HeadTokens<const T>& from, std::vector<T>& to) {
  const int64_t panels = panels_of(from.count);
  to.resize(size_t(panels * panel_size(from.each)));
  for (int64_t i = 0; i < panels; ++i)
    pack_transposed(from.data + i * tile_columns * from.pitch, from.pitch,
                    {from.each, std::min(tile_columns, from.count - i * tile_columns)},
                    to.data() + i * panel_size(from.each));
}

// The gradients of one head, tile by tile of 64 queries and up to 512 keys.
template <class T>
class HeadGradients {
 public:
  HeadGradients(const AttentionOp& op, const HeadTokens<const T>& q, const HeadTokens<const T>& k)
      : op_(op), q_(q), k_(k), each_(q.each), width_(panels_of(q.each) * tile_columns) {}

  void find(const HeadTokens<const T>& v, const HeadTokens<const T>& d_out, const std::array<HeadTokens<T>, 3>& to) {
    pack_by_columns(k_, space_.k_columns);
    pack_by_columns(v, space_.v_columns);
    pack_by_rows(k_, space_.k_rows);
    space_.d_k.assign(size_t(k_.count * width_), 0);
    space_.d_v.assign(size_t(k_.count * width_), 0);
    space_.d_q.resize(size_t(tile_rows * width_));
    for (int64_t first = 0; first < q_.count; first += tile_rows) {
      const int64_t rows = std::min(tile_rows, q_.count - first);
      const auto part = [&](const HeadTokens<const T>& all) {
        return HeadTokens<const T>{all.data + first * all.pitch, rows, all.each, all.pitch};
      };
      pack_by_rows(part(q_), space_.q_rows);
      pack_by_rows(part(d_out), space_.d_rows);
      const int64_t visible_keys = op_.causal ? std::min(k_.count, first + rows) : k_.count;
      for (int64_t key = 0; key < visible_keys; key += most_keys)
        add_tile(part(q_), part(d_out), first, key, std::min(most_keys, visible_keys - key));
      store(space_.d_q, scale(), {to[0].data + first * to[0].pitch, rows, each_, to[0].pitch});
    }
    store(space_.d_k, scale(), to[1]);
    store(space_.d_v, 1, to[2]);
  }

 private:
  void add_tile(const HeadTokens<const T>& q, const HeadTokens<const T>& d_out, int64_t first, int64_t key,
                int64_t keys) {
    const int64_t rows = q.count, panels = panels_of(each_);
    const ScoreTile tile{space_.scores.data(), rows, keys, scale(), op_.causal ? first + 1 - key : -1};
    find_scores(q, space_.k_columns, key, keys);
    SoftmaxRows state;
    std::fill_n(state.most, tile_rows, -INFINITY);
    std::fill_n(state.total, tile_rows, 0.0f);
    const bool softmax = op_.function == AttentionFunction::softmax;
    softmax ? softmax_weights(tile, state, space_.weights.data()) : relu_weights(tile, space_.weights.data());
    find_scores(d_out, space_.v_columns, key, keys);
    softmax ? softmax_gradients(tile, state.total, space_.weights.data(), space_.d_scores.data())
            : relu_gradients(tile, space_.weights.data(), space_.d_scores.data());
    for (int64_t i = 0; i < panels; ++i)
      multiply_by<T>({space_.d_scores.data(), rows, most_keys, keys},
                     space_.k_rows.data() + i * panel_size(k_.count) + key * tile_columns,
                     {.data = space_.d_q.data() + i * tile_columns,
                      .pitch = width_,
                      .columns = in_lanes(std::min(tile_columns, each_ - i * tile_columns)),
                      .add = key > 0});
    add_turned(space_.weights, {rows, keys}, space_.d_rows, space_.d_v.data() + key * width_);
    add_turned(space_.d_scores, {rows, keys}, space_.q_rows, space_.d_k.data() + key * width_);
  }

  // Products of up to 64 rows with the keys' columns.
  void find_scores(const HeadTokens<const T>& rows, const std::vector<T>& columns, int64_t key, int64_t keys) {
    for (int64_t i = 0; i < panels_of(keys); ++i)
      multiply_by<T>({rows.data, rows.count, rows.pitch, each_},
                     columns.data() + (key / tile_columns + i) * panel_size(each_),
                     {.data = space_.scores.data() + i * tile_columns,
                      .pitch = most_keys,
                      .columns = in_lanes(std::min(tile_columns, keys - i * tile_columns))});
  }

  struct TileShape {
    int64_t rows, keys;
  };
  // Adds the transpose of a tile times the rows in panels.
  void add_turned(const std::vector<T>& tile, const TileShape& shape, const std::vector<T>& panels, float* sums) {
    constexpr int64_t pitch = HeadSpace<T>::turned_pitch;
    transpose_rows(MatrixRows<T>{tile.data(), shape.rows, shape.keys, most_keys}, space_.turned.data(), pitch);
    for (int64_t key = 0; key < shape.keys; key += tile_rows)
      for (int64_t i = 0; i < panels_of(each_); ++i)
        multiply_by<T>({space_.turned.data() + key * pitch, std::min(tile_rows, shape.keys - key), pitch, shape.rows},
                       panels.data() + i * panel_size(shape.rows),
                       {.data = sums + key * width_ + i * tile_columns,
                        .pitch = width_,
                        .columns = in_lanes(std::min(tile_columns, each_ - i * tile_columns)),
                        .add = true});
  }

  void store(const std::vector<float>& sums, float factor, const HeadTokens<T>& to) const {
    const std::vector<float> factors(size_t(to.count), factor);
    store_sums({sums.data(), width_, to.count, each_, factors.data()}, to.pitch, to.data);
  }

  float scale() const {
    return float(1 / (std::sqrt(double(each_)) * (op_.function == AttentionFunction::relu ? double(k_.count) : 1)));
  }

  const AttentionOp& op_;
  HeadTokens<const T> q_, k_;
  int64_t each_, width_;
  static thread_local HeadSpace<T> space_;
};
template <class T>
thread_local HeadSpace<T> HeadGradients<T>::space_;

template <class T>
void find_gradients(const AttentionOp& op, const std::array<Tensor, 4>& in, const AttentionGradients& to) {
  const int64_t channels = in[0].size(2), each = channels / op.heads;
  at::parallel_for(0, in[0].size(0) * op.heads, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t head = begin; head < end; ++head) {
      const auto offset = [&](const Tensor& x) { return head / op.heads * x.stride(0) + head % op.heads * each; };
      const auto read_head = [&](const Tensor& x) {
        return HeadTokens<const T>{read<T>(x) + offset(x), x.size(1), each, channels};
      };
      const auto written_head = [&](const Tensor& x) {
        return HeadTokens<T>{written<T>(x) + offset(x), x.size(1), each, channels};
      };
      HeadGradients<T>(op, read_head(in[0]), read_head(in[1]))
          .find(read_head(in[2]), read_head(in[3]), {written_head(to[0]), written_head(to[1]), written_head(to[2])});
    }
  });
}

}  // namespace

AttentionGradients tiled_attention_gradients(const AttentionOp& op, const AttentionInput& in, const Tensor& d_out) {
  const AttentionGradients to{at::empty_like(in.q_NTC), at::empty_like(in.k_NSC), at::empty_like(in.v_NSC)};
  d_out.scalar_type() == at::kBFloat16 ? find_gradients<Bf16>(op, {in.q_NTC, in.k_NSC, in.v_NSC, d_out}, to)
                                       : find_gradients<float>(op, {in.q_NTC, in.k_NSC, in.v_NSC, d_out}, to);
  return to;
}

}  // namespace mds
