#include "pipeline/generator.h"

#include <ATen/ATen.h>
#include <malloc.h>
#include <torch/types.h>

#include <algorithm>

namespace mds {
namespace {

constexpr size_t pictures_a_round = 64;  // whose texts and latents wait in memory

constexpr int64_t sdxl_time_ids = 6;

Conditioning rows(Conditioning c, int64_t begin, int64_t end) {
  Conditioning::for_each(c, [&](const char*, Tensor& x) {
    if (x.defined()) x = x.slice(0, begin, end);
  });
  return c;
}

Tensor each_told(const Network& unet, const Tensor& x, const Conditioning& told, int64_t rows_a_call) {
  if (!unet.device().is_cpu()) return unet.forward(x, told).to(x.device(), at::kFloat);
  std::vector<Tensor> outputs;
  for (int64_t begin = 0; begin < x.size(0); begin += rows_a_call) {
    const int64_t end = begin + rows_a_call;
    outputs.push_back(unet.forward(x.slice(0, begin, end), rows(told, begin, end)).to(at::kFloat));
  }
  return at::cat(outputs);
}

// The negative text, then each prompt once, and where each picture's prompt stands among them.
struct DistinctTexts {
  std::vector<std::string> texts;
  std::vector<int64_t> rows;
  explicit DistinctTexts(const DrawRequest& request) : texts{request.negative} {
    for (const auto& prompt : request.prompts) {
      const auto found = std::find(texts.begin() + 1, texts.end(), prompt);
      rows.push_back(found - texts.begin());
      if (found == texts.end()) texts.push_back(prompt);
    }
  }
};

// The heap of a part that was let go goes back to the system before the next part comes: mdsearch keeps freed memory,
// and the next part's weights would lie beside it.
void give_memory_back() { ::malloc_trim(0); }

DrawRequest part_of(const DrawRequest& request, size_t begin, size_t end) {
  return {.prompts = {request.prompts.begin() + int64_t(begin), request.prompts.begin() + int64_t(end)},
          .seeds = {request.seeds.begin() + int64_t(begin), request.seeds.begin() + int64_t(end)},
          .negative = request.negative,
          .batch = request.batch};
}

}  // namespace

Conditioning told(const ModelCard& card, const TextRows& rows, const Tensor& chosen_N) {
  Conditioning c;
  c.text_NSC = rows.states_NSC.index_select(0, chosen_N);
  if (card.unet->pooled_width > 0) c.text_embeds_NP = rows.pooled_NP.index_select(0, chosen_N);
  // Original height and width, crop top and left, target height and width.
  const double side = double(card.vae_decoder->size());
  if (card.unet->time_ids > 0)
    c.time_ids_NI = at::tensor({side, side, 0.0, 0.0, side, side}, at::kFloat).expand({chosen_N.size(0), -1});
  return c;
}

Tensor guided_rows(const Tensor& chosen_N, const SamplerConfig& config) {
  const GuidedSides sides = sides_of(config);
  if (sides == GuidedSides::conditional) return chosen_N;
  const Tensor empty = at::zeros_like(chosen_N);
  return sides == GuidedSides::unconditional ? empty : at::stack({chosen_N, empty}, 1).flatten();
}

Denoiser guided_each(const Network& unet, Conditioning told, const SamplerConfig& config) {
  const int64_t sides = calls_a_step(config);
  return [&unet, told, config, sides](const Tensor& x, int64_t t) mutable {
    told.timesteps_N = at::full({x.size(0) * sides}, t, at::kLong);
    const Tensor outputs = each_told(unet, x.repeat_interleave(sides, 0), told, sides);
    return sides == 1 ? outputs : guided(outputs.slice(0, 0, {}, 2), outputs.slice(0, 1, {}, 2), config);
  };
}

Generator::Generator(const std::string& folder, at::ScalarType dtype)
    : folder_(folder),
      dtype_(dtype),
      card_(load_card(folder, {"unet", "vae_decoder", "latent_scale", "schedule"})),
      texts_(text_encoders_of(card_, folder + "/model.json")),
      diffusion_{NoiseSchedule(*card_.schedule), card_.prediction} {
  check_parts();
}

void Generator::check_parts() const {
  const auto fail = [&](const std::string& why) { throw ConfigError(folder_ + "/model.json: " + why); };
  const auto& unet = *card_.unet;
  int64_t width = 0;
  for (size_t i = 0; i < texts_.size(); ++i) {
    width += texts_[i].tower.width;
    if (texts_[i].tower.tokens != unet.text_tokens)
      fail("unet reads texts of " + std::to_string(unet.text_tokens) + " tokens, " + text_encoder_part(i) + " writes " +
           std::to_string(texts_[i].tower.tokens));
  }
  if (unet.text_width != width)
    fail("unet reads tokens of width " + std::to_string(unet.text_width) + ", the text encoders write " +
         std::to_string(width));
  if (unet.pooled_width > 0 && unet.pooled_width != texts_.back().tower.projection)
    fail("unet reads pooled text of width " + std::to_string(unet.pooled_width) + ", " +
         text_encoder_part(texts_.size() - 1) + " writes " + std::to_string(texts_.back().tower.projection));
  if (unet.time_ids != 0 && unet.time_ids != sdxl_time_ids)
    fail("unet.time_ids is " + std::to_string(unet.time_ids) + "; known here: 0, or SD-XL's 6");
  const Shape latent = make_plan(unet).input, decoded = make_plan(*card_.vae_decoder).input;
  if (latent != decoded) fail("unet draws latents " + to_string(latent) + ", vae_decoder reads " + to_string(decoded));
  const size_t channels = size_t(unet.latent_channels);
  if (card_.latent_scale->mean.size() != channels || card_.latent_scale->std.size() != channels)
    fail("latent_scale holds " + std::to_string(card_.latent_scale->mean.size()) + " means and " +
         std::to_string(card_.latent_scale->std.size()) + " deviations; the latent has " + std::to_string(channels) +
         " channels");
}

SamplerConfig Generator::defaults() const {
  return {.steps = card_.steps, .guidance = guidance_of(card_), .sampler = card_.sampler};
}

void Generator::check(const SamplerConfig& sampler, const TileOptions& tiles) const {
  mds::check(diffusion_, sampler);
  check_tiles(make_plan(*card_.vae_decoder), tiles);
}

Tensor Generator::latents(const DrawRequest& request, const SamplerConfig& sampler,
                          const DrawListener& listener) const {
  const DistinctTexts distinct(request);
  TextRows texts = encode_texts(folder_, texts_, distinct.texts, listener.cut);
  if (request.negative.empty() && card_.zeros_for_no_text) {
    texts.states_NSC[0].zero_();
    if (texts.pooled_NP.defined()) texts.pooled_NP[0].zero_();
  }
  give_memory_back();
  const auto unet = load_part(folder_, "unet", make_plan(*card_.unet), dtype_);
  const Shape& shape = unet->plan().input;
  std::vector<Tensor> latents;
  for (size_t begin = 0; begin < request.seeds.size(); begin += size_t(request.batch)) {
    const size_t end = std::min(begin + size_t(request.batch), request.seeds.size());
    const std::vector<uint64_t> seeds = part_of(request, begin, end).seeds;
    const Tensor chosen = at::tensor(distinct.rows, at::kLong).slice(0, int64_t(begin), int64_t(end));
    const Denoiser denoiser = guided_each(*unet, told(card_, texts, guided_rows(chosen, sampler)), sampler);
    int64_t calls = 0;
    const Denoiser counted = [&](const Tensor& x, int64_t t) {
      Tensor output = denoiser(x, t);
      if (listener.evaluated) listener.evaluated(int64_t(begin) * sampler.steps + ++calls * int64_t(end - begin));
      return output;
    };
    const LatentNoise noise = picture_noise(seeds, {shape.channels, shape.height, shape.width});
    latents.push_back(sample(diffusion_, sampler, noise, counted));
  }
  return at::cat(latents);
}

void Generator::draw(const DrawRequest& request, const SamplerConfig& sampler, const DrawListener& listener) const {
  if (request.prompts.empty() || request.prompts.size() != request.seeds.size())
    throw ConfigError("there are " + std::to_string(request.prompts.size()) + " prompts and " +
                      std::to_string(request.seeds.size()) + " seeds; needed: one seed a prompt, and at least one");
  if (request.batch < 1) throw ConfigError("the batch is " + std::to_string(request.batch) + "; allowed: at least 1");
  check(sampler, request.tiles);
  torch::NoGradGuard no_grad;
  for (size_t begin = 0; begin < request.seeds.size(); begin += pictures_a_round) {
    const size_t end = std::min(begin + pictures_a_round, request.seeds.size());
    DrawListener round = listener;
    if (listener.evaluated)
      round.evaluated = [&](int64_t done) { listener.evaluated(int64_t(begin) * sampler.steps + done); };
    const Tensor z = from_unet(*card_.latent_scale, latents(part_of(request, begin, end), sampler, round));
    give_memory_back();
    const auto decoder = load_part(folder_, "vae_decoder", make_plan(*card_.vae_decoder), dtype_);
    for (size_t i = begin; i < end; ++i)
      listener.picture(
          i, decode_latents(*decoder, z.slice(0, int64_t(i - begin), int64_t(i - begin) + 1), request.tiles)[0]);
  }
}

}  // namespace mds
