// The types of numbers that networks are run with, by the names of configurations and command lines.
#pragma once

#include <c10/core/ScalarType.h>

#include <array>

#include "spec/describe.h"

namespace mds {

enum class Precision : uint8_t { fp32, bf16 };
template <>
struct EnumNames<Precision> {
  static constexpr std::array names{"fp32", "bf16"};
};

inline c10::ScalarType scalar_type(Precision precision) {
  return precision == Precision::bf16 ? c10::kBFloat16 : c10::kFloat;
}

}  // namespace mds
