// The transforms of Winograd's convolution F(N x N, 3x3): Y = A' [(G g G') . (B' d B)] A, for N = 2 and 4.
#pragma once

#include "blocks/kernels/tile.h"

namespace mds {

template <class T>
inline constexpr int64_t winograd_outputs = std::is_same_v<T, float> ? 4 : 2;  // N
template <class T>
inline constexpr int64_t winograd_inputs = winograd_outputs<T> + 2;  // rows and columns that N outputs read

// The rows and columns of inputs that one output tile reads. Null: outside the map.
template <class T>
struct WinogradInput {
  const T* at[winograd_inputs<T>][winograd_inputs<T>];
  int64_t channels;  // a multiple of 16
};

// B' d B: element f of the transformed tile goes to to + f * pitch.
void transform_input(const WinogradInput<float>& input, int64_t pitch, float* to);
void transform_input(const WinogradInput<Bf16>& input, int64_t pitch, Bf16* to);

// A' m A for 64 columns: element f at products + f * pitch; writes N x N rows of 64.
void transform_output(const float* products, int64_t pitch, float (&to)[16][tile_columns]);
void transform_output_bf16(const float* products, int64_t pitch, float (&to)[16][tile_columns]);

}  // namespace mds
