#include "pipeline/generator.h"

#include <ATen/ATen.h>

namespace mds {

Generator::Generator(const std::string& folder)
    : card_(load_card(folder, {"unet", "vae_decoder", "text_encoder", "tokenizer", "latent_scale", "schedule"})),
      text_(folder),
      unet_(load_part(folder, "unet", make_plan(*card_.unet))),
      decoder_(load_part(folder, "vae_decoder", make_plan(*card_.vae_decoder))),
      diffusion_{NoiseSchedule(*card_.schedule), card_.prediction} {
  check(folder + "/model.json");
  empty_text_ = text_.features({""}).states_NSC;
}

void Generator::check(const std::string& file) const {
  const auto& unet = *card_.unet;
  if (unet.text_tokens != text_.spec().tokens || unet.text_width != text_.spec().width)
    throw ConfigError(file + ": unet reads texts of " + to_string(Shape::tokens(unet.text_tokens, unet.text_width)) +
                      ", text_encoder writes " + to_string(Shape::tokens(text_.spec().tokens, text_.spec().width)));
  if (unet_->plan().input != decoder_->plan().input)
    throw ConfigError(file + ": unet draws latents " + to_string(unet_->plan().input) + ", vae_decoder reads " +
                      to_string(decoder_->plan().input));
  const size_t channels = size_t(unet.latent_channels);
  if (card_.latent_scale->mean.size() != channels || card_.latent_scale->std.size() != channels)
    throw ConfigError(file + ": latent_scale holds " + std::to_string(card_.latent_scale->mean.size()) + " means and " +
                      std::to_string(card_.latent_scale->std.size()) + " deviations; the latent has " +
                      std::to_string(channels) + " channels");
}

Tensor Generator::draw(const DrawRequest& request, const SamplerConfig& sampler,
                       const std::function<void(int64_t)>& done) const {
  if (request.prompts.empty() || request.prompts.size() != request.seeds.size())
    throw ConfigError("there are " + std::to_string(request.prompts.size()) + " prompts and " +
                      std::to_string(request.seeds.size()) + " seeds; needed: one seed a prompt, and at least one");
  const Shape& latent = unet_->plan().input;
  const Denoiser denoiser = guided(*unet_, text_.features(request.prompts).states_NSC, empty_text_, sampler);
  int64_t calls = 0;
  const Denoiser counted = [&](const Tensor& x, int64_t t) {
    Tensor output = denoiser(x, t);
    if (done) done(++calls);
    return output;
  };
  const LatentNoise noise = picture_noise(request.seeds, {latent.channels, latent.height, latent.width});
  const Tensor z = sample(diffusion_, sampler, noise, counted);
  return decode_latents(*decoder_, from_unet(*card_.latent_scale, z));
}

}  // namespace mds
