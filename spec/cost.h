// What a layer costs for one sample. Two multiply-accumulate counts, never one word for both:
// `macs` counts every kernel tap, `macs_valid` only the taps that meet data (the paper's "GFLOPs" are macs_valid / 1e9).
#pragma once

#include <cstdint>

namespace mds {

inline constexpr const char* cost_convention = "macs-valid-attn-v1";

struct Cost {
  int64_t params = 0;
  int64_t macs = 0;
  int64_t macs_valid = 0;

  Cost& operator+=(const Cost& other) {
    params += other.params;
    macs += other.macs;
    macs_valid += other.macs_valid;
    return *this;
  }
  friend Cost operator*(int64_t n, Cost c) { return {n * c.params, n * c.macs, n * c.macs_valid}; }
  bool operator==(const Cost&) const = default;
};

}  // namespace mds
