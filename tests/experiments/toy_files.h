// A folder with toy encoders, cached latents and a UNet.
#pragma once

#include <filesystem>

#include "pipeline/model.h"
#include "tests/catch.h"
#include "tests/scratch_folder.h"
#include "tests/trainer/toy.h"

namespace mds {

struct ToyFiles {
  ScratchFolder folder;

  explicit ToyFiles(const std::vector<int64_t>& autoencoder_widths = {4, 4, 4, 4}) {
    save_encoders(autoencoder_widths);
    save_latents(file("latents.safetensors"), toy_latents());
    save_text(file("unet.json"), to_json(NetworkSpec(toy::unet())).dump());
  }

  std::string file(const std::string& name) const { return folder.path + "/" + name; }
  EncoderFolders encoders() const { return {file("vae"), file("clip"), file("clip")}; }
  void write(const std::string& name, const Json& json) const { save_text(file(name), json.dump()); }

 private:
  LatentSet toy_latents() const {
    LatentSet set = toy::latents();
    set.encoders = encoder_hashes(encoders());
    set.license = "CC0";
    set.image_features = toy_features(5), set.text_features = toy_features(6);
    return set;
  }
  static Tensor toy_features(uint64_t seed) {
    const Tensor x = seeded_noise({seed}, {12, 5})[0];
    return x / x.norm(2, {-1}, /*keepdim=*/true);
  }

  void save_encoders(const std::vector<int64_t>& widths) const {
    ModelCard vae;
    vae.vae_decoder = DecoderSpec{
        .size = 4 << widths.size(), .latent_channels = 2, .widths = widths, .blocks = 1, .mid_blocks = 0, .groups = 1};
    save_random("vae", "vae_decoder", make_plan(*vae.vae_decoder));
    vae.latent_scale = toy::latents().scale;
    vae.provenance.license = "MIT";
    save_card(file("vae"), vae);
    ModelCard clip;
    clip.image_encoder =
        ImageTowerSpec{.size = 16, .patch = 8, .width = 8, .layers = 1, .heads = 1, .mlp = 8, .projection = 5};
    clip.text_encoder = TextTowerSpec{.vocabulary = 514, .tokens = 3, .width = 6, .layers = 1, .heads = 1, .mlp = 8};
    clip.tokenizer = TokenizerConfig{.merges = 0, .pad = -1};
    clip.image_normalisation = ImageNormalisation{};
    clip.provenance.license = "OFL-1.1";
    save_random("clip", "image_encoder", make_plan(*clip.image_encoder));
    save_random("clip", "text_encoder", make_plan(*clip.text_encoder));
    save_text(file("clip/merges.txt"), "");
    save_card(file("clip"), clip);
  }
  void save_random(const std::string& name, const std::string& part, Plan plan) const {
    const auto network = make_network(std::move(plan));
    initialise(*network, 7);
    save_part(file(name), part, weights_of(*network), at::kFloat);
  }
};

}  // namespace mds
