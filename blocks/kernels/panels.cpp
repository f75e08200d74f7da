#include "blocks/kernels/panels.h"

#include <ATen/Context.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>

#include "blocks/kernels/packing_loops.h"

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

}  // namespace

bool multiplies_panels() {
#if defined(__x86_64__)
  static const bool can = has_products && __builtin_cpu_supports("avx2") && at::globalContext().userEnabledMkldnn();
  return can;
#else
  return false;
#endif
}

void pack_rows(const float* rows, int64_t pitch, PanelShape shape, float* panel) {
  if (shape.columns < tile_columns || shape.k % 2 == 1) std::fill_n(panel, panel_size(shape.k), 0.0f);
  for (int64_t k = 0; k < shape.k; ++k) std::copy_n(rows + k * pitch, shape.columns, panel + k * tile_columns);
}

void pack_rows(const Bf16* rows, int64_t pitch, PanelShape shape, Bf16* panel) {
  if (shape.columns < tile_columns) std::fill_n(panel, panel_size(shape.k), Bf16{});
  pair_rows({rows, shape.k, shape.columns, pitch}, reinterpret_cast<float*>(panel), tile_columns);
}

void pack_transposed(const float* columns, int64_t pitch, PanelShape shape, float* panel) {
  if (shape.columns < tile_columns || shape.k % 2 == 1) std::fill_n(panel, panel_size(shape.k), 0.0f);
  transpose_rows({columns, shape.columns, shape.k, pitch}, panel, tile_columns);
}

// Pairs of neighbours are turned as one where they lie as a float would.
void pack_transposed(const Bf16* columns, int64_t pitch, PanelShape shape, Bf16* panel) {
  if (shape.columns < tile_columns || shape.k % 2 == 1) std::fill_n(panel, panel_size(shape.k), Bf16{});
  int64_t paired = 0;
  if (pitch % 2 == 0 && reinterpret_cast<uintptr_t>(columns) % sizeof(float) == 0) {
    paired = shape.k / 2 * 2;
    transpose_rows({reinterpret_cast<const float*>(columns), shape.columns, paired / 2, pitch / 2},
                   reinterpret_cast<float*>(panel), tile_columns);
  }
  for (int64_t c = 0; c < shape.columns; ++c)
    for (int64_t k = paired; k < shape.k; ++k) panel[(k / 2 * tile_columns + c) * 2 + k % 2] = columns[c * pitch + k];
}

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
