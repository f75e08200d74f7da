// Pictures and captions to cached latents, through the autoencoder and the text-image encoders.
#include <ATen/ATen.h>

#include <filesystem>
#include <iostream>

#include "app/picture_side.h"
#include "app/stage_data.h"
#include "pipeline/text_encoder.h"

namespace mds {
namespace {

Tensor picture_features(const std::string& folder, const Tensor& pictures) {
  const ModelCard card = load_card(folder);
  if (!card.image_encoder || !card.image_normalisation) throw ConfigError(folder + "/model.json: has no image_encoder");
  const auto tower = load_part(folder, "image_encoder", make_plan(*card.image_encoder));
  return embed_pictures(*tower, normalised(pictures, card.image_encoder->size, *card.image_normalisation));
}

LatentSet make_latents(const std::string& folder, const EncoderFolders& encoders) {
  const ModelCard autoencoder = load_card(encoders.autoencoder);
  if (!autoencoder.vae_encoder || !autoencoder.vae_decoder || !autoencoder.latent_scale)
    throw ConfigError(encoders.autoencoder + "/model.json: has no vae_encoder, vae_decoder and latent_scale");
  const Pictures data = load_folder(folder, autoencoder.vae_encoder->size);
  if (!data.skipped.skips.empty()) std::cerr << folder << ": " << summary(data.skipped) << "\n";

  LatentSet set;
  std::vector<int64_t> held_out;
  for (const auto& pair : data.pairs) {
    set.captions.push_back(pair.caption);
    held_out.push_back(pair.split == "held_out");
  }
  set.held_out = at::tensor(held_out, at::kLong).to(at::kBool);
  set.scale = *autoencoder.latent_scale;
  const auto encoder = load_part(encoders.autoencoder, "vae_encoder", make_plan(*autoencoder.vae_encoder));
  const Tensor moments = encode_pictures(*encoder, data.images);
  set.moments = moments.to(at::kHalf);
  const TextEncoder conditioning(encoders.text);
  set.text = conditioning.features(set.captions).states_NSC.to(at::kHalf);
  set.empty_text = conditioning.features({""}).states_NSC.to(at::kHalf);
  set.text_features = TextEncoder(encoders.score).features(set.captions).embeds_NE;
  set.image_features = picture_features(encoders.score, data.images);
  return set;
}

}  // namespace

std::string cached_latents(const std::string& source, const EncoderFolders& encoders) {
  const std::string folder = data_folder(source);
  const std::string hash = sha256(dataset_hash(list_pairs(folder)) + model_hash(encoders.autoencoder) + model_hash(encoders.text) + model_hash(encoders.score));
  const std::string file = "out/cache/" + std::filesystem::path(folder).filename().string() + "-" + hash.substr(0, 16) + ".safetensors";
  if (std::filesystem::exists(file)) return file;
  std::cerr << "encoding " << folder << " into " << file << "\n";
  LatentSet set = make_latents(folder, encoders);
  set.hash = hash;
  std::filesystem::create_directories("out/cache");
  save_latents(file, set);
  return file;
}

}  // namespace mds
