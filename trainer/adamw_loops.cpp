#include "trainer/adamw_loops.h"

#include "blocks/kernels/lanes.h"

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class L>
MDS_INLINE void stepped(const AdamWRow& row, const AdamWFactors& by) {
  const auto step = [&](int64_t i, int64_t some) MDS_INLINED {
    auto weight = L::load(row.weight + i, some);
    if (row.gradient) {
      const auto g = L::load(row.gradient + i, some) * by.clip;
      const auto mean = L::load(row.mean + i, some) * by.beta1 + g * (1 - by.beta1);
      const auto square = L::load(row.square + i, some) * by.beta2 + g * g * (1 - by.beta2);
      weight = weight * by.shrink - mean * by.rate / (L::sqrt(square) * by.root + by.epsilon);
      L::store(row.mean + i, mean, some);
      L::store(row.square + i, square, some);
      L::store(row.weight + i, weight, some);
    }
    const auto average = L::load(row.average + i, some);
    L::store(row.average + i, average + (weight - average) * by.share, some);
  };
  L::each(row.count, step);
}

// Few enough numbers that their squares may be summed in float32.
template <class L>
MDS_INLINE double squares_summed(const float* x, int64_t count) {
  constexpr int64_t block = 1024;
  double sum = 0;
  for (int64_t first = 0; first < count; first += block) {
    typename L::Vector total{};
    const auto add = [&](int64_t i, int64_t some) MDS_INLINED {
      const auto v = L::load(x + first + i, some);
      total += v * v;
    };
    L::each(count - first < block ? count - first : block, add);
    sum += double(L::sum(total));
  }
  return sum;
}

}  // namespace

MDS_EACH_WIDTH(void take_step(const AdamWRow& row, const AdamWFactors& by), stepped<L>(row, by))
MDS_EACH_WIDTH(double sum_of_squares(const float* x, int64_t count), return squares_summed<L>(x, count))

}  // namespace mds
