// 3x3 convolutions by Winograd's algorithm, block by block of tiles whose sums stay in the cache.
#include <ATen/Parallel.h>

#include "blocks/kernels/ending.h"
#include "blocks/kernels/winograd_loops.h"

namespace mds {
namespace {

// G of F(2x2) and F(4x4) for 3x3 kernels.
Tensor weight_side(int64_t outputs) {
  if (outputs == 2) return at::tensor({1., 0., 0., .5, .5, .5, .5, -.5, .5, 0., 0., 1.}, at::kDouble).view({4, 3});
  return at::tensor({1. / 4, 0., 0., -1. / 6, -1. / 6, -1. / 6, -1. / 6, 1. / 6, -1. / 6, 1. / 24, 1. / 12, 1. / 6,
                     1. / 24, -1. / 12, 1. / 6, 0., 0., 1.},
                    at::kDouble)
      .view({6, 3});
}

// The same of F(3x3) for the 2x2 kernel that a phase of the enlarged map meets: of its places, the first has the first
// of three weights or the first two, see Taps.
Tensor weight_side_of_phase(int64_t phase) {
  const Tensor g = at::tensor({1., 0., .5, .5, .5, -.5, 0., 1.}, at::kDouble).view({4, 2});
  const Tensor first = at::tensor({1., 0., 0., 0., 1., 1.}, at::kDouble).view({2, 3});
  const Tensor second = at::tensor({1., 1., 0., 0., 0., 1.}, at::kDouble).view({2, 3});
  return at::matmul(g, phase == 0 ? first : second);
}

// upsampled: the map is enlarged first. Each of the four phases of the result is then a 2x2 convolution of the small
// map, and all of them read the same transformed tiles: output `i` of a tile at `row` is row 2 (row + i) - phase.
template <class T, bool upsampled>
class Winograd final : public PreparedLayer {
 public:
  static constexpr int64_t outputs = upsampled ? 3 : std::is_same_v<T, float> ? 4 : 2;
  static constexpr int64_t inputs = upsampled ? 4 : outputs + 2, elements = inputs * inputs;
  static constexpr int64_t step = upsampled ? 2 : 1, phases = step * step;

  Winograd(const ConvolutionOp& op, const LayerWeights& weights) : op_(op) {
    const Tensor& weight = weights.weight;
    const PackedShape shape{weight.scalar_type(), {phases * panels_of(op.out), elements, panel_size(op.in)}};
    const auto kept =
        packed_layer(weights, /*gated=*/false, {{shape}, [&] { return std::vector{transformed(weight)}; }});
    panels_ = kept[0], bias_ = kept[1];
  }

  Tensor forward(const Tensor& input, const Epilogue& then) const override {
    const Tensor x = by_rows(input);
    const Tensor out = at::empty({x.size(0), op_.out, step * x.size(2), step * x.size(3)},
                                 x.options().memory_format(at::MemoryFormat::ChannelsLast));
    const Grid grid(x);
    const Ending<T> ending(then, bias_, out);
    if (fills_threads(grid.blocks))
      block_by_block(x, grid, ending);
    else
      panel_by_panel(x, grid, ending);
    return out;
  }

 private:
  // How weights of a phase's rows or columns become elements.
  static Tensor side(int64_t phase) { return upsampled ? weight_side_of_phase(phase) : weight_side(outputs); }
  static Tensor transformed(const Tensor& weight_OI33) {
    // Panel by panel: a float64 copy of a whole large weight would be several times the weight.
    const int64_t out = weight_OI33.size(0), in = weight_OI33.size(1);
    const Tensor panels = at::empty({phases * panels_of(out), elements, panel_size(in)},
                                    weight_OI33.options().memory_format(at::MemoryFormat::Contiguous));
    int64_t panel = 0;
    for (int64_t phase = 0; phase < phases; ++phase)
      for (const Tensor& some : weight_OI33.split(tile_columns)) {
        const Tensor u = at::matmul(at::matmul(side(phase / step), some.to(at::kDouble)), side(phase % step).t());
        std::vector<Tensor> by_element;
        for (int64_t f = 0; f < elements; ++f)
          by_element.push_back(packed(in_panels(u.flatten(2).select(2, f).to(weight_OI33.scalar_type()), false)));
        panels[panel++].copy_(at::cat(by_element).view({elements, -1}));
      }
    return panels;
  }

  // The output tiles, N x N positions each, of all samples, in blocks of about as many tiles.
  struct Grid {
    int64_t height, width, rows, columns, tiles, blocks, each;
    explicit Grid(const Tensor& x)
        : height(x.size(2)),
          width(x.size(3)),
          rows(count(height)),
          columns(count(width)),
          tiles(x.size(0) * rows * columns),
          blocks((tiles + tile_rows - 1) / tile_rows),
          each((tiles + blocks - 1) / blocks) {}
    static int64_t count(int64_t positions) { return (positions + step - 1 + outputs - 1) / outputs; }
    int64_t first(int64_t block) const { return std::min(tiles, block * each); }
    int64_t in_block(int64_t block) const { return first(block + 1) - first(block); }
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
    at::parallel_for(0, grid.blocks, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      const Tensor transformed = at::empty({block_size()}, x.options().memory_format(at::MemoryFormat::Contiguous));
      for (int64_t block = begin; block < end; ++block) {
        for (int64_t i = 0; i < grid.in_block(block); ++i)
          transform_tile(read<T>(x), grid, grid.first(block) + i, written<T>(transformed) + i * op_.in);
        for (int64_t panel = 0; panel < panels_.size(0); ++panel)
          multiply_block(grid, {block, panel, read<T>(transformed)}, ending);
      }
    });
  }

  void panel_by_panel(const Tensor& x, const Grid& grid, const Ending<T>& ending) const {
    const Tensor transformed =
        at::empty({grid.blocks, block_size()}, x.options().memory_format(at::MemoryFormat::Contiguous));
    at::parallel_for(0, grid.tiles, /*grain_size=*/4, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile)
        transform_tile(read<T>(x), grid, tile,
                       written<T>(transformed) + tile / grid.each * block_size() + tile % grid.each * op_.in);
    });
    at::parallel_for(0, panels_.size(0) * grid.blocks, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t block = task % grid.blocks;
        multiply_block(grid, {block, task / grid.blocks, read<T>(transformed) + block * block_size()}, ending);
      }
    });
  }

  // to: elements, each `tile_rows` x channels apart.
  void transform_tile(const T* x, const Grid& grid, int64_t tile, T* to) const {
    const Place place(grid, tile);
    WinogradInput<T, inputs> input{{}, op_.in};
    for (int64_t r = 0; r < inputs; ++r)
      for (int64_t c = 0; c < inputs; ++c) {
        const int64_t row = place.row + r - 1, column = place.column + c - 1;
        const bool inside = row >= 0 && row < grid.height && column >= 0 && column < grid.width;
        const int64_t position = (place.sample * grid.height + row) * grid.width + column;
        input.at[r][c] = inside ? x + position * op_.in : nullptr;
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
               {.data = products.data() + f * tile_rows * tile_columns,
                .columns = ending.sums_of(of.panel % panels_of(op_.out))});
    }
    const int64_t panel = of.panel % panels_of(op_.out), phase = of.panel / panels_of(op_.out);
    for (int64_t tile = 0, run; tile < rows; tile += run) {
      const Place place(grid, grid.first(of.block) + tile);
      run = std::min({most_run, rows - tile, grid.columns - place.column / outputs});
      finish(place, grid, {products.data() + tile * tile_columns, run, panel, phase}, ending);
    }
  }

  // Neighbouring tiles of one row of the grid: what follows goes along their rows.
  static constexpr int64_t most_run = 16 / outputs, run_positions = most_run * outputs;
  struct RunProducts {
    const float* sums;  // of an element, each `tile_rows` x 64 apart
    int64_t tiles, panel, phase;
  };
  static void finish(const Place& place, const Grid& grid, const RunProducts& of, const Ending<T>& ending) {
    float sums[outputs * run_positions][tile_columns];
    for (int64_t tile = 0; tile < of.tiles; ++tile)
      transform_output(of.sums + tile * tile_columns, tile_rows * tile_columns,
                       WinogradOutput<outputs>{sums[tile * outputs], run_positions});
    const int64_t y = of.phase / step, x = of.phase % step;
    const int64_t left = place.column == 0 ? x : 0;
    const int64_t right = std::min(of.tiles * outputs, grid.width + x - place.column);
    for (int64_t r = place.row == 0 ? y : 0; r < std::min(outputs, grid.height + y - place.row); ++r) {
      const int64_t row = (place.sample * grid.height + place.row + r) * step - y;
      const int64_t position = (row * grid.width + place.column + left) * step - x;
      finish_tile(sums[r * run_positions + left], ending.at(place.sample, position, of.panel, right - left, step));
    }
  }

  ConvolutionOp op_;
  Tensor bias_, panels_;  // phases x panels, elements, panel
};

template <class T>
using OfMap = Winograd<T, false>;
template <class T>
using OfEnlargedMap = Winograd<T, true>;

}  // namespace

PreparedLayerPtr prepare_winograd(const ConvolutionOp& op, const LayerWeights& weights) {
  const at::ScalarType dtype = weights.weight.scalar_type();
  return op.upsampled ? prepared_for<OfEnlargedMap>(dtype, op, weights) : prepared_for<OfMap>(dtype, op, weights);
}

}  // namespace mds
