#include "blocks/kernels/matrix_product.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "blocks/kernels/panels.h"

namespace mds {
namespace {

constexpr int64_t most_row_bytes = 2048;  // of a row at a time, so that rows and a panel stay in the second-level cache
constexpr int64_t most_panels = 16;       // whose sums are in memory at once

// Memory of this thread that is kept from one use to the next.
template <class T, class Use>
T* kept_memory(int64_t size) {
  static thread_local std::vector<T> memory;
  if (int64_t(memory.size()) < size) memory.resize(size_t(size));
  return memory.data();
}
struct ForRows;
struct ForSums;

template <class T>
class MatrixProduct {
 public:
  MatrixProduct(const Factor<T>& a, const Factor<T>& b)
      : a_(a), b_(b), k_(a.columns()), panels_((b.columns() + tile_columns - 1) / tile_columns) {
    const auto type = sizeof(T) == sizeof(float) ? at::kFloat : at::kBFloat16;
    packed_ = at::empty({panels_, panel_size(k_)}, type);
    at::parallel_for(0, panels_, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t panel = begin; panel < end; ++panel) pack(panel);
    });
  }

  template <class Out>
  void store(const ProductResult<Out>& to) const {
    std::vector<float> bias(size_t(panels_ * tile_columns));
    if (to.bias) std::copy_n(to.bias, b_.columns(), bias.begin());
    if (a_.rows() == 0) return;
    const int64_t threads = at::get_num_threads(), tiles = (a_.rows() + tile_rows - 1) / tile_rows;
    const int64_t chunks = (tiles + threads - 1) / threads * threads, each = (a_.rows() + chunks - 1) / chunks;
    at::parallel_for(0, (a_.rows() + each - 1) / each, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk)
        for (int64_t panel = 0; panel < panels_; panel += most_panels) {
          const Part part{chunk * each, std::min(each, a_.rows() - chunk * each), panel,
                          std::min(most_panels, panels_ - panel)};
          float* sums = kept_memory<float, ForSums>(most_panels * tile_rows * tile_columns);
          add_up(part, sums);
          finish(part, sums, to, bias.data());
        }
    });
  }

 private:
  struct Part {
    int64_t first, rows, panel, panels;
  };

  const T* panel_data(int64_t panel) const {
    return static_cast<const T*>(packed_.const_data_ptr()) + panel * panel_size(k_);
  }
  int64_t columns_of(int64_t panel) const { return std::min(tile_columns, b_.columns() - panel * tile_columns); }

  void pack(int64_t panel) const {
    const auto& [data, rows, columns, pitch] = b_.memory;
    const PanelShape shape{k_, columns_of(panel)};
    T* to = const_cast<T*>(panel_data(panel));
    if (b_.transposed)
      pack_transposed(data + panel * tile_columns * pitch, pitch, shape, to);
    else
      pack_rows(data + panel * tile_columns, pitch, shape, to);
  }

  void add_up(const Part& part, float* sums) const {
    constexpr int64_t most_k = most_row_bytes / int64_t(sizeof(T));
    for (int64_t first = 0; first < k_; first += most_k) {
      const int64_t k = std::min(most_k, k_ - first);
      const TileRows<T> rows = rows_of(part, first, k);
      for (int64_t i = 0; i < part.panels; ++i) {
        const T* const panel[] = {panel_data(part.panel + i) + first * tile_columns};
        mds::multiply(rows, opened<T>(panel, k)[0],
                      {.data = sums + i * tile_rows * tile_columns,
                       .columns = in_lanes(columns_of(part.panel + i)),
                       .add = first > 0});
      }
    }
  }

  TileRows<T> rows_of(const Part& part, int64_t first, int64_t k) const {
    const auto& [data, rows, columns, pitch] = a_.memory;
    if (!a_.transposed) return {data + part.first * pitch + first, part.rows, pitch, k};
    constexpr int64_t line = 64 / int64_t(sizeof(T));  // apart by powers of two, rows would share few sets of the cache
    const int64_t apart = k + k % 2 + line;
    T* by_rows = kept_memory<T, ForRows>(tile_rows * apart);
    transpose_rows(MatrixRows<T>{data + first * pitch + part.first, k, part.rows, pitch}, by_rows, apart);
    return {by_rows, part.rows, apart, k};
  }

  template <class Out>
  void finish(const Part& part, const float* sums, const ProductResult<Out>& to, const float* bias) const {
    for (int64_t i = 0; i < part.panels; ++i) {
      const int64_t panel = part.panel + i, place = part.first * b_.columns() + panel * tile_columns;
      finish_tile(sums + i * tile_rows * tile_columns,
                  TileEnd<Out>{.bias = bias + panel * tile_columns,
                               .residual = to.residual ? to.residual + place : nullptr,
                               .residual_pitch = b_.columns(),
                               .out = to.out + place,
                               .out_pitch = b_.columns(),
                               .rows = part.rows,
                               .columns = columns_of(panel)});
    }
  }

  Factor<T> a_, b_;
  int64_t k_, panels_;
  at::Tensor packed_;
};

}  // namespace

void multiply(const Factor<float>& a, const Factor<float>& b, const ProductResult<float>& to) {
  MatrixProduct<float>(a, b).store(to);
}
void multiply(const Factor<Bf16>& a, const Factor<Bf16>& b, const ProductResult<float>& to) {
  MatrixProduct<Bf16>(a, b).store(to);
}
void multiply(const Factor<Bf16>& a, const Factor<Bf16>& b, const ProductResult<Bf16>& to) {
  MatrixProduct<Bf16>(a, b).store(to);
}

}  // namespace mds
