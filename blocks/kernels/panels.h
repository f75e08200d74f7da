// Factors of matrix products packed for tiles: panels of up to 64 columns, each read from front to back. Panels of
// float32 are k x 64; those of bfloat16 hold their rows in pairs, k/2 x 64 x 2, as the processor multiplies them.
// Columns beyond the last are zero.
#pragma once

#include <span>
#include <vector>

#include "blocks/kernels/tile.h"

namespace mds {

// Whether this processor and this LibTorch multiply panels. Where only the products of bfloat16 are missing, panels and
// rows are widened as they are used.
bool multiplies_panels();

inline int64_t panel_size(int64_t k) { return (k + k % 2) * tile_columns; }  // in elements

struct PanelShape {
  int64_t k, columns;
};
// Packs a panel from a matrix of k rows, or from its transpose; `pitch`: elements from one row of the source to the
// next.
void pack_rows(const float* rows, int64_t pitch, PanelShape shape, float* panel);
void pack_rows(const Bf16* rows, int64_t pitch, PanelShape shape, Bf16* panel);
void pack_transposed(const float* columns, int64_t pitch, PanelShape shape, float* panel);
void pack_transposed(const Bf16* columns, int64_t pitch, PanelShape shape, Bf16* panel);

// Packed panels while one thread multiplies with them.
template <class T>
struct OpenPanel {
  const T* packed = nullptr;
  const float* wide = nullptr;  // k x 64, where products are those of float32
};
// Opens panels of k rows; those that this thread opened before are closed.
template <class T>
std::vector<OpenPanel<T>> opened(std::span<const T* const> panels, int64_t k);

// Up to 64 rows of k values each.
template <class T>
struct TileRows {
  const T* data;
  int64_t count, pitch, k;
};
// Where sums go: `columns` of them (a multiple of 16) in each row.
struct TileSums {
  float* data;
  int64_t pitch = tile_columns, columns = tile_columns;
  bool add = false;  // to what is there
};
template <class T>
void multiply(const TileRows<T>& rows, const OpenPanel<T>& panel, const TileSums& sums);

}  // namespace mds
