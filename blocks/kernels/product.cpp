// The product of rows with packed weights: linear layers and 1x1 convolutions.
#include <ATen/Parallel.h>

#include "blocks/kernels/ending.h"

namespace mds {
namespace {

// The rows of one task, and as much of k at a time as lets them and the panel stay in the second-level cache.
constexpr int64_t chunk_rows = 4 * tile_rows, most_k_bytes = 2048;

template <class T>
class Product final : public PreparedLayer {
 public:
  Product(const LayerWeights& weights, bool gated)
      : out_(weights.weight.size(0) / (gated ? 2 : 1)),
        k_(weights.weight[0].numel()),
        gated_(gated),
        panels_(packed(in_panels(weights.weight.reshape({weights.weight.size(0), k_}), gated))),
        bias_(in_panels(bias_of(weights), gated)) {}

  Tensor forward(const Tensor& input, const Epilogue& then) const override {
    const Tensor x = by_rows(input);
    const Tensor out = output(x);
    const Ending<T> ending(then, bias_, out, gated_);
    const int64_t samples = ending.by_sample() ? x.size(0) : 1, positions = x.numel() / (k_ * samples);
    const int64_t chunks = (positions + chunk_rows - 1) / chunk_rows, panels = panels_.size(0);
    at::parallel_for(0, samples * chunks * panels, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t panel = task % panels, chunk = task / panels % chunks, sample = task / panels / chunks;
        const int64_t first = chunk * chunk_rows, rows = std::min(chunk_rows, positions - first);
        const int64_t position = sample * positions + first;
        sum(read<T>(x) + position * k_, rows, panel, ending.sums_of(panel));
        for (int64_t row = 0; row < rows; row += tile_rows)
          finish_tile(sums() + row * tile_columns,
                      ending.at(sample, position + row, panel, std::min(tile_rows, rows - row)));
      }
    });
    return out;
  }

 private:
  // The sums of a chunk, memory of this thread.
  static float* sums() {
    alignas(64) static thread_local float memory[chunk_rows * tile_columns];
    return memory;
  }

  void sum(const T* x, int64_t rows, int64_t panel, int64_t columns) const {
    constexpr int64_t most_k = most_k_bytes / int64_t(sizeof(T));
    for (int64_t first = 0; first < k_; first += most_k) {
      const int64_t k = std::min(most_k, k_ - first);
      const T* const weights[] = {read<T>(panels_) + panel * panel_size(k_) + first * tile_columns};
      const auto open = opened<T>(weights, k);
      for (int64_t row = 0; row < rows; row += tile_rows)
        multiply({x + row * k_ + first, std::min(tile_rows, rows - row), k_, k}, open[0],
                 {.data = sums() + row * tile_columns, .columns = columns, .add = first > 0});
    }
  }

  Tensor output(const Tensor& x) const {
    std::vector<int64_t> sizes = x.sizes().vec();
    sizes[x.dim() == 4 ? 1 : sizes.size() - 1] = out_;
    return at::empty(sizes, x.options().memory_format(x.suggest_memory_format()));
  }

  int64_t out_, k_;
  bool gated_;
  Tensor panels_, bias_;
};

}  // namespace

PreparedLayerPtr prepare_product(const LayerWeights& weights, bool gated) {
  return prepared_for<Product>(weights.weight.scalar_type(), weights, gated);
}

}  // namespace mds
