#include "blocks/kernels/lane_matrix.h"

#include "blocks/kernels/lanes.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class L>
MDS_INLINE float* element(const LaneMatrix& of, int64_t i, int64_t j) {
  return of.data + (i * of.row + j * of.column) * L::count;
}

template <class L, int64_t rows, int64_t columns>
MDS_INLINE void product_block(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c, const ProductSize& size) {
  typename L::Vector total[rows][columns];
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) total[i][j] = size.add ? L::load(element<L>(c, i, j)) : L::all(0);
  for (int64_t k = 0; k < size.sums; ++k) {
    typename L::Vector right[columns];
    for (int64_t j = 0; j < columns; ++j) right[j] = L::load(element<L>(b, k, j));
    for (int64_t i = 0; i < rows; ++i) {
      const auto left = L::load(element<L>(a, i, k));
      for (int64_t j = 0; j < columns; ++j) total[i][j] += left * right[j];
    }
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) L::store(element<L>(c, i, j), total[i][j]);
}

template <class L, int64_t rows>
MDS_INLINE void product_rows(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c, const ProductSize& size) {
  constexpr int64_t block = 4;
  int64_t j = 0;
  const auto at = [&](const LaneMatrix& of) MDS_INLINED { return LaneMatrix{element<L>(of, 0, j), of.row, of.column}; };
  for (; j + block <= size.columns; j += block) product_block<L, rows, block>(a, at(b), at(c), size);
  for (; j < size.columns; ++j) product_block<L, rows, 1>(a, at(b), at(c), size);
}

template <class L>
MDS_INLINE void products(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c, const ProductSize& size) {
  constexpr int64_t block = 4;
  int64_t i = 0;
  const auto at = [&](const LaneMatrix& of) MDS_INLINED { return LaneMatrix{element<L>(of, i, 0), of.row, of.column}; };
  for (; i + block <= size.rows; i += block) product_rows<L, block>(at(a), b, at(c), size);
  for (; i < size.rows; ++i) product_rows<L, 1>(at(a), b, at(c), size);
}

}  // namespace

MDS_EACH_WIDTH(void multiply_lanes(const LaneMatrix& a, const LaneMatrix& b, const LaneMatrix& c,
                                   const ProductSize& size),
               products<L>(a, b, c, size))

}  // namespace mds
