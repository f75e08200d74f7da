// What a machine reaches at best, measured beside what is compared with it.
#pragma once

#include <string_view>

#include "spec/describe.h"

namespace mds {

// Rates in 1e9 a second: operations of products of large matrices, and bytes read and written by copies beyond the
// caches.
struct Roof {
  double fp32_gflops = 0, bf16_gflops = 0, copy_gb_s = 0;

  // 8-bit weights are compared with bfloat16, in which the rest of their network computes.
  double gflops(std::string_view dtype) const { return dtype == "fp32" ? fp32_gflops : bf16_gflops; }
  bool operator==(const Roof&) const = default;

  static void describe(auto& self, auto&& field) {
    field("fp32_gflops", self.fp32_gflops, "1e9 operations a second of a product of large matrices of float32",
          at_least(0));
    field("bf16_gflops", self.bf16_gflops, "the same of bfloat16", at_least(0));
    field("copy_gb_s", self.copy_gb_s, "1e9 bytes a second, read and written, of a copy", at_least(0));
  }
};

}  // namespace mds
