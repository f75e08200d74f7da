#include "blocks/kernels/gate_loops.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class L, class T>
MDS_INLINE void gated_rows(const GatedRows& shape, const T* x, T* y) {
  for (int64_t r = 0; r < shape.rows; ++r, x += 2 * shape.width, y += shape.width) {
    const auto gate = [&](int64_t c, int64_t some) MDS_INLINED {
      const auto z = L::load(x + shape.width + c, some);
      L::store(y + c, L::load(x + c, some) * z * L::sigmoid(z), some);
    };
    L::each(shape.width, gate);
  }
}

template <class L, class T>
MDS_INLINE void gated_rows_backward(const GatedRows& shape, const T* x, const T* d_y, T* d_x) {
  for (int64_t r = 0; r < shape.rows; ++r, x += 2 * shape.width, d_x += 2 * shape.width, d_y += shape.width) {
    const auto gate = [&](int64_t c, int64_t some) MDS_INLINED {
      const auto d = L::load(d_y + c, some), z = L::load(x + shape.width + c, some), s = L::sigmoid(z);
      L::store(d_x + shape.width + c, d * L::load(x + c, some) * s * (1.0f + z * (1.0f - s)), some);
      L::store(d_x + c, d * z * s, some);
    };
    L::each(shape.width, gate);
  }
}

}  // namespace

MDS_EACH_WIDTH(void gate_rows(const GatedRows& shape, const float* x, float* y), gated_rows<L>(shape, x, y))
MDS_EACH_WIDTH(void gate_rows(const GatedRows& shape, const Bf16* x, Bf16* y), gated_rows<L>(shape, x, y))
MDS_EACH_WIDTH(void gate_rows_backward(const GatedRows& shape, const float* x, const float* d_y, float* d_x),
               gated_rows_backward<L>(shape, x, d_y, d_x))
MDS_EACH_WIDTH(void gate_rows_backward(const GatedRows& shape, const Bf16* x, const Bf16* d_y, Bf16* d_x),
               gated_rows_backward<L>(shape, x, d_y, d_x))

}  // namespace mds
