// Convolutions as a sum of products, one for each place of the kernel.
#include <ATen/Parallel.h>

#include <array>

#include "blocks/kernels/ending.h"

namespace mds {
namespace {

// What the input at (row + y, column + x) adds: its product with a place of the kernel, or with the sum of several that
// meet it where the map is enlarged.
struct Tap {
  int64_t y, x;
  std::array<int64_t, 2> rows, columns;  // first and end
};

Tensor weight_of(const Tap& tap, const Tensor& weight_OIRC) {
  const Tensor part = weight_OIRC.slice(2, tap.rows[0], tap.rows[1]).slice(3, tap.columns[0], tap.columns[1]);
  return part.to(at::kFloat).sum({2, 3}).to(weight_OIRC.scalar_type());
}

// The outputs at (step * row + y, step * column + x) of the grid that the taps run over.
struct Phase {
  int64_t y = 0, x = 0;
  std::vector<Tap> taps;
};

std::vector<Phase> phases_of(const ConvolutionOp& op) {
  const int64_t top = padding_of(op, op.kernel).before, left = padding_of(op, op.kernel_width()).before;
  if (!op.upsampled) {
    Phase only;
    for (int64_t r = 0; r < op.kernel; ++r)
      for (int64_t c = 0; c < op.kernel_width(); ++c) only.taps.push_back({r - top, c - left, {r, r + 1}, {c, c + 1}});
    return {only};
  }
  // An output row 2 y + p of the enlarged map reads its rows 2 y + p - 1 to 2 y + p + 1, two of which are one small
  // row.
  std::vector<Phase> phases;
  constexpr std::array<std::array<std::array<int64_t, 2>, 2>, 2> reach{{{{{0, 1}, {1, 3}}}, {{{0, 2}, {2, 3}}}}};
  for (int64_t y = 0; y < 2; ++y)
    for (int64_t x = 0; x < 2; ++x) {
      Phase phase{y, x, {}};
      for (int64_t r = 0; r < 2; ++r)
        for (int64_t c = 0; c < 2; ++c)
          phase.taps.push_back({y + r - 1, x + c - 1, reach[size_t(y)][size_t(r)], reach[size_t(x)][size_t(c)]});
      phases.push_back(phase);
    }
  return phases;
}

// Consecutive outputs in one row of the grid, and where their sums begin in a tile.
struct Segment {
  int64_t row, column, count, tile_row;
};

template <class T>
class Taps final : public PreparedLayer {
 public:
  Taps(const ConvolutionOp& op, const LayerWeights& weights) : op_(op), phases_(phases_of(op)) {
    const int64_t phases = int64_t(phases_.size()), taps = int64_t(phases_[0].taps.size());
    const PackedShape shape{weights.weight.scalar_type(), {phases, panels_of(op.out), taps, panel_size(op.in)}};
    const auto make = [&] { return std::vector{packed_taps(weights.weight)}; };
    const auto kept = packed_layer(weights, /*gated=*/false, {{shape}, make});
    panels_ = kept[0], bias_ = kept[1];
  }

  Tensor forward(const Tensor& input, const Epilogue& then) const override {
    const Tensor x = by_rows(input);
    const Grid grid(op_, x);
    const int64_t step = op_.upsampled ? 2 : 1;
    const Tensor out = at::empty({x.size(0), op_.out, step * grid.height, step * grid.width},
                                 x.options().memory_format(at::MemoryFormat::ChannelsLast));
    const Ending<T> ending(then, bias_, out);
    const int64_t blocks = x.size(0) * grid.tiles, panels = panels_.size(1);
    at::parallel_for(0, int64_t(phases_.size()) * panels * blocks, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      std::vector<OpenPanel<T>> open;
      for (int64_t task = begin; task < end; ++task) {
        const int64_t block = task % blocks, panel = task / blocks % panels, phase = task / blocks / panels;
        if (task == begin || block == 0) open = opened<T>(taps_of(phase, panel), op_.in);
        run({x, grid, block / grid.tiles, block % grid.tiles, ending.sums_of(panel)}, phases_[size_t(phase)], open,
            [&](int64_t n, Segment at) {
              const Phase& of = phases_[size_t(phase)];
              const int64_t row = step * at.row + of.y, column = step * at.column + of.x;
              const int64_t position = (n * step * grid.height + row) * step * grid.width + column;
              finish_tile(tile_sums() + at.tile_row * tile_columns, ending.at(n, position, panel, at.count, step));
            });
      }
    });
    return out;
  }

 private:
  Tensor packed_taps(const Tensor& weight_OIRC) const {
    std::vector<Tensor> phases;
    for (const auto& phase : phases_) {
      std::vector<Tensor> taps;
      for (const auto& tap : phase.taps) taps.push_back(packed(in_panels(weight_of(tap, weight_OIRC), false)));
      phases.push_back(at::stack(taps, 1));
    }
    return at::stack(phases);
  }

  // The outputs of one phase.
  struct Grid {
    int64_t height, width, tiles;
    Grid(const ConvolutionOp& op, const Tensor& x) : height(x.size(2)), width(x.size(3)) {
      if (!op.upsampled) {
        const Shape out = output_shape(op, Shape::map(op.in, height, width));
        height = out.height, width = out.width;
      }
      tiles = (height * width + tile_rows - 1) / tile_rows;
    }
  };
  struct Block {
    const Tensor& x;
    const Grid& grid;
    int64_t sample, tile, columns;
  };

  std::vector<const T*> taps_of(int64_t phase, int64_t panel) const {
    std::vector<const T*> taps;
    const Tensor of = panels_[phase][panel];
    for (int64_t i = 0; i < of.size(0); ++i) taps.push_back(read<T>(of) + i * of.size(1));
    return taps;
  }

  template <class Finish>
  void run(const Block& block, const Phase& phase, const std::vector<OpenPanel<T>>& open, Finish&& finish) const {
    const Grid& grid = block.grid;
    std::fill_n(tile_sums(), tile_rows * tile_columns, 0.0f);
    const int64_t first = block.tile * tile_rows, last = std::min(first + tile_rows, grid.height * grid.width);
    for (int64_t at = first; at < last;) {
      const int64_t row = at / grid.width, column = at % grid.width;
      const Segment segment{row, column, std::min(grid.width - column, last - at), at - first};
      for (size_t i = 0; i < open.size(); ++i) add(block, segment, phase.taps[i], open[i]);
      finish(block.sample, segment);
      at += segment.count;
    }
  }

  // Adds what a tap contributes to the sums of a segment, as far as its input lies inside the map.
  void add(const Block& block, const Segment& segment, const Tap& tap, const OpenPanel<T>& panel) const {
    const int64_t height = block.x.size(2), width = block.x.size(3), stride = op_.stride;
    const int64_t row = segment.row * stride + tap.y;
    if (row < 0 || row >= height) return;
    const auto up = [&](int64_t n) { return n > 0 ? (n + stride - 1) / stride : 0; };
    const int64_t from = std::max(segment.column, up(-tap.x));
    const int64_t to = std::min(segment.column + segment.count, up(width - tap.x));
    if (from >= to) return;
    const T* rows = read<T>(block.x) + ((block.sample * height + row) * width + from * stride + tap.x) * op_.in;
    float* sums = tile_sums() + (segment.tile_row + from - segment.column) * tile_columns;
    multiply({rows, to - from, stride * op_.in, op_.in}, panel, {.data = sums, .columns = block.columns, .add = true});
  }

  ConvolutionOp op_;
  std::vector<Phase> phases_;
  Tensor bias_, panels_;  // phases x panels x taps x panel
};

}  // namespace

PreparedLayerPtr prepare_taps(const ConvolutionOp& op, const LayerWeights& weights) {
  return prepared_for<Taps>(weights.weight.scalar_type(), op, weights);
}

}  // namespace mds
