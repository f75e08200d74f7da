#include "app/latent_cache.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "app/stage_data.h"
#include "trainer/autoencoder.h"
#include "trainer/text_image.h"

namespace mds {
namespace {

struct Captions {
  std::vector<std::string> texts;
  TextFeatures features(const std::string& folder) const {
    const ModelCard card = load_card(folder);
    if (!card.text_encoder || !card.tokenizer) throw ConfigError(folder + "/model.json: has no text_encoder and tokenizer");
    const Tokenizer tokenizer(load_merges(folder), card.tokenizer->merges);
    const auto tower = load_part(folder, "text_encoder", make_plan(*card.text_encoder));
    return embed_texts(*tower, tokenize(tokenizer, *card.tokenizer, texts, card.text_encoder->tokens));
  }
};

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
  set.text = Captions{set.captions}.features(encoders.text).states_NSC.to(at::kHalf);
  set.empty_text = Captions{{""}}.features(encoders.text).states_NSC.to(at::kHalf);
  set.text_features = Captions{set.captions}.features(encoders.score).embeds_NE;
  set.image_features = picture_features(encoders.score, data.images);
  return set;
}

}  // namespace

LatentSet open_latents(const std::string& source, const EncoderFolders& shipped) {
  if (source.ends_with(".safetensors")) return load_latents(source);
  const EncoderFolders encoders{shipped_file(shipped.autoencoder), shipped_file(shipped.text), shipped_file(shipped.score)};
  const std::string folder = data_folder(source);
  const std::string hash = sha256(dataset_hash(list_pairs(folder)) + model_hash(encoders.autoencoder) + model_hash(encoders.text) + model_hash(encoders.score));
  const std::string file = "out/cache/" + std::filesystem::path(folder).filename().string() + "-" + hash.substr(0, 16) + ".safetensors";
  if (!std::filesystem::exists(file)) {
    std::cerr << "encoding " << folder << " into " << file << "\n";
    LatentSet set = make_latents(folder, encoders);
    set.hash = hash;
    std::filesystem::create_directories("out/cache");
    save_latents(file, set);
  }
  return load_latents(file);
}

std::string load_shipped_merges(int64_t merges) {
  const std::string file = shipped_file("weights/clip-bpe/merges.txt");
  std::ifstream in(file);
  std::string text;
  int64_t count = 0;
  for (std::string line; count < merges && std::getline(in, line); ++count) text += line + "\n";
  if (count < merges) throw FileError(file + ": holds " + std::to_string(count) + " merges; " + std::to_string(merges) + " are needed");
  return text;
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
