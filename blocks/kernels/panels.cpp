#include "blocks/kernels/panels.h"

#include <ATen/Context.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>

namespace mds {
namespace {

constexpr bool has_products =
#if defined(CPUBLAS_BRGEMM_F32F32F32) && defined(CPUBLAS_BRGEMM_BF16BF16F32) && defined(__x86_64__)
    true;
#else
    false;
#endif

bool multiplies_bf16() {
#if defined(__x86_64__)
  static const bool can = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vl");
  return can;
#else
  return false;
#endif
}

enum class Scratch { panels, rows };
// Memory of this thread that is kept from one use to the next.
template <Scratch>
std::span<float> scratch(int64_t size) {
  static thread_local std::vector<float> memory;
  if (int64_t(memory.size()) < size) memory.resize(size_t(size));
  return memory;
}

[[maybe_unused]] void product(const TileRows<float>& a, const float* b, const TileSums& c) {
#ifdef CPUBLAS_BRGEMM_F32F32F32
  at::native::cpublas::brgemm(a.count, c.columns, a.k, a.pitch, tile_columns, c.pitch, c.add, a.data, b, c.data,
                              /*is_vnni=*/false);
#endif
}

[[maybe_unused]] void product(const TileRows<Bf16>& a, const Bf16* b, const TileSums& c) {
#ifdef CPUBLAS_BRGEMM_BF16BF16F32
  at::native::cpublas::brgemm(a.count, c.columns, a.k, a.pitch, tile_columns, c.pitch, c.add,
                              reinterpret_cast<const at::BFloat16*>(a.data), reinterpret_cast<const at::BFloat16*>(b),
                              c.data, /*is_vnni=*/true);
#endif
}

// Where element (row, column) of a panel lies.
template <class T>
int64_t place(int64_t row, int64_t column) {
  if constexpr (std::is_same_v<T, float>) return row * tile_columns + column;
  return (row / 2 * tile_columns + column) * 2 + row % 2;
}

}  // namespace

bool multiplies_panels() {
#if defined(__x86_64__)
  static const bool can = has_products && __builtin_cpu_supports("avx2") && at::globalContext().userEnabledMkldnn();
  return can;
#else
  return false;
#endif
}

template <class T>
void pack_rows(const T* rows, int64_t pitch, PanelShape shape, T* panel) {
  std::fill_n(panel, panel_size(shape.k), T{});
  for (int64_t k = 0; k < shape.k; ++k)
    for (int64_t c = 0; c < shape.columns; ++c) panel[place<T>(k, c)] = rows[k * pitch + c];
}
template void pack_rows(const float*, int64_t, PanelShape, float*);
template void pack_rows(const Bf16*, int64_t, PanelShape, Bf16*);

template <class T>
void pack_transposed(const T* columns, int64_t pitch, PanelShape shape, T* panel) {
  std::fill_n(panel, panel_size(shape.k), T{});
  for (int64_t c = 0; c < shape.columns; ++c)
    for (int64_t k = 0; k < shape.k; ++k) panel[place<T>(k, c)] = columns[c * pitch + k];
}
template void pack_transposed(const float*, int64_t, PanelShape, float*);
template void pack_transposed(const Bf16*, int64_t, PanelShape, Bf16*);

template <>
std::vector<OpenPanel<float>> opened(std::span<const float* const> panels, int64_t) {
  std::vector<OpenPanel<float>> open;
  for (const float* panel : panels) open.push_back({panel, panel});
  return open;
}

template <>
std::vector<OpenPanel<Bf16>> opened(std::span<const Bf16* const> panels, int64_t k) {
  std::vector<OpenPanel<Bf16>> open;
  if (multiplies_bf16()) {
    for (const Bf16* panel : panels) open.push_back({panel, nullptr});
    return open;
  }
  float* wide = scratch<Scratch::panels>(int64_t(panels.size()) * panel_size(k)).data();
  for (const Bf16* panel : panels) {
    widen_pairs(panel, k, wide);
    open.push_back({panel, wide});
    wide += panel_size(k);
  }
  return open;
}

template <>
void multiply(const TileRows<float>& rows, const OpenPanel<float>& panel, const TileSums& sums) {
  product(rows, panel.packed, sums);
}

template <>
void multiply(const TileRows<Bf16>& rows, const OpenPanel<Bf16>& panel, const TileSums& sums) {
  if (!panel.wide) return product(rows, panel.packed, sums);
  float* wide = scratch<Scratch::rows>(rows.count * rows.k).data();
  for (int64_t r = 0; r < rows.count; ++r) widen(rows.data + r * rows.pitch, rows.k, wide + r * rows.k);
  product(TileRows<float>{wide, rows.count, rows.k, rows.k}, panel.wide, sums);
}

}  // namespace mds
