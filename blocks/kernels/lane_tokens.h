// Moves tokens between memory and a layout with a head in each lane of a register.
#pragma once

#include "blocks/kernels/lanes.h"

namespace mds {

// Where the heads of the lanes begin in a tensor.
struct HeadPlaces {
  int64_t begin[most_lanes];
  int64_t heads;  // lanes that hold one; the others repeat the last
};

// Tokens of a head in memory, and what their channels are multiplied by on the way.
struct TokenRows {
  int64_t first, count, each, pitch;
  float scale = 1;
  TokenRows scaled(float by) const { return {first, count, each, pitch, by}; }
};

// From memory to tokens x channels x lanes, and back.
void gather(const float* from, const HeadPlaces& places, const TokenRows& rows, float* to);
void gather(const Bf16* from, const HeadPlaces& places, const TokenRows& rows, float* to);
void scatter(const float* from, const HeadPlaces& places, const TokenRows& rows, float* to);
void scatter(const float* from, const HeadPlaces& places, const TokenRows& rows, Bf16* to);

}  // namespace mds
