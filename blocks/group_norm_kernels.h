// Group norm of one channels-last map in float32, with SiLU behind it or none, and its gradients: loops over whole rows
// of channels.
#pragma once

#include <cstdint>

namespace mds {

// One picture's map, positions x channels.
struct MapRows {
  int64_t positions, channels;
};

struct NormedMap {
  const float* x;
  MapRows rows;
  int64_t groups;
  const float *weight, *bias;  // by channel
  float *mean, *rstd;          // by group: found by normalise(), read by normalise_gradients()
  bool silu;

  int64_t each() const { return rows.channels / groups; }  // channels of a group
};

void normalise(const NormedMap& map, double eps, float* y);

// `gradient`: of y before, of x afterwards. d_weight and d_bias, by channel, are this map's share.
void normalise_gradients(const NormedMap& map, float* gradient, float* d_weight, float* d_bias);

}  // namespace mds
