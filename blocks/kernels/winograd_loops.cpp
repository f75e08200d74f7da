#include "blocks/kernels/winograd_loops.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class V>
MDS_INLINE void input_side(const V (&d)[6], V (&v)[6]) {
  v[0] = 4 * d[0] - 5 * d[2] + d[4];
  v[1] = (d[3] + d[4]) - 4 * (d[1] + d[2]);
  v[2] = (d[4] - d[3]) + 4 * (d[1] - d[2]);
  v[3] = (d[4] - d[2]) + 2 * (d[3] - d[1]);
  v[4] = (d[4] - d[2]) - 2 * (d[3] - d[1]);
  v[5] = 4 * d[1] - 5 * d[3] + d[5];
}
template <class V>
MDS_INLINE void input_side(const V (&d)[4], V (&v)[4]) {
  v[0] = d[0] - d[2];
  v[1] = d[1] + d[2];
  v[2] = d[2] - d[1];
  v[3] = d[1] - d[3];
}

template <class V>
MDS_INLINE void output_side(const V (&m)[6], V (&y)[4]) {
  const V even = m[1] + m[2], odd = m[1] - m[2], far_even = m[3] + m[4], far_odd = m[3] - m[4];
  y[0] = m[0] + even + far_even;
  y[1] = odd + 2 * far_odd;
  y[2] = even + 4 * far_even;
  y[3] = odd + 8 * far_odd + m[5];
}
template <class V>
MDS_INLINE void output_side(const V (&m)[4], V (&y)[2]) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2] - m[3];
}
template <class V>
MDS_INLINE void output_side(const V (&m)[4], V (&y)[3]) {
  y[0] = m[0] + m[1] + m[2];
  y[1] = m[1] - m[2];
  y[2] = m[1] + m[2] - m[3];
}

template <class L, class T, int64_t n>
MDS_INLINE void input_transform(const WinogradInput<T, n>& input, int64_t pitch, T* to) {
  using V = typename L::Vector;
  for (int64_t c = 0; c < input.channels; c += L::count) {
    V half[n][n];  // B' d, transposed
    for (int64_t j = 0; j < n; ++j) {
      V d[n], v[n];
      for (int64_t i = 0; i < n; ++i) d[i] = input.at[i][j] ? L::load(input.at[i][j] + c) : V{};
      input_side(d, v);
      for (int64_t i = 0; i < n; ++i) half[i][j] = v[i];
    }
    for (int64_t i = 0; i < n; ++i) {
      V v[n];
      input_side(half[i], v);
      for (int64_t j = 0; j < n; ++j) L::store(to + (i * n + j) * pitch + c, v[j]);
    }
  }
}

template <class L, int64_t n, int64_t outputs>
MDS_INLINE void output_transform(const float* products, int64_t pitch, const WinogradOutput<outputs>& output) {
  using V = typename L::Vector;
  for (int64_t c = 0; c < tile_columns; c += L::count) {
    V half[outputs][n];
    for (int64_t j = 0; j < n; ++j) {
      V m[n], y[outputs];
      for (int64_t i = 0; i < n; ++i) m[i] = L::load(products + (i * n + j) * pitch + c);
      output_side(m, y);
      for (int64_t i = 0; i < outputs; ++i) half[i][j] = y[i];
    }
    for (int64_t i = 0; i < outputs; ++i) {
      V y[outputs];
      output_side(half[i], y);
      for (int64_t j = 0; j < outputs; ++j) L::store(output.to + (i * output.pitch + j) * tile_columns + c, y[j]);
    }
  }
}

}  // namespace

MDS_EACH_WIDTH(void transform_input(const InputTile6<float>& input, int64_t pitch, float* to),
               input_transform<L>(input, pitch, to))
MDS_EACH_WIDTH(void transform_input(const InputTile4<float>& input, int64_t pitch, float* to),
               input_transform<L>(input, pitch, to))
MDS_EACH_WIDTH(void transform_input(const InputTile4<Bf16>& input, int64_t pitch, Bf16* to),
               input_transform<L>(input, pitch, to))
MDS_EACH_WIDTH(void transform_output(const float* products, int64_t pitch, const WinogradOutput<2>& output),
               output_transform<L, 4>(products, pitch, output))
MDS_EACH_WIDTH(void transform_output(const float* products, int64_t pitch, const WinogradOutput<3>& output),
               output_transform<L, 4>(products, pitch, output))
MDS_EACH_WIDTH(void transform_output(const float* products, int64_t pitch, const WinogradOutput<4>& output),
               output_transform<L, 6>(products, pitch, output))

}  // namespace mds
