#include "app/latent_cache.h"

#include "app/picture_side.h"
#include "pipeline/mapped_file.h"
#include "spec/new_file.h"

namespace mds {

LatentSet open_latents(const std::string& source, const EncoderFolders& shipped) {
  if (source.ends_with(".safetensors")) return load_latents(source);
  return load_latents(cached_latents(
      source, {shipped_file(shipped.autoencoder), shipped_file(shipped.text), shipped_file(shipped.score)}));
}

void save_generator(const std::string& folder, const TrainedUNet& unet, const LatentSet& latents,
                    const EncoderFolders& encoders) {
  const EncoderCards cards = check_encoders(latents, encoders);
  ModelCard card = unet.card;
  card.vae_decoder = cards.autoencoder.vae_decoder;
  card.latent_scale = latents.scale;
  card.text_encoder = cards.text.text_encoder;
  card.tokenizer = cards.text.tokenizer;
  save_part(folder, "unet", unet.weights, at::kHalf);
  const auto copy = [&](const std::string& from, const std::string& name) {
    const MappedFile source(shipped_file(from) + "/" + name);
    NewFile file(folder + "/" + name);
    file.write(source.bytes());
    file.put_in_place();
  };
  copy(encoders.autoencoder, "vae_decoder.safetensors");
  copy(encoders.text, "text_encoder.safetensors");
  copy(encoders.text, "merges.txt");
  save_card(folder, card);
}

}  // namespace mds
