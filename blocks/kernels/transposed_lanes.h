// Moves between rows in memory and vectors across rows: the transpose of a square of registers.
#pragma once

#include "blocks/kernels/lanes.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {

template <class L, int64_t step>
MDS_INLINE void exchange_blocks(typename L::Vector (&rows)[L::count]) {
  typename L::Ints upper, lower;
  for (int64_t j = 0; j < L::count; ++j) {
    const bool second = j & step;
    upper[j] = int32_t(second ? L::count + j - step : j);
    lower[j] = int32_t(second ? L::count + j : j + step);
  }
  for (int64_t i = 0; i < L::count; ++i) {
    if (i & step) continue;
    const auto a = rows[i], b = rows[i + step];
    rows[i] = __builtin_shuffle(a, b, upper);
    rows[i + step] = __builtin_shuffle(a, b, lower);
  }
}

// rows[i][j] becomes rows[j][i].
template <class L>
MDS_INLINE void transpose(typename L::Vector (&rows)[L::count]) {
  exchange_blocks<L, 1>(rows);
  exchange_blocks<L, 2>(rows);
  if constexpr (L::count > 4) exchange_blocks<L, 4>(rows);
  if constexpr (L::count > 8) exchange_blocks<L, 8>(rows);
}

// A register whose halves lie apart in memory; only for registers of more than 4 lanes.
template <class L, class T>
MDS_INLINE typename L::Vector load_halves(const T* first, const T* second) {
  if constexpr (L::count > 4) {
    using Half = Lanes<L::count / 2>;
    const auto a = Half::load(first), b = Half::load(second);
    if constexpr (L::count == 16)
      return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    else
      return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
  }
  return L::all(0);
}

template <class L, class T>
MDS_INLINE void store_halves(T* first, T* second, const typename L::Vector& v) {
  if constexpr (L::count > 4) {
    using Half = Lanes<L::count / 2>;
    typename Half::Vector a, b;
    if constexpr (L::count == 16) {
      a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
      b = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    } else {
      a = __builtin_shufflevector(v, v, 0, 1, 2, 3);
      b = __builtin_shufflevector(v, v, 4, 5, 6, 7);
    }
    Half::store(first, a);
    Half::store(second, b);
  }
}

}  // namespace mds

#pragma GCC diagnostic pop
