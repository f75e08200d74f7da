#include "experiments/training/latent_cache.h"

#include "experiments/training/picture_parts.h"
#include "pipeline/mapped_file.h"
#include "spec/license.h"
#include "spec/new_file.h"
#include "trainer/latent_shards.h"

namespace mds {

LatentSourcePtr open_if_encoded(const std::string& latents) {
  if (latents.ends_with(".safetensors")) return std::make_unique<LatentSet>(load_latents(latents));
  if (has_latent_shards(latents)) return std::make_unique<LatentShards>(latents);
  return nullptr;
}

LatentSourcePtr open_latents(const LatentRequest& request, Listener& listener) {
  if (auto encoded = open_if_encoded(request.data.latents)) return encoded;
  LatentRequest found = request;
  EncoderFolders::describe(found.data.encoders, [](std::string_view, std::string& folder, std::string_view) {
    folder = shipped_file(folder);
  });
  return std::make_unique<LatentSet>(load_latents(cached_latents(found, listener)));
}

std::string inherited_license(const LatentSource& latents, const EncoderFolders& encoders,
                              const std::vector<std::string>& folders) {
  std::vector<std::string> licenses{latents.license};
  for (const auto& folder : folders) licenses.push_back(load_card(folder).provenance.license);
  for (const auto& folder : {encoders.autoencoder, encoders.text})
    licenses.push_back(load_card(shipped_file(folder)).provenance.license);
  return joined_licenses(licenses);
}

void save_generator(const std::string& folder, const TrainedUNet& unet, const LatentSource& latents,
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
