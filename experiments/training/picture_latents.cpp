// Turns pictures and captions into cached latents, with the autoencoder and the text-image encoders.
#include <ATen/ATen.h>

#include <filesystem>

#include "experiments/training/picture_parts.h"
#include "experiments/training/stage_data.h"
#include "pipeline/text_encoder.h"

namespace mds {
namespace {

// Checked before pictures are encoded, because that may take long.
void require_held_out(const std::string& name, const PictureSource& source, int64_t least) {
  const int64_t count = source.pairs() ? int64_t(pairs_of_split(*source.pairs(), "held_out").size()) : 0;
  if (count >= least) return;
  throw ConfigError("stage.latents: " + name + " holds out " + std::to_string(count) +
                    " pictures; an evaluation needs " + std::to_string(least) +
                    ". Set stage.held_out to a share, 0.1 say, or train without evaluation and sample_every");
}

LatentSet make_latents(const LatentRequest& request, const SourcePtr& source, Listener& listener) {
  const EncoderFolders& encoders = request.data.encoders;
  const ModelCard autoencoder = load_card(encoders.autoencoder, {"vae_encoder", "vae_decoder", "latent_scale"});
  const ModelCard score = load_card(encoders.score, {"image_encoder", "image_normalisation"});
  const auto encoder =
      load_part(encoders.autoencoder, "vae_encoder", make_plan(*autoencoder.vae_encoder), request.placement);
  const auto tower = load_part(encoders.score, "image_encoder", make_plan(*score.image_encoder), request.placement);
  const Placement exact = request.placement.with_library();  // a data set does not depend on the machine's kernels
  const TextEncoder text(encoders.text, exact), score_text(encoders.score, exact);

  const Pictures data = load_source(source, autoencoder.vae_encoder->size);
  say_skipped(listener, request.data.latents, data.skipped);

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

std::string cached_latents(const LatentRequest& request, Listener& listener) {
  const std::string& name = request.data.latents;
  const SourcePtr source = open_source(name, request.data.held_out);
  require_held_out(name, *source, request.held_out);
  std::string content = "latents, version 2\n" + source->hash();
  for (const auto& [encoder, hash] : encoder_hashes(request.data.encoders)) content += hash;
  const std::string hash = sha256(content), stem = std::filesystem::path(name).filename().string();
  const std::string file = "out/cache/" + stem + "-" + hash.substr(0, 16) + ".safetensors";
  if (std::filesystem::exists(file)) return file;
  listener.say("encoding " + name + " into " + file);
  LatentSet set = make_latents(request, source, listener);
  set.hash = hash;
  set.license = source->license();
  std::filesystem::create_directories("out/cache");
  save_latents(file, set);
  return file;
}

}  // namespace mds
