// Norms of rows of channels in either type of numbers, for passes without gradients.
#pragma once

#include "blocks/kernels/lanes.h"

namespace mds {

template <class T>
struct ChannelRows {
  const T* x;
  int64_t rows, channels;
};

// Sums over the rows, by channel, of x - origin and of its square.
void find_moments(const ChannelRows<float>& of, const float* origin, float* sum, float* square);
void find_moments(const ChannelRows<Bf16>& of, const float* origin, float* sum, float* square);

// y = activation(x * scale + shift), by channel.
struct ChannelAffine {
  const float *scale, *shift;
  Activation activation = Activation::none;
};
void scale_rows(const ChannelRows<float>& of, const ChannelAffine& by, float* y);
void scale_rows(const ChannelRows<Bf16>& of, const ChannelAffine& by, Bf16* y);

// y = activation((x - mean) / sqrt(variance + eps) * scale + shift), with the mean and variance of each row.
void normalise_rows(const ChannelRows<float>& of, double eps, const ChannelAffine& by, float* y);
void normalise_rows(const ChannelRows<Bf16>& of, double eps, const ChannelAffine& by, Bf16* y);

}  // namespace mds
