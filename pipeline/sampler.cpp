#include "pipeline/sampler.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include "spec/bootstrap.h"

namespace mds {
namespace {

// Without a dimension a float64 tensor scales float32 ones and leaves their type alone.
Amplitudes amplitudes(const NoiseSchedule& schedule, int64_t t) {
  return {at::scalar_tensor(schedule.a(t), at::kDouble), at::scalar_tensor(schedule.s(t), at::kDouble)};
}

}  // namespace

Denoiser conditioned(const Network& unet, Tensor text_NSC) {
  return [&unet, text_NSC](const Tensor& x, int64_t t) {
    Conditioning conditioning;
    conditioning.timesteps_N = at::full({x.size(0)}, t, x.options().dtype(at::kLong));
    conditioning.text_NSC = text_NSC.expand({x.size(0), -1, -1});
    return unet.forward(x, conditioning).to(x.device(), at::kFloat);
  };
}

Denoiser guided(Denoiser conditional, Denoiser unconditional, double guidance) {
  if (guidance == 1) return conditional;
  if (guidance == 0) return unconditional;
  return [conditional, unconditional, guidance](const Tensor& x, int64_t t) {
    const Tensor without = unconditional(x, t);
    return without + guidance * (conditional(x, t) - without);
  };
}

Denoiser guided(const Network& unet, Tensor text_NSC, Tensor empty_1SC, double guidance) {
  return guided(conditioned(unet, std::move(text_NSC)), conditioned(unet, std::move(empty_1SC)), guidance);
}

Tensor sample(const Diffusion& diffusion, const SamplerConfig& config, Tensor noise, const Denoiser& denoiser) {
  torch::NoGradGuard no_grad;
  const auto& [schedule, prediction] = diffusion;
  const std::vector<int64_t> list = timesteps(config.spacing, config.steps, schedule.steps());
  Tensor x = std::move(noise);
  for (size_t i = 0; i < list.size(); ++i) {
    const int64_t t = list[i], previous = i + 1 < list.size() ? list[i + 1] : -1;
    const auto [x0, eps] = parts(prediction, denoiser(x, t), x, amplitudes(schedule, t));
    x = schedule.a(previous) * x0 + schedule.s(previous) * eps;
    if (!x.isfinite().all().item<bool>())
      throw std::runtime_error("sampling: the latent is not finite after timestep " + std::to_string(t));
  }
  return x;
}

// LibTorch's generator keeps the low 32 bits of its seed; a longer seed is mixed into them.
Tensor seeded_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape) {
  std::vector<Tensor> rows;
  for (const uint64_t seed : seeds)
    rows.push_back(at::randn(shape, at::detail::createCPUGenerator(seed >> 32 ? Random(seed).next() : seed)));
  return at::stack(rows);
}

}  // namespace mds
