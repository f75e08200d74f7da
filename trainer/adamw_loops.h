// A step of AdamW on numbers in a row, with the clipping of the gradient before it and the weights' moving average
// behind it, in one pass over memory.
#pragma once

#include <cstdint>

namespace mds {

// mean = beta1 mean + (1 - beta1) g, square = beta2 square + (1 - beta2) g^2, with g = clip * gradient;
// weight = shrink weight - rate mean / (root sqrt(square) + epsilon); average += share (weight - average).
struct AdamWFactors {
  float clip, beta1, beta2, shrink, rate, root, epsilon, share;
};

struct AdamWRow {
  float* weight;
  const float* gradient;  // null: only the average is changed
  float *mean, *square, *average;
  int64_t count;
};

void take_step(const AdamWRow& row, const AdamWFactors& by);

double sum_of_squares(const float* x, int64_t count);

}  // namespace mds
