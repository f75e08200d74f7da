// A data set as the training of a UNet needs it: posterior moments of pictures and token states of captions, computed
// once and cached in one file. Training, sampling and scoring from it need no picture library and no tokenizer.
#pragma once

#include "trainer/latent_source.h"

namespace mds {

// The networks around a UNet. The scoring encoders differ from the conditioning ones, so that training cannot fit them.
struct EncoderFolders {
  std::string autoencoder = "weights/emoji-autoencoder";
  std::string text = "weights/emoji-clip";
  std::string score = "weights/emoji-clip-score";
  bool operator==(const EncoderFolders&) const = default;
  static void describe(auto& self, auto&& field) {
    field("autoencoder", self.autoencoder, "model folder of the autoencoder that turns pictures into latents and back");
    field("text", self.text, "model folder whose text encoder conditions the UNet");
    field("score", self.score, "model folder of the text-image encoders that drawn pictures are scored with");
  }
};

// Which pictures and captions a stage on latents trains on.
struct LatentData {
  std::string latents = "emoji";
  double held_out = 0;
  EncoderFolders encoders;
  bool operator==(const LatentData&) const = default;
  static void describe(auto& self, auto&& field) {
    field("latents", self.latents,
          "name of a data set, folder of captioned pictures, file of cached latents, or folder that data encode wrote");
    field("held_out", self.held_out,
          "share of the pictures that is never trained on, chosen by the hashes of their captions, where the data set "
          "has no split of its own",
          later(between(0, 0.9)));
    field("encoders", self.encoders, "model folders of the networks that encode, decode and score pictures");
  }
};

// Held in memory. Each epoch goes through a new permutation of all pairs.
struct LatentSet final : LatentSource {
  Tensor moments;         // float16 N x 2C x H x W
  Tensor text;            // float16 N x S x W: token states of the conditioning encoder
  Tensor image_features;  // float32 N x E: the scoring encoder's, of the pictures
  Tensor text_features;   // float32 N x E: the scoring encoder's
  Tensor held_out;        // bool N
  std::vector<std::string> captions;
  LayoutRows layouts{};  // phrases in float16, at the end token of the conditioning encoder

  int64_t count() const { return moments.size(0); }
  Tensor rows(bool of_held_out) const;  // int64 indices

  LatentShape shape() const override;
  int64_t training_count() const override;
  std::unique_ptr<LatentReader> reader(int64_t batch, uint64_t seed) const override;
  HeldOutPairs held_out_pairs() const override;
  Tensor held_out_text(const Tensor& rows) const override;
  LayoutRows held_out_layouts(const Tensor& rows) const override;
  FeatureStats training_features() const override;
};

std::map<std::string, std::string> encoder_hashes(const EncoderFolders& folders);

// The cards of the folders whose networks belong to the latents. ConfigError names a folder other than the one that the
// latents were made with, or the parts that it lacks for drawing and scoring. The decoder's size is that of the
// latents.
struct EncoderCards {
  ModelCard autoencoder, text, score;
};
EncoderCards check_encoders(const LatentSource& latents, const EncoderFolders& folders);

void save_latents(const std::string& file, const LatentSet& set);

// Hashes by name, as files of latents have them of their encoders; ConfigError where they are something else.
std::map<std::string, std::string> read_hashes(const Json& json, const Place& place);

// FileError or ConfigError names the file and the tensor or metadata that is missing or does not fit the others.
LatentSet load_latents(const std::string& file);

}  // namespace mds
