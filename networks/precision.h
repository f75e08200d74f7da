// The types of numbers that networks are run with, by the names of configurations and command lines.
#pragma once

#include <c10/core/ScalarType.h>

#include <array>

#include "spec/describe.h"

namespace mds {

// int8, int8_weights: linear layers and 1x1 convolutions by prepare_int8_product() and prepare_weight_only_product(),
// everything else in bfloat16.
enum class Precision : uint8_t { fp32, bf16, int8, int8_weights };
template <>
struct EnumNames<Precision> {
  static constexpr std::array names{"fp32", "bf16", "int8", "int8-weights"};
};

// Of activations, and of the weights that are loaded.
inline c10::ScalarType scalar_type(Precision precision) {
  return precision == Precision::fp32 ? c10::kFloat : c10::kBFloat16;
}

// What a training pass may compute in.
enum class TrainingPrecision : uint8_t { fp32, bf16 };
template <>
struct EnumNames<TrainingPrecision> {
  static constexpr std::array names{"fp32", "bf16"};
};

inline c10::ScalarType scalar_type(TrainingPrecision precision) {
  return precision == TrainingPrecision::fp32 ? c10::kFloat : c10::kBFloat16;
}

}  // namespace mds
