#include "pipeline/drawer.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "pipeline/encode.h"

namespace mds {
namespace {

Conditioning changed(Conditioning conditioning, const std::function<Tensor(const Tensor&)>& change) {
  Conditioning::for_each(conditioning, [&](const char*, Tensor& x) {
    if (x.defined()) x = change(x);
  });
  return conditioning;
}

// The UNet's output for all rows of x, computed for `rows_a_call` of them at a time.
Tensor in_calls(const Network& unet, const Tensor& x, const Conditioning& conditioning, int64_t rows_a_call) {
  std::vector<Tensor> outputs;
  for (int64_t begin = 0; begin < x.size(0); begin += rows_a_call) {
    const auto rows = [&](const Tensor& all) { return all.slice(0, begin, begin + rows_a_call); };
    outputs.push_back(unet.forward(rows(x), changed(conditioning, rows)).to(x.device(), at::kFloat));
  }
  return at::cat(outputs);
}

}  // namespace

Tensor guided_rows(const Tensor& chosen_N, const SamplerConfig& sampler) {
  const GuidedSides sides = sides_of(sampler);
  if (sides == GuidedSides::conditional) return chosen_N;
  const Tensor away = at::zeros_like(chosen_N);
  return sides == GuidedSides::unconditional ? away : at::stack({chosen_N, away}, 1).flatten();
}

Denoiser Drawer::denoiser(const Network& unet, const PictureTexts& texts) const {
  const Tensor chosen = guided_rows(texts.chosen_N, sampler);
  Conditioning conditioning =
      changed(texts.rows, [&](const Tensor& rows) { return rows.index_select(0, chosen).to(unet.device()); });
  const int64_t sides = calls_a_step(sampler);
  const int64_t rows_a_call = one_by_one && unet.device().is_cpu() ? sides : chosen.numel();
  return [&unet, conditioning, sides, rows_a_call, config = sampler](const Tensor& x, int64_t t) mutable {
    conditioning.timesteps_N = at::full({x.size(0) * sides}, t, at::kLong);
    const Tensor outputs = in_calls(unet, x.repeat_interleave(sides, 0), conditioning, rows_a_call);
    return sides == 1 ? outputs : guided(outputs.slice(0, 0, {}, 2), outputs.slice(0, 1, {}, 2), config);
  };
}

Tensor Drawer::latents(const Network& unet, const PictureTexts& texts, const std::vector<uint64_t>& seeds,
                       const std::function<void()>& stepped) const {
  const torch::NoGradGuard no_grad;
  const Shape& shape = unet.plan().input;
  const LatentNoise noise = picture_noise(seeds, {shape.channels, shape.height, shape.width});
  return sample(diffusion, sampler, noise, [&, denoised = denoiser(unet, texts)](const Tensor& x, int64_t t) {
    Tensor output = denoised(x, t);
    if (stepped) stepped();
    return output;
  });
}

Tensor Drawer::pictures(const Network& decoder, const Tensor& latents_NCHW, const TileOptions& tiles) const {
  return decode_latents(decoder, from_unet(scale, latents_NCHW), tiles);
}

}  // namespace mds
