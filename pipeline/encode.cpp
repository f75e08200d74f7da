#include "pipeline/encode.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <functional>

namespace mds {
namespace {

constexpr int64_t most_at_once = 128;  // texts, or small pictures

// As many pictures as have together the pixels of 32 pictures of 128 x 128.
int64_t pictures_at_once(int64_t height, int64_t width) {
  return std::clamp<int64_t>(32 * 128 * 128 / (height * width), 1, most_at_once);
}

Tensor in_batches(const Tensor& inputs, int64_t batch, const std::function<Tensor(const Tensor&)>& run) {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> results;
  for (const auto& part : inputs.split(batch)) results.push_back(run(part).cpu());
  return at::cat(results);
}

Tensor channel_row(const std::vector<double>& values) { return at::tensor(values, at::kFloat).view({1, -1, 1, 1}); }

}  // namespace

Tensor to_signed(const Tensor& pictures_u8) { return pictures_u8.to(at::kFloat) / 127.5 - 1; }
Tensor to_pictures(const Tensor& x) { return ((x.to(at::kFloat) + 1) * 127.5).round().clamp(0, 255).to(at::kByte); }

Posterior posterior(const Tensor& moments) {
  const auto halves = moments.to(at::kFloat).chunk(2, 1);
  return {halves[0], at::exp(0.5 * halves[1].clamp(-30, 20))};
}

Tensor Posterior::sample(const Tensor& noise) const { return mean + std * noise.to(mean.device()); }

Tensor encode_pictures(const Network& encoder, const Tensor& pictures_u8) {
  return in_batches(pictures_u8, pictures_at_once(pictures_u8.size(2), pictures_u8.size(3)),
                    [&](const Tensor& part) { return encoder.forward(to_signed(part)); });
}

Tensor decode_latents(const Network& decoder, const Tensor& latents, const TileOptions& tiles) {
  const Shape& picture = decoder.plan().steps.back().out;
  return in_batches(latents, pictures_at_once(picture.height, picture.width), [&](const Tensor& part) {
    const Tensor decoded = decode_tiled(decoder, part, tiles);
    if (!decoded.isfinite().all().item<bool>()) throw std::runtime_error("decoding: a picture is not finite");
    return to_pictures(decoded);
  });
}

LatentScale measure_scale(const Tensor& moments) {
  const auto [mean, std] = posterior(moments);
  const Tensor centre = mean.to(at::kDouble).mean({0, 2, 3});
  const Tensor variance = (mean.to(at::kDouble) - centre.view({1, -1, 1, 1})).square().mean({0, 2, 3}) +
                          std.to(at::kDouble).square().mean({0, 2, 3});
  const Tensor deviation = variance.sqrt().clamp_min(least_deviation);
  const auto list = [](const Tensor& t) {
    return std::vector<double>(t.const_data_ptr<double>(), t.const_data_ptr<double>() + t.numel());
  };
  return {list(centre), list(deviation)};
}

Tensor unit(const Tensor& x) { return x / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-12); }

Tensor standardised(const Tensor& x_01, const ImageNormalisation& normalisation) {
  return (x_01 - channel_row(normalisation.mean)) / channel_row(normalisation.std);
}

Tensor normalised(const Tensor& pictures_u8, int64_t size, const ImageNormalisation& normalisation) {
  Tensor x = pictures_u8.to(at::kFloat);
  if (x.size(2) != size) x = at::_upsample_bicubic2d_aa(x, {size, size}, /*align_corners=*/false).clamp(0, 255);
  return standardised(x / 255, normalisation);
}

Tensor embed_pictures(const Network& image_tower, const Tensor& normalised_pictures) {
  return in_batches(normalised_pictures, pictures_at_once(normalised_pictures.size(2), normalised_pictures.size(3)),
                    [&](const Tensor& part) { return unit(image_tower.forward(part)); });
}

TextFeatures embed_texts(const Network& text_tower, const TokenBatch& tokens) {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> states, embeds;
  for (int64_t i = 0; i < tokens.ids_NT.size(0); i += most_at_once) {
    const int64_t end = std::min(i + most_at_once, tokens.ids_NT.size(0));
    Conditioning conditioning;
    conditioning.text_end_N = tokens.end_N.slice(0, i, end);
    const auto outputs = text_tower.outputs(tokens.ids_NT.slice(0, i, end), conditioning);
    states.push_back(outputs.at("last_hidden_state").cpu());
    if (outputs.count("text_embeds")) embeds.push_back(unit(outputs.at("text_embeds")).cpu());
  }
  return {at::cat(states), embeds.empty() ? Tensor() : at::cat(embeds)};
}

}  // namespace mds
