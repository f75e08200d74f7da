#include "blocks/kernels/lane_tokens.h"

#include "blocks/kernels/transposed_lanes.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

// Visits the channels of the tokens in squares of registers: visit(i, c, some) for `some` channels of token i from c
// on. Where two tokens fill a register, visit_two(i) has both.
template <class L>
MDS_INLINE void each_square(const TokenRows& rows, const auto& visit, const auto& visit_two) {
  int64_t i = 0;
  if (L::count > 4 && 2 * rows.each == L::count)
    for (; i + 2 <= rows.count; i += 2) visit_two(i);
  for (; i < rows.count; ++i) L::each(rows.each, [&](int64_t c, int64_t some) MDS_INLINED { visit(i, c, some); });
}

template <class L, class T>
MDS_INLINE void gathered(const T* from, const HeadPlaces& places, const TokenRows& rows, float* to) {
  const auto fill = [&](int64_t i, int64_t c, int64_t some, const auto& load) MDS_INLINED {
    typename L::Vector square[L::count];
    for (int64_t lane = 0; lane < L::count; ++lane)
      square[lane] = load(from + places.begin[lane] + (rows.first + i) * rows.pitch + c) * rows.scale;
    transpose<L>(square);
    for (int64_t j = 0; j < some; ++j) L::store(to + (i * rows.each + c + j) * L::count, square[j]);
  };
  const auto one = [&](int64_t i, int64_t c, int64_t some) MDS_INLINED {
    const auto load = [&](const T* p) MDS_INLINED { return L::load(p, some); };
    fill(i, c, some, load);
  };
  const auto two = [&](int64_t i) MDS_INLINED {
    const auto load = [&](const T* p) MDS_INLINED { return load_halves<L>(p, p + rows.pitch); };
    fill(i, 0, L::count, load);
  };
  each_square<L>(rows, one, two);
}

template <class L, class T>
MDS_INLINE void scattered(const float* from, const HeadPlaces& places, const TokenRows& rows, T* to) {
  const auto empty = [&](int64_t i, int64_t c, int64_t some, const auto& store) MDS_INLINED {
    typename L::Vector square[L::count] = {};
    for (int64_t j = 0; j < some; ++j) square[j] = L::load(from + (i * rows.each + c + j) * L::count) * rows.scale;
    transpose<L>(square);
    for (int64_t lane = 0; lane < places.heads; ++lane)
      store(to + places.begin[lane] + (rows.first + i) * rows.pitch + c, square[lane]);
  };
  const auto one = [&](int64_t i, int64_t c, int64_t some) MDS_INLINED {
    const auto store = [&](T* p, const auto& v) MDS_INLINED { L::store(p, v, some); };
    empty(i, c, some, store);
  };
  const auto two = [&](int64_t i) MDS_INLINED {
    const auto store = [&](T* p, const auto& v) MDS_INLINED { store_halves<L>(p, p + rows.pitch, v); };
    empty(i, 0, L::count, store);
  };
  each_square<L>(rows, one, two);
}

}  // namespace

MDS_EACH_WIDTH(void gather(const float* from, const HeadPlaces& places, const TokenRows& rows, float* to),
               gathered<L>(from, places, rows, to))
MDS_EACH_WIDTH(void gather(const Bf16* from, const HeadPlaces& places, const TokenRows& rows, float* to),
               gathered<L>(from, places, rows, to))
MDS_EACH_WIDTH(void scatter(const float* from, const HeadPlaces& places, const TokenRows& rows, float* to),
               scattered<L>(from, places, rows, to))
MDS_EACH_WIDTH(void scatter(const float* from, const HeadPlaces& places, const TokenRows& rows, Bf16* to),
               scattered<L>(from, places, rows, to))

}  // namespace mds
