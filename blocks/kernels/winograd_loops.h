// The transforms of Winograd's convolution F(N x N, K x K): Y = A' [(G g G') . (B' d B)] A. Of 3x3 kernels for N = 2
// and 4, of the 2x2 kernels that meet an enlarged map for N = 3.
#pragma once

#include "blocks/kernels/tile.h"

namespace mds {

// The rows and columns of inputs that one output tile reads. Null: outside the map.
template <class T, int64_t inputs>
struct WinogradInput {
  const T* at[inputs][inputs];
  int64_t channels;  // a multiple of 16
};
template <class T>
using InputTile4 = WinogradInput<T, 4>;
template <class T>
using InputTile6 = WinogradInput<T, 6>;

// B' d B: element f of the transformed tile goes to to + f * pitch.
void transform_input(const InputTile6<float>& input, int64_t pitch, float* to);
void transform_input(const InputTile4<float>& input, int64_t pitch, float* to);
void transform_input(const InputTile4<Bf16>& input, int64_t pitch, Bf16* to);

// Where the rows and columns of an output tile go, 64 channels each: (row, column) to to + (row * pitch + column) * 64.
template <int64_t outputs>
struct WinogradOutput {
  float* to;
  int64_t pitch;
};

// A' m A for 64 channels: element f at products + f * pitch.
void transform_output(const float* products, int64_t pitch, const WinogradOutput<2>& output);
void transform_output(const float* products, int64_t pitch, const WinogradOutput<3>& output);
void transform_output(const float* products, int64_t pitch, const WinogradOutput<4>& output);

}  // namespace mds
