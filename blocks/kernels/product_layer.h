// The product of rows with packed weights, chunk by chunk of rows and panel by panel of weights: linear layers and 1x1
// convolutions, whatever their weights are packed as.
#pragma once

#include <ATen/Parallel.h>

#include "blocks/kernels/ending.h"

namespace mds {

// The rows of one task: few enough that they and a panel stay in the second-level cache.
inline constexpr int64_t chunk_rows = 4 * tile_rows;

struct ProductChunk {
  int64_t first, rows, panel, columns;  // columns: of the sums, that are needed
  float* sums;                          // rows x 64
};

// Weights in the order of panels, arranged when they are asked for.
struct ProductWeights {
  at::ScalarType dtype;
  int64_t panels, inputs;
  std::function<Tensor()> arranged_OK;
};

// Packed: made of the number of inputs and the tensors that its form(ProductWeights) packs; its rows_of(x) has
// sum(chunk), which fills a chunk's sums. T: of the rows and the results.
template <class T, class Packed>
class ProductLayer final : public PreparedLayer {
 public:
  ProductLayer(const LayerWeights& weights, bool gated)
      : ProductLayer(weights, gated,
                     packed_layer(weights, gated, Packed::form(product_weights(weights.weight, gated)))) {}

  Tensor forward(const Tensor& input, const Epilogue& then) const override {
    const Tensor x = by_rows(input), out = output(x);
    const auto rows_of_x = packed_.rows_of(x);
    const Ending<T> ending(then, bias_, out, gated_);
    const int64_t samples = ending.by_sample() ? x.size(0) : 1, positions = x.numel() / (inputs_ * samples);
    const int64_t chunks = (positions + chunk_rows - 1) / chunk_rows, panels = bias_.size(0) / tile_columns;
    at::parallel_for(0, samples * chunks * panels, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t panel = task % panels, chunk = task / panels % chunks, sample = task / panels / chunks;
        const int64_t first = chunk * chunk_rows, rows = std::min(chunk_rows, positions - first);
        const int64_t position = sample * positions + first;
        rows_of_x.sum({position, rows, panel, ending.sums_of(panel), sums()});
        for (int64_t row = 0; row < rows; row += tile_rows)
          finish_tile(sums() + row * tile_columns,
                      ending.at(sample, position + row, panel, std::min(tile_rows, rows - row)));
      }
    });
    return out;
  }

 private:
  ProductLayer(const LayerWeights& weights, bool gated, const std::vector<Tensor>& packed)
      : outputs_(weights.weight.size(0) / (gated ? 2 : 1)),
        inputs_(weights.weight[0].numel()),
        gated_(gated),
        bias_(packed.back()),
        packed_(inputs_, packed) {}

  static ProductWeights product_weights(const Tensor& weight, bool gated) {
    return {weight.scalar_type(), panels_of(weight.size(0)), weight[0].numel(),
            [=] { return in_panels(weight.flatten(1), gated); }};
  }

  // The sums of a chunk, memory of this thread.
  static float* sums() {
    alignas(64) static thread_local float memory[chunk_rows * tile_columns];
    return memory;
  }

  Tensor output(const Tensor& x) const {
    std::vector<int64_t> sizes = x.sizes().vec();
    sizes[x.dim() == 4 ? 1 : sizes.size() - 1] = outputs_;
    const bool map = x.dim() == 4;  // of one channel, it does not tell its layout
    return at::empty(sizes,
                     x.options().memory_format(map ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous));
  }

  int64_t outputs_, inputs_;
  bool gated_;
  Tensor bias_;
  Packed packed_;
};

}  // namespace mds
