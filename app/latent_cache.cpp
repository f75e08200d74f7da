#include "app/latent_cache.h"

#include <filesystem>

#include "app/picture_side.h"

namespace mds {

LatentSet open_latents(const std::string& source, const EncoderFolders& shipped) {
  if (source.ends_with(".safetensors")) return load_latents(source);
  return load_latents(cached_latents(source, {shipped_file(shipped.autoencoder), shipped_file(shipped.text), shipped_file(shipped.score)}));
}

void save_generator(const std::string& folder, ModelCard card, const EncoderFolders& shipped, const TensorMap& unet) {
  const std::string autoencoder = shipped_file(shipped.autoencoder), text = shipped_file(shipped.text);
  const ModelCard vae = load_card(autoencoder), words = load_card(text);
  card.vae_decoder = vae.vae_decoder;
  card.latent_scale = vae.latent_scale;
  card.text_encoder = words.text_encoder;
  card.tokenizer = words.tokenizer;
  save_part(folder, "unet", unet, at::kHalf);
  const auto copy = [&](const std::string& from, const std::string& name) {
    std::filesystem::copy_file(from + "/" + name, folder + "/" + name, std::filesystem::copy_options::overwrite_existing);
  };
  copy(autoencoder, "vae_decoder.safetensors");
  copy(text, "text_encoder.safetensors");
  copy(text, "merges.txt");
  save_card(folder, card);
}

}  // namespace mds
