// What a step has to move between memory and processor at least, however its layers are computed.
#pragma once

#include <string_view>

#include "networks/plan.h"

namespace mds {

// How many numbers a tensor of that shape holds for one sample; ConfigError beyond 64 bits.
int64_t values_of(const Shape& shape);

// Numbers: the weights that are read, once for a whole batch, and for each sample the input with its skip, and the
// output. Text and time embeddings are not counted.
struct Traffic {
  int64_t weights = 0;
  int64_t products = 0;  // among the weights: of linear layers and 1x1 convolutions, which may have 8 bits
  int64_t activations = 0;
};

Traffic traffic(const PlanStep& step);

// For a type by its name: "fp32", "bf16", or "int8" and "int8-weights", which keep all but the products in bfloat16.
int64_t bytes_moved(const Traffic& traffic, std::string_view dtype, int64_t batch);

}  // namespace mds
