// The types of numbers that weights are written in.
#pragma once

#include <c10/core/ScalarType.h>

#include "spec/describe.h"

namespace mds {

enum class WeightType : uint8_t { fp32, fp16, bf16 };
template <>
struct EnumNames<WeightType> {
  static constexpr std::array names{"fp32", "fp16", "bf16"};
};

inline at::ScalarType scalar_type(WeightType type) {
  return type == WeightType::fp32 ? at::kFloat : type == WeightType::fp16 ? at::kHalf : at::kBFloat16;
}

}  // namespace mds
