// Pictures and captions to cached latents, through the autoencoder and the text-image encoders.
#include <ATen/ATen.h>

#include <filesystem>
#include <iostream>

#include "app/picture_side.h"
#include "app/stage_data.h"
#include "pipeline/text_encoder.h"

namespace mds {
namespace {

LatentSet make_latents(const std::string& name, const SourcePtr& source, const EncoderFolders& encoders) {
  const ModelCard autoencoder = load_card(encoders.autoencoder, {"vae_encoder", "vae_decoder", "latent_scale"});
  const ModelCard score = load_card(encoders.score, {"image_encoder", "image_normalisation"});
  const auto encoder = load_part(encoders.autoencoder, "vae_encoder", make_plan(*autoencoder.vae_encoder));
  const auto tower = load_part(encoders.score, "image_encoder", make_plan(*score.image_encoder));
  const TextEncoder text(encoders.text), score_text(encoders.score);

  const Pictures data = load_source(source, autoencoder.vae_encoder->size);
  say_skipped(name, data.skipped);

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

std::string cached_latents(const std::string& name, const EncoderFolders& encoders) {
  const SourcePtr source = open_source(name);
  std::string content = "latents, version 2\n" + source->hash();
  for (const auto& [encoder, hash] : encoder_hashes(encoders)) content += hash;
  const std::string hash = sha256(content), stem = std::filesystem::path(name).filename().string();
  const std::string file = "out/cache/" + stem + "-" + hash.substr(0, 16) + ".safetensors";
  if (std::filesystem::exists(file)) return file;
  std::cerr << "encoding " << name << " into " << file << "\n";
  LatentSet set = make_latents(name, source, encoders);
  set.hash = hash;
  std::filesystem::create_directories("out/cache");
  save_latents(file, set);
  return file;
}

}  // namespace mds
