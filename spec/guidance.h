// Classifier-free guidance, eps_u + w (eps_c - eps_u): which outputs of the network a weight w needs.
#pragma once

#include <cstdint>

namespace mds {

// w = 1 needs only the conditional output. w = 0 needs only the unconditional one, unless it is rescaled to the other.
enum class GuidedSides : uint8_t { conditional, unconditional, both };

inline GuidedSides guided_sides(double guidance, double rescale) {
  if (guidance == 1) return GuidedSides::conditional;
  return guidance == 0 && rescale == 0 ? GuidedSides::unconditional : GuidedSides::both;
}

// How many times one sampling step calls the network for each picture.
inline int64_t calls_a_step(GuidedSides sides) { return sides == GuidedSides::both ? 2 : 1; }

}  // namespace mds
