#include "blocks/kernels/plain_norm.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "blocks/kernels/ending.h"
#include "blocks/kernels/norm_loops.h"

namespace mds {
namespace {

constexpr int64_t moment_rows = 64;  // few enough that their moments may be summed in float32

// Scale and shift of each channel, from the moments of the chunks of one sample: 2 x C.
struct GroupMoments {
  const NormOp& op;
  const float *origin, *moments;  // moments: chunks x 2 x C
  int64_t chunks, rows;

  void find(const float* weight, const float* bias, float* scale, float* shift) const {
    const int64_t each = op.channels / op.groups;
    const double n = double(rows);
    for (int64_t first = 0; first < op.channels; first += each) {
      double total = 0, squares = 0;  // of x - x0, where x0 is the group's first value
      for (int64_t c = first; c < first + each; ++c) {
        double sum = 0, square = 0;
        for (int64_t i = 0; i < chunks; ++i) {
          sum += double(moments[2 * i * op.channels + c]);
          square += double(moments[(2 * i + 1) * op.channels + c]);
        }
        const double apart = double(origin[c]) - double(origin[first]);
        total += sum + n * apart;
        squares += square + 2 * apart * sum + n * apart * apart;
      }
      const double all = n * double(each), mean = total / all, variance = std::max(0.0, squares / all - mean * mean);
      const double rstd = 1 / std::sqrt(variance + op.eps);
      for (int64_t c = first; c < first + each; ++c) {
        scale[c] = float(rstd * double(weight[c]));
        shift[c] = float(double(bias[c]) - (double(origin[first]) + mean) * rstd * double(weight[c]));
      }
    }
  }
};

template <class T>
Tensor group_norm(const NormOp& op, const Tensor& x, const Tensor& weight_C, const Tensor& bias_C) {
  const int64_t samples = x.size(0), channels = op.channels, rows = x.numel() / (samples * channels);
  const int64_t chunks = (rows + moment_rows - 1) / moment_rows;
  const auto floats = at::TensorOptions().dtype(at::kFloat);
  const Tensor origins = at::empty({samples, channels}, floats), affine = at::empty({samples, 2, channels}, floats);
  const Tensor moments = at::empty({samples, chunks, 2, channels}, floats), out = at::empty_like(x);
  for (int64_t n = 0; n < samples; ++n)
    origins[n].copy_(x.dim() == 4 ? x[n].select(1, 0).select(1, 0) : x[n].select(0, 0));
  const auto each_chunk = [&](auto&& work) {
    at::parallel_for(0, samples * chunks, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t n = i / chunks, first = i % chunks * moment_rows;
        work(n, i, (n * rows + first) * channels, std::min(moment_rows, rows - first));
      }
    });
  };
  each_chunk([&](int64_t n, int64_t i, int64_t at, int64_t count) {
    float* to = written<float>(moments) + i * 2 * channels;
    find_moments({read<T>(x) + at, count, channels}, read<float>(origins) + n * channels, to, to + channels);
  });
  for (int64_t n = 0; n < samples; ++n) {
    float* to = written<float>(affine) + n * 2 * channels;
    GroupMoments{op, read<float>(origins) + n * channels, read<float>(moments) + n * chunks * 2 * channels, chunks,
                 rows}
        .find(read<float>(weight_C), read<float>(bias_C), to, to + channels);
  }
  each_chunk([&](int64_t n, int64_t, int64_t at, int64_t count) {
    const float* by = read<float>(affine) + n * 2 * channels;
    scale_rows({read<T>(x) + at, count, channels}, {by, by + channels, op.activation}, written<T>(out) + at);
  });
  return out;
}

template <class T>
Tensor layer_norm(const NormOp& op, const Tensor& x, const Tensor& weight_C, const Tensor& bias_C) {
  const Tensor out = at::empty_like(x);
  const int64_t channels = op.channels;
  at::parallel_for(0, x.numel() / channels, /*grain_size=*/16, [&](int64_t begin, int64_t end) {
    normalise_rows({read<T>(x) + begin * channels, end - begin, channels}, op.eps,
                   {read<float>(weight_C), read<float>(bias_C), op.activation}, written<T>(out) + begin * channels);
  });
  return out;
}

}  // namespace

Tensor plain_norm(const NormOp& op, const Tensor& input, const Tensor& weight_C, const Tensor& bias_C) {
  const Tensor x = by_rows(input);
  const bool bf16 = x.scalar_type() == at::kBFloat16;
  if (op.kind == NormKind::group) return (bf16 ? group_norm<Bf16> : group_norm<float>)(op, x, weight_C, bias_C);
  return (bf16 ? layer_norm<Bf16> : layer_norm<float>)(op, x, weight_C, bias_C);
}

}  // namespace mds
