#include "blocks/kernels/group_norm_loops.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

// Compiles one version of a kernel for each width of vector registers; the processor's own is chosen at run time.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__)
#define MDS_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MDS_CLONES
#endif

namespace mds {
namespace {

// exp without a branch, so that loops over it become vector code: 2^n is made from exponent bits, the rest is Cephes'
// polynomial; relative error below 2e-7.
inline float exp_of(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  constexpr float rounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = x * 1.44269504f + rounder, n = shifted - rounder;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t exponent = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(rounder) + 127;
  return p * std::bit_cast<float>(exponent << 23);
}

inline float sigmoid_of(float z) { return 1.0f / (1.0f + exp_of(-z)); }

// Sums over positions of x - x0 and of its square. x0 is the value at the first position: subtracting it keeps the
// precision of a variance that is far smaller than the square of the mean.
MDS_CLONES void sums(const float* __restrict x, MapRows rows, float* __restrict sum, float* __restrict square) {
  for (int64_t c = 0; c < rows.channels; ++c) sum[c] = square[c] = 0;
  for (int64_t p = 0; p < rows.positions; ++p)
    for (int64_t c = 0; c < rows.channels; ++c) {
      const float d = x[p * rows.channels + c] - x[c];
      sum[c] += d;
      square[c] += d * d;
    }
}

// An affine map of each channel: x * scale + shift.
struct Affine {
  const float* __restrict scale;
  const float* __restrict shift;
};

MDS_CLONES void scaled(const float* __restrict x, MapRows rows, Affine of, float* __restrict y) {
  for (int64_t p = 0; p < rows.positions; ++p)
    for (int64_t c = 0; c < rows.channels; ++c) {
      const int64_t i = p * rows.channels + c;
      y[i] = x[i] * of.scale[c] + of.shift[c];
    }
}

MDS_CLONES void scaled_silu(const float* __restrict x, MapRows rows, Affine of, float* __restrict y) {
  for (int64_t p = 0; p < rows.positions; ++p)
    for (int64_t c = 0; c < rows.channels; ++c) {
      const int64_t i = p * rows.channels + c;
      const float z = x[i] * of.scale[c] + of.shift[c];
      y[i] = z * sigmoid_of(z);
    }
}

// Turns the gradient of silu(z) into the gradient of z, in place.
MDS_CLONES void through_silu(const float* __restrict x, MapRows rows, Affine of, float* __restrict gradient) {
  for (int64_t p = 0; p < rows.positions; ++p)
    for (int64_t c = 0; c < rows.channels; ++c) {
      const int64_t i = p * rows.channels + c;
      const float z = x[i] * of.scale[c] + of.shift[c], s = sigmoid_of(z);
      gradient[i] *= s * (1.0f + z * (1.0f - s));
    }
}

// Sums over positions of the gradient, and of the gradient times x - x0.
MDS_CLONES void gradient_sums(const float* __restrict x, MapRows rows, const float* __restrict gradient,
                              float* __restrict sum, float* __restrict product) {
  for (int64_t c = 0; c < rows.channels; ++c) sum[c] = product[c] = 0;
  for (int64_t p = 0; p < rows.positions; ++p)
    for (int64_t c = 0; c < rows.channels; ++c) {
      const int64_t i = p * rows.channels + c;
      sum[c] += gradient[i];
      product[c] += gradient[i] * (x[i] - x[c]);
    }
}

// gradient * scale + x * slope + offset, in place.
MDS_CLONES void combine(const float* __restrict x, MapRows rows, const float* __restrict scale, Affine of,
                        float* __restrict gradient) {
  for (int64_t p = 0; p < rows.positions; ++p)
    for (int64_t c = 0; c < rows.channels; ++c) {
      const int64_t i = p * rows.channels + c;
      gradient[i] = gradient[i] * scale[c] + (x[i] * of.scale[c] + of.shift[c]);
    }
}

using Floats = std::vector<float>;

void find_statistics(const NormedMap& map, double eps) {
  Floats sum(size_t(map.rows.channels)), square(sum.size());
  sums(map.x, map.rows, sum.data(), square.data());
  const double n = double(map.rows.positions), all = n * double(map.each());
  for (int64_t g = 0; g < map.groups; ++g) {
    double total = 0, squares = 0;  // sums of x - x0 and of its square, where x0 is the group's first value
    const int64_t first = g * map.each();
    for (int64_t c = first; c < first + map.each(); ++c) {
      const double apart = double(map.x[c]) - double(map.x[first]), s = sum[size_t(c)];
      total += s + n * apart;
      squares += square[size_t(c)] + 2 * apart * s + n * apart * apart;
    }
    const double mean = total / all, variance = std::max(0.0, squares / all - mean * mean);
    map.mean[g] = float(double(map.x[first]) + mean);
    map.rstd[g] = float(1 / std::sqrt(variance + eps));
  }
}

// (x - mean) * rstd * weight + bias.
struct ScaleShift {
  Floats scale, shift;

  explicit ScaleShift(const NormedMap& map) : scale(size_t(map.rows.channels)), shift(scale.size()) {
    for (int64_t c = 0; c < map.rows.channels; ++c) {
      const int64_t g = c / map.each();
      scale[size_t(c)] = map.rstd[g] * map.weight[c];
      shift[size_t(c)] = map.bias[c] - map.mean[g] * scale[size_t(c)];
    }
  }
  Affine affine() const { return {scale.data(), shift.data()}; }
};

}  // namespace

void normalise(const NormedMap& map, double eps, float* y) {
  find_statistics(map, eps);
  const ScaleShift of(map);
  (map.silu ? scaled_silu : scaled)(map.x, map.rows, of.affine(), y);
}

// dx = rstd (w dz - mean of the group's w dz - x^ * mean of the group's w dz x^), x^ = (x - mean) rstd, z = w x^ + b
void normalise_gradients(const NormedMap& map, float* gradient, float* d_weight, float* d_bias) {
  const ScaleShift of(map);
  if (map.silu) through_silu(map.x, map.rows, of.affine(), gradient);
  gradient_sums(map.x, map.rows, gradient, d_bias, d_weight);
  Floats slope(of.scale.size()), offset(slope.size());
  const double all = double(map.rows.positions * map.each());
  for (int64_t g = 0; g < map.groups; ++g) {
    double total = 0, product = 0;
    const double mean = map.mean[g], rstd = map.rstd[g];
    const int64_t first = g * map.each(), last = first + map.each();
    for (int64_t c = first; c < last; ++c) {
      d_weight[c] = float(rstd * (d_weight[c] + (map.x[c] - mean) * d_bias[c]));
      total += double(map.weight[c]) * d_bias[c];
      product += double(map.weight[c]) * d_weight[c];
    }
    const double steepness = -rstd * rstd * product / all;
    std::fill(slope.begin() + first, slope.begin() + last, float(steepness));
    std::fill(offset.begin() + first, offset.begin() + last, float(-rstd * total / all - mean * steepness));
  }
  combine(map.x, map.rows, of.scale.data(), {slope.data(), offset.data()}, gradient);
}

}  // namespace mds
