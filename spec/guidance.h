// Classifier-free guidance, eps_u + w (eps_c - eps_u): which outputs of the network a weight w needs.
#pragma once

#include <cstdint>

namespace mds {

// At w = 1 that of the text alone; at 0 that of no text alone, unless its deviation is rescaled to the text's.
enum class GuidedSides : uint8_t { conditional, unconditional, both };

inline GuidedSides guided_sides(double guidance, double rescale) {
  if (guidance == 1) return GuidedSides::conditional;
  return guidance == 0 && rescale == 0 ? GuidedSides::unconditional : GuidedSides::both;
}

// How often a step of the sampler calls the network for each picture.
inline int64_t calls_a_step(GuidedSides sides) { return sides == GuidedSides::both ? 2 : 1; }

}  // namespace mds
