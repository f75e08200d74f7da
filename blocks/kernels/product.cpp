// Products of rows with weights of the type that they are computed in.
#include "blocks/kernels/product_layer.h"

namespace mds {
namespace {

// As much of k at a time as lets a chunk's rows and a panel stay in the second-level cache.
constexpr int64_t most_k_bytes = 2048;

template <class T>
struct PackedWeights {
  int64_t inputs;
  Tensor weights;  // panels x panel

  PackedWeights(int64_t k, const std::vector<Tensor>& packed) : inputs(k), weights(packed[0]) {}

  static PackedForm form(const ProductWeights& of) {
    return {{{of.dtype, {of.panels, panel_size(of.inputs)}}}, [=] { return std::vector{packed(of.arranged_OK())}; }};
  }

  struct Rows {
    const PackedWeights& by;
    const T* x;

    void sum(const ProductChunk& chunk) const {
      constexpr int64_t most_k = most_k_bytes / int64_t(sizeof(T));
      for (int64_t first = 0; first < by.inputs; first += most_k) {
        const int64_t k = std::min(most_k, by.inputs - first);
        const T* const weights[] = {read<T>(by.weights) + chunk.panel * panel_size(by.inputs) + first * tile_columns};
        const auto open = opened<T>(weights, k);
        for (int64_t row = 0; row < chunk.rows; row += tile_rows)
          multiply({x + (chunk.first + row) * by.inputs + first, std::min(tile_rows, chunk.rows - row), by.inputs, k},
                   open[0], {.data = chunk.sums + row * tile_columns, .columns = chunk.columns, .add = first > 0});
      }
    }
  };
  Rows rows_of(const Tensor& x) const { return {*this, read<T>(x)}; }
};

template <class T>
using Product = ProductLayer<T, PackedWeights<T>>;

}  // namespace

PreparedLayerPtr prepare_product(const LayerWeights& weights, bool gated) {
  return prepared_for<Product>(weights.weight.scalar_type(), weights, gated);
}

}  // namespace mds
