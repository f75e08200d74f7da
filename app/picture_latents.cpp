// Pictures and captions to cached latents, through the autoencoder and the text-image encoders.
#include <ATen/ATen.h>

#include <filesystem>
#include <iostream>

#include "app/picture_side.h"
#include "app/stage_data.h"
#include "pipeline/text_encoder.h"

namespace mds {
namespace {

LatentSet make_latents(const std::string& folder, const EncoderFolders& encoders) {
  const ModelCard autoencoder = load_card(encoders.autoencoder, {"vae_encoder", "vae_decoder", "latent_scale"});
  const ModelCard score = load_card(encoders.score, {"image_encoder", "image_normalisation"});
  const auto encoder = load_part(encoders.autoencoder, "vae_encoder", make_plan(*autoencoder.vae_encoder));
  const auto tower = load_part(encoders.score, "image_encoder", make_plan(*score.image_encoder));
  const TextEncoder text(encoders.text), score_text(encoders.score);

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
  set.encoders = encoder_hashes(encoders);
  set.moments = encode_pictures(*encoder, data.images).to(at::kHalf);
  set.text = text.features(set.captions).states_NSC.to(at::kHalf);
  set.empty_text = text.features({""}).states_NSC.to(at::kHalf);
  set.text_features = score_text.features(set.captions).embeds_NE;
  set.image_features =
      embed_pictures(*tower, normalised(data.images, score.image_encoder->size, *score.image_normalisation));
  return set;
}

}  // namespace

std::string cached_latents(const std::string& source, const EncoderFolders& encoders) {
  const std::string folder = data_folder(source);
  std::string content = "latents, version 2\n" + dataset_hash(list_pairs(folder));
  for (const auto& [name, hash] : encoder_hashes(encoders)) content += hash;
  const std::string hash = sha256(content), name = std::filesystem::path(folder).filename().string();
  const std::string file = "out/cache/" + name + "-" + hash.substr(0, 16) + ".safetensors";
  if (std::filesystem::exists(file)) return file;
  std::cerr << "encoding " << folder << " into " << file << "\n";
  LatentSet set = make_latents(folder, encoders);
  set.hash = hash;
  std::filesystem::create_directories("out/cache");
  save_latents(file, set);
  return file;
}

}  // namespace mds
