// Group norm of one channels-last map in float32, optionally followed by SiLU, and its gradients: loops over whole rows
// of channels.
#pragma once

#include <cstdint>

namespace mds {

// The map of one picture, positions x channels.
struct MapRows {
  int64_t positions, channels;
};

struct NormedMap {
  const float* x;
  MapRows rows;
  int64_t groups;
  const float *weight, *bias;  // by channel
  float *mean, *rstd;          // one per group: written by normalise(), read by normalise_gradients()
  bool silu;

  int64_t each() const { return rows.channels / groups; }  // channels in a group
};

void normalise(const NormedMap& map, double eps, float* y);

// `gradient`: that of y on entry, that of x on return. Sets d_weight and d_bias by channel, for this map alone.
void normalise_gradients(const NormedMap& map, float* gradient, float* d_weight, float* d_bias);

}  // namespace mds
