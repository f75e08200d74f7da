#include "pipeline/drawer.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "pipeline/encode.h"
#include "pipeline/layout_rows.h"

namespace mds {
namespace {

Conditioning changed(Conditioning conditioning, const std::function<Tensor(const Tensor&)>& change) {
  Conditioning::for_each(conditioning, [&](const char*, Tensor& x) {
    if (x.defined()) x = change(x);
  });
  return conditioning;
}

// The UNet's output for all rows of x, computed for `rows_a_call` of them at a time; `boxed` says for each call whether
// one of its rows has boxes. What it makes of the texts is kept for the next step, unless that is much memory.
class Calls {
 public:
  Calls(std::vector<bool> boxed, int64_t rows_a_call, const SamplerConfig& sampler, LoadedControls controls)
      : boxed_(std::move(boxed)),
        rows_a_call_(rows_a_call),
        cache_(sampler.cache_interval),
        controls_(std::move(controls)) {
    const size_t calls = boxed_.size();
    for (size_t i = 0; i < calls && calls <= most_kept; ++i) kept_.push_back(std::make_shared<TextProducts>());
    if (cache_ > 1) inner_.assign(calls, {.level = sampler.cache_level});
  }
  Tensor forward(const Network& unet, const Tensor& x, const Conditioning& conditioning) {
    const bool reuse = steps_++ % cache_ != 0;
    std::vector<Tensor> outputs;
    for (int64_t begin = 0; begin < x.size(0); begin += rows_a_call_) {
      const auto rows = [&](const Tensor& all) { return all.slice(0, begin, begin + rows_a_call_); };
      Conditioning own = changed(conditioning, rows);
      if (!boxed_[outputs.size()]) own.boxes_NB4 = Tensor();
      if (!kept_.empty()) own.text_products = kept_[outputs.size()];
      InnerFeatures* inner = inner_.empty() ? nullptr : &inner_[outputs.size()];
      if (inner) inner->reuse = reuse;
      own.controls = controls_at(rows_of(controls_, begin, begin + rows_a_call_), rows(x), own);
      outputs.push_back(unet.forward(rows(x), own, {}, inner).to(x.device(), at::kFloat));
    }
    return at::cat(outputs);
  }

 private:
  static constexpr size_t most_kept = 8;
  std::vector<bool> boxed_;
  int64_t rows_a_call_, cache_, steps_ = 0;
  std::vector<std::shared_ptr<TextProducts>> kept_;
  std::vector<InnerFeatures> inner_;
  LoadedControls controls_;
};

// Whether pictures without boxes are drawn beside others: those do as in a network that reads no layout.
bool some_lack_boxes(const PictureTexts& texts) {
  const Tensor& mask = texts.rows.box_mask_NB;
  return mask.defined() && !mask.index_select(0, texts.chosen_N).any(1).all().item<bool>();
}

// For each call whether one of its rows, which are rows chosen_R of the texts, has boxes.
std::vector<bool> calls_with_boxes(const PictureTexts& texts, const Tensor& chosen_R, int64_t rows_a_call) {
  const Tensor& mask = texts.rows.box_mask_NB;
  std::vector<bool> boxed;
  for (const Tensor& rows : chosen_R.split(rows_a_call))
    boxed.push_back(mask.defined() && mask.index_select(0, rows).any().item<bool>());
  return boxed;
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
  const bool apart = (one_by_one && unet.device().is_cpu()) || some_lack_boxes(texts);
  const int64_t rows_a_call = apart ? sides : chosen.numel();
  if (sampler.cache_interval > 1) inner_steps(unet.plan(), sampler.cache_level);  // refuses a level that the UNet lacks
  Calls calls(calls_with_boxes(texts, chosen, rows_a_call), rows_a_call, sampler, repeated(texts.controls, sides));
  int64_t grounded = grounded_steps(grounding, steps_taken(sampler, init.strength));
  return [&unet, conditioning, sides, calls, config = sampler, grounded](const Tensor& x, int64_t t) mutable {
    if (grounded-- == 0) conditioning.boxes_NB4 = Tensor();
    conditioning.timesteps_N = at::full({x.size(0) * sides}, t, at::kLong);
    const Tensor outputs = calls.forward(unet, x.repeat_interleave(sides, 0), conditioning);
    return sides == 1 ? outputs : guided(outputs.slice(0, 0, {}, 2), outputs.slice(0, 1, {}, 2), config);
  };
}

Tensor Drawer::latents(const Network& unet, const PictureTexts& texts, const std::vector<uint64_t>& seeds,
                       const std::function<void()>& stepped) const {
  const torch::NoGradGuard no_grad;
  const Shape& shape = unet.plan().input;
  LatentNoise noise = picture_noise(seeds, {shape.channels, shape.height, shape.width});
  noise.init = init;
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
