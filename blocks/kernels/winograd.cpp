// 3x3 convolutions by Winograd's algorithm, block by block of tiles whose sums stay in the cache.
#include <ATen/Parallel.h>

#include "blocks/kernels/ending.h"
#include "blocks/kernels/winograd_loops.h"

namespace mds {
namespace {

// G of F(2x2) and F(4x4).
Tensor weight_side(int64_t outputs) {
  if (outputs == 2) return at::tensor({1., 0., 0., .5, .5, .5, .5, -.5, .5, 0., 0., 1.}, at::kDouble).view({4, 3});
  return at::tensor({1. / 4, 0., 0., -1. / 6, -1. / 6, -1. / 6, -1. / 6, 1. / 6, -1. / 6, 1. / 24, 1. / 12, 1. / 6,
                     1. / 24, -1. / 12, 1. / 6, 0., 0., 1.},
                    at::kDouble)
      .view({6, 3});
}

void transform(const float* products, int64_t pitch, float (&to)[16][tile_columns], float) {
  transform_output(products, pitch, to);
}
void transform(const float* products, int64_t pitch, float (&to)[16][tile_columns], Bf16) {
  transform_output_bf16(products, pitch, to);
}

template <class T>
class Winograd final : public PreparedLayer {
 public:
  static constexpr int64_t outputs = winograd_outputs<T>, inputs = winograd_inputs<T>, elements = inputs * inputs;

  Winograd(const ConvolutionOp& op, const LayerWeights& weights) : op_(op) {
    const Tensor& weight = weights.weight;
    const PackedShape shape{weight.scalar_type(), {panels_of(op.out), elements, panel_size(op.in)}};
    const auto kept =
        packed_layer(weights, /*gated=*/false, {{shape}, [&] { return std::vector{transformed(weight)}; }});
    panels_ = kept[0], bias_ = kept[1];
  }

  Tensor forward(const Tensor& input, const Epilogue& then) const override {
    const Tensor x = by_rows(input);
    const Tensor out = at::empty({x.size(0), op_.out, x.size(2), x.size(3)},
                                 x.options().memory_format(at::MemoryFormat::ChannelsLast));
    const Grid grid(x);
    const Ending<T> ending(then, bias_, out);
    if (fills_threads(grid.blocks()))
      block_by_block(x, grid, ending);
    else
      panel_by_panel(x, grid, ending);
    return out;
  }

 private:
  static Tensor transformed(const Tensor& weight_OI33) {
    const Tensor g = weight_side(outputs);
    std::vector<Tensor> panels;  // a float64 copy of a whole large weight would be several times the weight
    for (const Tensor& some : weight_OI33.split(tile_columns)) {
      const Tensor u = at::matmul(at::matmul(g, some.to(at::kDouble)), g.t()).flatten(2).to(weight_OI33.scalar_type());
      std::vector<Tensor> by_element;
      for (int64_t f = 0; f < elements; ++f) by_element.push_back(packed(in_panels(u.select(2, f), false)));
      panels.push_back(at::cat(by_element));
    }
    return at::stack(panels);
  }

  // The output tiles, N x N positions each, of all samples.
  struct Grid {
    int64_t height, width, rows, columns, tiles;
    explicit Grid(const Tensor& x)
        : height(x.size(2)),
          width(x.size(3)),
          rows((height + outputs - 1) / outputs),
          columns((width + outputs - 1) / outputs),
          tiles(x.size(0) * rows * columns) {}
    int64_t blocks() const { return (tiles + tile_rows - 1) / tile_rows; }
    int64_t in_block(int64_t block) const { return std::min(tile_rows, tiles - block * tile_rows); }
  };
  struct Place {
    int64_t sample, row, column;
    Place(const Grid& grid, int64_t tile)
        : sample(tile / (grid.rows * grid.columns)),
          row(tile / grid.columns % grid.rows * outputs),
          column(tile % grid.columns * outputs) {}
  };
  // Whether threads that take whole blocks end at about the same time.
  static bool fills_threads(int64_t blocks) {
    const int64_t threads = at::get_num_threads();
    return blocks % threads == 0 || blocks >= 4 * threads;
  }
  int64_t block_size() const { return elements * tile_rows * op_.in; }  // of transformed inputs

  // Each thread multiplies the block that it transformed while it is in the cache.
  void block_by_block(const Tensor& x, const Grid& grid, const Ending<T>& ending) const {
    at::parallel_for(0, grid.blocks(), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      const Tensor transformed = at::empty({block_size()}, x.options().memory_format(at::MemoryFormat::Contiguous));
      for (int64_t block = begin; block < end; ++block) {
        for (int64_t i = 0; i < grid.in_block(block); ++i)
          transform_tile(x, grid, block * tile_rows + i, written<T>(transformed) + i * op_.in);
        for (int64_t panel = 0; panel < panels_.size(0); ++panel)
          multiply_block(grid, {block, panel, read<T>(transformed)}, ending);
      }
    });
  }

  void panel_by_panel(const Tensor& x, const Grid& grid, const Ending<T>& ending) const {
    const Tensor transformed =
        at::empty({grid.blocks(), block_size()}, x.options().memory_format(at::MemoryFormat::Contiguous));
    at::parallel_for(0, grid.tiles, /*grain_size=*/4, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile)
        transform_tile(x, grid, tile,
                       written<T>(transformed) + tile / tile_rows * block_size() + tile % tile_rows * op_.in);
    });
    at::parallel_for(0, panels_.size(0) * grid.blocks(), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t block = task % grid.blocks();
        multiply_block(grid, {block, task / grid.blocks(), read<T>(transformed) + block * block_size()}, ending);
      }
    });
  }

  // to: elements, each `tile_rows` x channels apart.
  void transform_tile(const Tensor& x, const Grid& grid, int64_t tile, T* to) const {
    const Place place(grid, tile);
    WinogradInput<T> input{{}, op_.in};
    for (int64_t r = 0; r < inputs; ++r)
      for (int64_t c = 0; c < inputs; ++c) {
        const int64_t row = place.row + r - 1, column = place.column + c - 1;
        const bool inside = row >= 0 && row < grid.height && column >= 0 && column < grid.width;
        const int64_t position = (place.sample * grid.height + row) * grid.width + column;
        input.at[r][c] = inside ? read<T>(x) + position * op_.in : nullptr;
      }
    transform_input(input, tile_rows * op_.in, to);
  }

  struct BlockProduct {
    int64_t block, panel;
    const T* transformed;  // elements x 64 tiles x channels
  };
  void multiply_block(const Grid& grid, const BlockProduct& of, const Ending<T>& ending) const {
    static thread_local std::vector<float> products(size_t(36 * tile_rows * tile_columns));
    const int64_t rows = grid.in_block(of.block);
    for (int64_t f = 0; f < elements; ++f) {
      const T* const weights[] = {read<T>(panels_) + (of.panel * elements + f) * panel_size(op_.in)};
      multiply({of.transformed + f * tile_rows * op_.in, rows, op_.in, op_.in}, opened<T>(weights, op_.in)[0],
               {.data = products.data() + f * tile_rows * tile_columns, .columns = ending.sums_of(of.panel)});
    }
    for (int64_t tile = 0; tile < rows; ++tile)
      finish({grid, of.block * tile_rows + tile}, grid, products.data() + tile * tile_columns,
             [&](int64_t sample, int64_t position, int64_t count) {
               return ending.at(sample, position, of.panel, count);
             });
  }

  template <class End>
  void finish(const Place& place, const Grid& grid, const float* products, End&& end) const {
    float sums[16][tile_columns];
    transform(products, tile_rows * tile_columns, sums, T{});
    const int64_t columns = std::min(outputs, grid.width - place.column);
    for (int64_t r = 0; r < std::min(outputs, grid.height - place.row); ++r) {
      const int64_t position = (place.sample * grid.height + place.row + r) * grid.width + place.column;
      finish_tile(sums[r * outputs], end(place.sample, position, columns));
    }
  }

  ConvolutionOp op_;
  Tensor bias_, panels_;  // panels x elements x panel
};

}  // namespace

PreparedLayerPtr prepare_winograd(const ConvolutionOp& op, const LayerWeights& weights) {
  return prepared_for<Winograd>(weights.weight.scalar_type(), op, weights);
}

}  // namespace mds
