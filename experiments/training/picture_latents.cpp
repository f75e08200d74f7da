// The file of a data set's cached latents, encoded where it does not exist yet; and captions without pictures.
#include <filesystem>

#include "data/prompt_file.h"
#include "experiments/training/latent_encoder.h"
#include "experiments/training/picture_parts.h"
#include "experiments/training/stage_data.h"
#include "networks/found_file.h"

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
  const LatentEncoder encoder(request.data.encoders, /*size=*/0, request.placement);
  const Pictures pictures = load_source(source, encoder.size());
  say_skipped(listener, name, pictures.skipped);
  LatentSet set = encoder.encode(pictures);
  set.hash = hash;
  set.license = source->license();
  std::filesystem::create_directories("out/cache");
  save_latents(file, set);
  return file;
}

EncodedCaptions encoded_captions(const std::string& file, const EncoderFolders& encoders, const Placement& placement) {
  EncodedCaptions encoded{.captions = load_prompts(found_file(file)), .text = {}, .hash = {}};
  const std::string folder = shipped_file(encoders.text);
  // As in LatentEncoder, a text does not depend on the machine's kernels.
  const TextEncoder encoder(folder, placement.with_library());
  encoded.text = encoder.rows(encoded.captions).states_NSC.to(at::kHalf);
  std::string content = "captions, version 1\n" + model_hash(folder);
  for (const auto& caption : encoded.captions) content += "\n" + caption;
  encoded.hash = sha256(content);
  return encoded;
}

}  // namespace mds
