#include "blocks/kernels/fused_attention.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "blocks/kernels/attention_loops.h"
#include "blocks/kernels/ending.h"

namespace mds {
namespace {

int64_t tiles_of(int64_t n) { return (n + tile_columns - 1) / tile_columns; }

template <class T>
class FusedAttention {
 public:
  FusedAttention(const AttentionOp& op, const Tensor& q, const Tensor& k, const Tensor& v)
      : op_(op),
        q_(q.contiguous()),
        out_(at::empty_like(q_)),
        samples_(q.size(0)),
        queries_(q.size(1)),
        keys_(k.size(1)),
        channels_(q.size(2)),
        each_(channels_ / op.heads),
        packed_k_(at::empty({samples_ * op.heads, tiles_of(keys_), panel_size(each_)}, q.options())),
        packed_v_(at::empty({samples_ * op.heads, tiles_of(each_), panel_size(keys_)}, q.options())) {
    pack(k.contiguous(), v.contiguous());
  }

  Tensor run() const {
    const int64_t tiles = tiles_of(queries_);
    at::parallel_for(0, samples_ * op_.heads * tiles, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) attend(task / tiles, task % tiles * tile_rows);
    });
    return out_;
  }

 private:
  static constexpr int64_t most_panels = most_keys / tile_columns;

  // What one thread needs for a tile of queries.
  struct Workspace {
    std::vector<float> scores = std::vector<float>(tile_rows * most_keys), sums;
    std::vector<T> weights = std::vector<T>(std::is_same_v<T, float> ? 0 : tile_rows * most_keys);
    T* weights_data() {
      if constexpr (std::is_same_v<T, float>) return scores.data();
      return weights.data();
    }
  };

  void pack(const Tensor& k, const Tensor& v) const {
    const int64_t of_keys = packed_k_.size(1), of_values = packed_v_.size(1), each_head = of_keys + of_values;
    at::parallel_for(0, samples_ * op_.heads * each_head, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t head = task / each_head, i = task % each_head, j = i - of_keys;
        const int64_t from = head / op_.heads * keys_ * channels_ + head % op_.heads * each_;
        if (i < of_keys)
          pack_transposed(read<T>(k) + from + i * tile_columns * channels_, channels_,
                          {each_, std::min(tile_columns, keys_ - i * tile_columns)},
                          written<T>(packed_k_) + (head * of_keys + i) * panel_size(each_));
        else
          pack_rows(read<T>(v) + from + j * tile_columns, channels_,
                    {keys_, std::min(tile_columns, each_ - j * tile_columns)},
                    written<T>(packed_v_) + (head * of_values + j) * panel_size(keys_));
      }
    });
  }

  // One head's results for up to 64 queries from `first` on.
  void attend(int64_t head, int64_t first) const {
    static thread_local Workspace space;
    const int64_t rows = std::min(tile_rows, queries_ - first), width = tiles_of(each_) * tile_columns;
    space.sums.resize(size_t(tile_rows * width));
    const bool softmax = op_.function == AttentionFunction::softmax;
    SoftmaxRows state;
    std::fill_n(state.most, tile_rows, -INFINITY);
    std::fill_n(state.total, tile_rows, 0.0f);
    const int64_t visible_keys = op_.causal ? std::min(keys_, first + rows) : keys_;
    for (int64_t key = 0; key < visible_keys; key += most_keys) {
      ScoreTile tile{space.scores.data(), rows, std::min(most_keys, visible_keys - key), scale(),
                     op_.causal ? first + 1 - key : -1};
      find_scores(head, first, key, tile);
      if (softmax) {
        softmax_weights(tile, state, space.weights_data());
        if (key > 0) scale_sums(space.sums.data(), rows, width, state.decay);
      } else {
        relu_weights(tile, space.weights_data());
      }
      add_values(head, key, tile, space);
    }
    float factor[tile_rows];
    for (int64_t r = 0; r < rows; ++r) factor[r] = softmax ? 1 / state.total[r] : 1.0f;
    store_sums({space.sums.data(), width, rows, each_, factor}, channels_, written<T>(out_) + offset(head, first));
  }

  void find_scores(int64_t head, int64_t first, int64_t key, const ScoreTile& tile) const {
    const T* panels[most_panels];
    const int64_t count = tiles_of(tile.keys);
    for (int64_t i = 0; i < count; ++i)
      panels[i] = read<T>(packed_k_) + (head * packed_k_.size(1) + key / tile_columns + i) * panel_size(each_);
    const auto open = opened<T>(std::span<const T* const>(panels, size_t(count)), each_);
    for (int64_t i = 0; i < count; ++i)
      multiply({read<T>(q_) + offset(head, first), tile.rows, channels_, each_}, open[size_t(i)],
               {.data = tile.scores + i * tile_columns,
                .pitch = most_keys,
                .columns = in_lanes(std::min(tile_columns, tile.keys - i * tile_columns))});
  }

  void add_values(int64_t head, int64_t key, const ScoreTile& tile, Workspace& space) const {
    const int64_t count = packed_v_.size(1);
    for (int64_t i = 0; i < count; ++i) {
      const T* const panel[] = {read<T>(packed_v_) + (head * count + i) * panel_size(keys_) + key * tile_columns};
      multiply({static_cast<const T*>(space.weights_data()), tile.rows, most_keys, tile.keys},
               opened<T>(panel, tile.keys)[0],
               {.data = space.sums.data() + i * tile_columns,
                .pitch = count * tile_columns,
                .columns = in_lanes(std::min(tile_columns, each_ - i * tile_columns)),
                .add = key > 0});
    }
  }

  int64_t offset(int64_t head, int64_t query) const {
    return (head / op_.heads * queries_ + query) * channels_ + head % op_.heads * each_;
  }
  float scale() const {
    const double root = 1 / std::sqrt(double(each_));
    return float(op_.function == AttentionFunction::relu ? root / double(keys_) : root);
  }

  AttentionOp op_;
  Tensor q_, out_;
  int64_t samples_, queries_, keys_, channels_, each_;
  Tensor packed_k_, packed_v_;  // samples x heads, panels, panel
};

}  // namespace

Tensor fused_attention(const AttentionOp& op, const Tensor& q_NTC, const Tensor& k_NSC, const Tensor& v_NSC) {
  if (q_NTC.scalar_type() == at::kBFloat16) return FusedAttention<Bf16>(op, q_NTC, k_NSC, v_NSC).run();
  return FusedAttention<float>(op, q_NTC, k_NSC, v_NSC).run();
}

}  // namespace mds
