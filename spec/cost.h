// What a layer costs for one sample. Multiply-accumulates are counted in two ways, and each count has its own name:
// `macs` counts every kernel tap, `macs_valid` only the taps that meet data (the paper's "GFLOPs": macs_valid / 1e9).
#pragma once

#include <concepts>
#include <cstdint>

#include "spec/error.h"

namespace mds {

// Sums and products of counts. They throw a ConfigError where the result is negative or does not fit into 64 bits.
inline int64_t checked_count(bool overflows, int64_t result) {
  if (overflows || result < 0)
    throw ConfigError("costs more than 9223372036854775807, or less than 0; allowed: smaller sizes, widths and depths");
  return result;
}
inline int64_t add_counts(int64_t a, int64_t b) {
  int64_t sum = 0;
  const bool overflows = __builtin_add_overflow(a, b, &sum);
  return checked_count(overflows, sum);
}
inline int64_t multiply_counts(int64_t a, int64_t b) {
  int64_t product = 0;
  const bool overflows = __builtin_mul_overflow(a, b, &product);
  return checked_count(overflows, product);
}
int64_t multiply_counts(int64_t a, int64_t b, std::same_as<int64_t> auto... more) {
  return multiply_counts(multiply_counts(a, b), more...);
}

inline constexpr const char* cost_convention = "macs-valid-attn-v1";

struct Cost {
  int64_t params = 0;
  int64_t macs = 0;
  int64_t macs_valid = 0;

  Cost& operator+=(const Cost& other) {
    params = add_counts(params, other.params);
    macs = add_counts(macs, other.macs);
    macs_valid = add_counts(macs_valid, other.macs_valid);
    return *this;
  }
  friend Cost operator*(int64_t n, Cost c) {
    return {multiply_counts(n, c.params), multiply_counts(n, c.macs), multiply_counts(n, c.macs_valid)};
  }
  bool operator==(const Cost&) const = default;
};

}  // namespace mds
