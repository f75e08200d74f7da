// 3x3 convolutions by Winograd's algorithm, block by block of tiles whose sums stay in the cache.
#include <ATen/Parallel.h>

#include "blocks/kernels/ending.h"
#include "blocks/kernels/winograd_loops.h"

namespace mds {
namespace {

constexpr int64_t most_transformed = 8 << 20;  // bytes of transformed inputs that wait for their products

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

  Winograd(const ConvolutionOp& op, const LayerWeights& weights) : op_(op), bias_(in_panels(bias_of(weights), false)) {
    const Tensor g = weight_side(outputs);
    std::vector<Tensor> panels;  // a float64 copy of a whole large weight would be several times the weight
    for (const Tensor& some : weights.weight.split(tile_columns)) {
      const Tensor u =
          at::matmul(at::matmul(g, some.to(at::kDouble)), g.t()).flatten(2).to(weights.weight.scalar_type());
      std::vector<Tensor> by_element;
      for (int64_t f = 0; f < elements; ++f) by_element.push_back(packed(in_panels(u.select(2, f), false)));
      panels.push_back(at::cat(by_element));
    }
    panels_ = at::stack(panels);
  }

  Tensor forward(const Tensor& input, const Epilogue& then) const override {
    const Tensor x = by_rows(input);
    const Tensor out = at::empty({x.size(0), op_.out, x.size(2), x.size(3)},
                                 x.options().memory_format(at::MemoryFormat::ChannelsLast));
    const Grid grid(x);
    const int64_t block_size = elements * tile_rows * op_.in;
    const int64_t group = std::clamp<int64_t>(most_transformed / (block_size * int64_t(sizeof(T))), 1, grid.blocks());
    const Tensor transformed = at::empty({group, block_size}, x.options().memory_format(at::MemoryFormat::Contiguous));
    const Ending<T> ending(then, bias_, out);
    for (int64_t first = 0; first < grid.blocks(); first += group) {
      const Group of{x, grid, first, std::min(group, grid.blocks() - first), transformed};
      transform_inputs(of);
      multiply_all(of, ending);
    }
    return out;
  }

 private:
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
  // Blocks of 64 tiles whose transformed inputs are in memory together.
  struct Group {
    const Tensor& x;
    const Grid& grid;
    int64_t first, count;
    const Tensor& transformed;  // blocks x elements x 64 tiles x channels
  };

  void transform_inputs(const Group& group) const {
    const Grid& grid = group.grid;
    const int64_t first = group.first * tile_rows, last = std::min(grid.tiles, first + group.count * tile_rows);
    at::parallel_for(first, last, /*grain_size=*/4, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile) {
        const Place place(grid, tile);
        WinogradInput<T> input{{}, op_.in};
        for (int64_t r = 0; r < inputs; ++r)
          for (int64_t c = 0; c < inputs; ++c) {
            const int64_t y = place.row + r - 1, x = place.column + c - 1;
            const bool inside = y >= 0 && y < grid.height && x >= 0 && x < grid.width;
            const int64_t position = (place.sample * grid.height + y) * grid.width + x;
            input.at[r][c] = inside ? read<T>(group.x) + position * op_.in : nullptr;
          }
        T* to = written<T>(group.transformed) +
                ((tile - first) / tile_rows * elements * tile_rows + tile % tile_rows) * op_.in;
        transform_input(input, tile_rows * op_.in, to);
      }
    });
  }

  void multiply_all(const Group& group, const Ending<T>& ending) const {
    at::parallel_for(0, panels_.size(0) * group.count, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      static thread_local std::vector<float> products(size_t(36 * tile_rows * tile_columns));
      for (int64_t task = begin; task < end; ++task) {
        const int64_t block = task % group.count, panel = task / group.count;
        const int64_t rows = group.grid.in_block(group.first + block);
        for (int64_t f = 0; f < elements; ++f) {
          const T* const weights[] = {read<T>(panels_) + (panel * elements + f) * panel_size(op_.in)};
          const T* from = read<T>(group.transformed) + (block * elements + f) * tile_rows * op_.in;
          multiply({from, rows, op_.in, op_.in}, opened<T>(weights, op_.in)[0],
                   {.data = products.data() + f * tile_rows * tile_columns, .columns = ending.sums_of(panel)});
        }
        for (int64_t tile = 0; tile < rows; ++tile)
          finish({group.grid, (group.first + block) * tile_rows + tile}, group.grid,
                 products.data() + tile * tile_columns, [&](int64_t sample, int64_t position, int64_t count) {
                   return ending.at(sample, position, panel, count);
                 });
      }
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
  Tensor bias_, panels_;  // panels x (elements x panel)
};

}  // namespace

PreparedLayerPtr prepare_winograd(const ConvolutionOp& op, const LayerWeights& weights) {
  return prepared_for<Winograd>(weights.weight.scalar_type(), op, weights);
}

}  // namespace mds
