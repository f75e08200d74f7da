#include "pipeline/resizer.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

#include <cmath>
#include <vector>

namespace mds {
namespace {

// Output pixel i is the sum of weights[i][k] * input[first[i] + k].
struct Taps {
  std::vector<int64_t> first;
  std::vector<std::vector<double>> weights;
};

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

Taps cubic_taps(int64_t in, int64_t out) {
  Taps taps;
  const double scale = double(in) / double(out), spread = std::max(scale, 1.0);
  for (int64_t i = 0; i < out; ++i) {
    const double centre = (double(i) + 0.5) * scale;
    const auto first = std::max<int64_t>(0, int64_t(centre - 2 * spread + 0.5));
    const auto last = std::min(in, int64_t(centre + 2 * spread + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t x = first; x < last; ++x) {
      weights.push_back(cubic((double(x) - centre + 0.5) * (1 / spread)));
      sum += weights.back();
    }
    for (auto& weight : weights) weight /= sum;
    taps.first.push_back(first);
    taps.weights.push_back(std::move(weights));
  }
  return taps;
}

// PIL's arithmetic on floats: sums in double, stored as float32.
struct OnFloats {
  using Value = float;
  using Weight = double;
  static double weight(double w) { return w; }
  static float store(double sum) { return float(sum); }
};

// PIL's arithmetic on bytes: weights rounded to 2^-22, sums in whole numbers, rounded and limited to 0..255.
struct OnBytes {
  using Value = uint8_t;
  using Weight = int32_t;
  static int32_t weight(double w) { return int32_t(std::lround(w * (1 << 22))); }
  static uint8_t store(int32_t sum) { return uint8_t(std::clamp((sum + (1 << 21)) >> 22, 0, 255)); }
};

// Resizes planes in one direction. Pixels of a line are `stride` apart.
template <class Arithmetic>
class Pass {
 public:
  using Value = typename Arithmetic::Value;

  explicit Pass(const Taps& taps) : first_(taps.first) {
    for (const auto& row : taps.weights) {
      std::vector<typename Arithmetic::Weight> weights;
      for (const auto w : row) weights.push_back(Arithmetic::weight(w));
      weights_.push_back(std::move(weights));
    }
  }

  // rows x in -> rows x out
  void along_rows(const Value* from, Value* to, int64_t rows, int64_t in) const {
    for (int64_t y = 0; y < rows; ++y, from += in)
      for (size_t i = 0; i < first_.size(); ++i) {
        typename Arithmetic::Weight sum = 0;
        for (size_t k = 0; k < weights_[i].size(); ++k) sum += weights_[i][k] * from[first_[i] + int64_t(k)];
        *to++ = Arithmetic::store(sum);
      }
  }

  // in x columns -> out x columns
  void along_columns(const Value* from, Value* to, int64_t columns) const {
    std::vector<typename Arithmetic::Weight> sums(columns);
    for (size_t i = 0; i < first_.size(); ++i) {
      std::fill(sums.begin(), sums.end(), 0);
      for (size_t k = 0; k < weights_[i].size(); ++k) {
        const Value* row = from + (first_[i] + int64_t(k)) * columns;
        for (int64_t x = 0; x < columns; ++x) sums[x] += weights_[i][k] * row[x];
      }
      for (int64_t x = 0; x < columns; ++x) *to++ = Arithmetic::store(sums[x]);
    }
  }

 private:
  std::vector<int64_t> first_;
  std::vector<std::vector<typename Arithmetic::Weight>> weights_;
};

template <class Arithmetic>
Tensor cubic_resized(const Tensor& images_NCHW, const ImageSize& size) {
  using Value = typename Arithmetic::Value;
  const Tensor images = images_NCHW.to(c10::CppTypeToScalarType<Value>::value).contiguous();
  const int64_t planes = images.size(0) * images.size(1), height = images.size(2), width = images.size(3);
  const Pass<Arithmetic> rows(cubic_taps(width, size.width)), columns(cubic_taps(height, size.height));
  const Tensor result = torch::empty({images.size(0), images.size(1), size.height, size.width}, images.options());
  const auto* from = images.const_data_ptr<Value>();
  auto* to = result.mutable_data_ptr<Value>();
  at::parallel_for(0, planes, /*grain_size=*/images.size(1), [&](int64_t begin, int64_t end) {
    std::vector<Value> between(height * size.width);
    for (int64_t plane = begin; plane < end; ++plane) {
      rows.along_rows(from + plane * height * width, between.data(), height, width);
      columns.along_columns(between.data(), to + plane * size.height * size.width, size.width);
    }
  });
  return result;
}

// TensorFlow 1's bilinear resize in one direction, in its float32 arithmetic: lo + (hi - lo) * fraction.
Tensor tf1_along(const Tensor& images, int64_t dim, int64_t out) {
  const int64_t in = images.size(dim);
  const auto source = torch::arange(out, torch::kFloat32) * (float(in) / float(out));
  const auto lo = source.floor().to(torch::kLong);
  const auto hi = (lo + 1).clamp_max(in - 1);
  const auto fraction = dim == 2 ? (source - lo).unsqueeze(1) : source - lo;
  const auto low = images.index_select(dim, lo);
  return low + (images.index_select(dim, hi) - low) * fraction;
}

void check(const Tensor& images, const ImageSize& size) {
  if (images.dim() != 4 || images.scalar_type() != torch::kUInt8 || !images.device().is_cpu() || images.numel() == 0)
    throw ConfigError(c10::str("pictures to resize: are ", images.scalar_type(), " ", images.sizes(), " on ",
                               images.device(), "; expected uint8 (N, C, H, W) on the CPU, no size being 0"));
  for (const int64_t side : {size.height, size.width})
    if (side < 1 || side > max_image_side)
      throw ConfigError("picture size is " + std::to_string(side) + "; allowed: 1 to " +
                        std::to_string(max_image_side));
}

}  // namespace

Tensor resized(const Tensor& images_NCHW, const ImageSize& size, Resizer resizer) {
  check(images_NCHW, size);
  switch (resizer) {
    case Resizer::bicubic:
      return cubic_resized<OnBytes>(images_NCHW, size).to(torch::kFloat32);
    case Resizer::clean:
      return cubic_resized<OnFloats>(images_NCHW, size).clamp_(0, 255);
    case Resizer::legacy_tensorflow:
      return tf1_along(tf1_along(images_NCHW.to(torch::kFloat32), 3, size.width), 2, size.height);
    case Resizer::legacy_pytorch:
      return at::upsample_bilinear2d(images_NCHW.to(torch::kFloat32), {size.height, size.width},
                                     /*align_corners=*/false);
  }
  throw ConfigError("resizer: has no such way");
}

}  // namespace mds
