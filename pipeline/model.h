// A model folder: `model.json` (specs of all parts, conventions, provenance), one .safetensors file per part, and the
// tokenizer's merges. It is self-contained: it has everything that is needed to run the model. One that names a `base`
// adds to another folder instead: the card's fields, parts and merges that it lacks are the base's, and so are weights
// that its own file of a part lacks.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "networks/network_spec.h"
#include "pipeline/packed_files.h"
#include "pipeline/sampler_config.h"
#include "pipeline/tokenizer.h"
#include "pipeline/weights.h"

namespace mds {

constexpr double least_deviation = 1e-6;  // latents are divided by it

// The latent that a UNet reads is (posterior - mean) / std, channel by channel.
struct LatentScale {
  std::vector<double> mean, std;
  bool operator==(const LatentScale&) const = default;
  static void describe(auto& self, auto&& field) {
    field("mean", self.mean, "mean of each latent channel in the training data");
    field("std", self.std, "standard deviation of each latent channel in the training data", at_least(least_deviation));
  }
};

// Which output of a text tower a UNet reads: the states after the final norm, or those after the last block but
// one.
enum class TextOutput : uint8_t { last, penultimate };
template <>
struct EnumNames<TextOutput> {
  static constexpr std::array names{"last", "penultimate"};
};

struct TextEncoderConfig {
  TextTowerSpec tower;
  TokenizerConfig tokenizer;
  TextOutput output = TextOutput::last;
  bool operator==(const TextEncoderConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("tower", self.tower, "network from words to token states and an embedding");
    field("tokenizer", self.tokenizer, "CLIP's byte-pair tokenizer; those of all text encoders share merges.txt");
    field("output", self.output, "states that the UNet reads: after the final norm, or behind the last block but one");
  }
};

struct ImageNormalisation {
  std::vector<double> mean{0.48145466, 0.4578275, 0.40821073};
  std::vector<double> std{0.26862954, 0.26130258, 0.27577711};
  bool operator==(const ImageNormalisation&) const = default;
  static void describe(auto& self, auto&& field) {
    field("mean", self.mean, "mean of red, green and blue in 0..1, which is subtracted");
    field("std", self.std, "standard deviation of red, green and blue, which is divided by", at_least(least_deviation));
  }
};

// Where a model comes from: enough to make it again, and the scores it had.
struct Provenance {
  std::string command;
  Json config = nullptr;
  std::vector<std::string> data;
  std::string data_hash;
  int64_t iterations = 0;
  uint64_t seed = 0;
  std::string run_id;
  std::string license;
  std::string predecessor{};
  Json scores = Json::object();
  Json derived = Json::object();
  std::string candidate{}, network{}, sweep{};
  bool operator==(const Provenance&) const = default;
  static void describe(auto& self, auto&& field) {
    field("command", self.command, "command that made the weights");
    field("config", self.config, "effective configuration of the training");
    field("data", self.data, "data sets that were trained on");
    field("data_hash", self.data_hash, "SHA-256 over the training data");
    field("iterations", self.iterations, "optimizer steps");
    field("seed", self.seed, "seed of the training");
    field("run_id", self.run_id, "first 16 digits of the SHA-256 of the configuration");
    field("license", self.license, "license of data and weights");
    field("predecessor", self.predecessor, "hash of the model folder that the weights were trained from", later());
    field("scores", self.scores, "scores measured on held-out data, by name");
    field("derived", self.derived, "numbers that follow from the configuration and the predecessor, by name", later());
    field("candidate", self.candidate, "name of the network that was trained, itself or as a proxy", later());
    field("network", self.network, "hash of the candidate at full scale: `mdsearch spec HASH --db FILE`", later());
    field("sweep", self.sweep, "name of the sweep whose candidate was trained", later());
  }
};

struct ModelCard {
  std::optional<UNetSpec> unet;
  std::optional<EncoderSpec> vae_encoder;
  std::optional<LatentDecoderSpec> vae_decoder;
  std::optional<TextTowerSpec> text_encoder;
  std::optional<ImageTowerSpec> image_encoder;
  std::optional<LatentScale> latent_scale;
  std::optional<TokenizerConfig> tokenizer;
  std::vector<TextEncoderConfig> text_encoders;
  bool zeros_for_no_text = false;
  std::optional<ImageNormalisation> image_normalisation;
  std::optional<ScheduleConfig> schedule;
  Prediction prediction = Prediction::v;
  // How the model is meant to be drawn with, by the fields that a card has; its guidance counts as no_guidance says.
  SamplerConfig sampler;
  NoGuidance no_guidance = NoGuidance::one;
  std::optional<AdapterSpec> adapter{};
  std::optional<ControlNetSpec> controlnet{};
  std::optional<HintSpec> hint{};
  Provenance provenance;
  std::string base{};
  bool operator==(const ModelCard&) const = default;

  static void describe(auto& self, auto&& field) {
    field("unet", self.unet, "UNet that denoises latents");
    field("vae_encoder", self.vae_encoder, "network from pictures to latents");
    field("vae_decoder", self.vae_decoder, "network from latents to pictures");
    field("text_encoder", self.text_encoder, "network from words to token states and an embedding");
    field("image_encoder", self.image_encoder, "network from pictures to embeddings");
    field("latent_scale", self.latent_scale, "normalisation between the autoencoder's latents and the UNet's");
    field("tokenizer", self.tokenizer, "CLIP's byte-pair tokenizer");
    field("text_encoders", self.text_encoders,
          "several encoders in place of text_encoder and tokenizer: the UNet reads their states side by side, and the "
          "last one's embedding as pooled text; files text_encoder, text_encoder_2 and on",
          later());
    field("zeros_for_no_text", self.zeros_for_no_text,
          "whether guidance without a negative prompt starts from zeros, not from an encoded empty text", later());
    field("image_normalisation", self.image_normalisation, "normalisation of pictures in front of the image encoder");
    field("schedule", self.schedule, "noise schedule that the UNet was trained on");
    field("prediction", self.prediction, "what the UNet predicts: the noise (epsilon), v, or the clean latent (x0)");
    field("steps", self.sampler.steps, "sampling steps that the model is meant for", between(1, 1000));
    field("guidance", self.sampler.guidance, "weight of classifier-free guidance, as no_guidance counts it",
          at_least(0));
    field("no_guidance", self.no_guidance,
          "weight that means no guidance: one for w of eps_u + w (eps_c - eps_u), zero where w - 1 is given", later());
    field("sampler", self.sampler.sampler, "how a step is taken; ufogen is for models of one step", later());
    field("spacing", self.sampler.spacing, "which training timesteps the steps stand at; trailing begins at the last",
          later());
    field("last", self.sampler.last, "where the last step ends: at the clean latent, or (first) at timestep 0",
          later());
    field("adapter", self.adapter, "network from a control picture to maps that are added in a UNet", later());
    field("controlnet", self.controlnet, "copy of a UNet's way down and middle that is added to its skips", later());
    field("hint", self.hint, "network from a control picture to what a ControlNet reads", later());
    field("provenance", self.provenance, "where the weights come from");
    field("base", self.base,
          "model folder that this one adds to, beside this folder, in the working folder or shipped; it has what this "
          "one "
          "lacks",
          later());
  }
};

// With the base's fields where the folder has a base. FileError where there is no model.json. ConfigError where a value
// is not allowed, with its place, where the base has a base itself, or where the card lacks one of `parts` (fields of
// the card).
ModelCard load_card(const std::string& folder, const std::vector<std::string>& parts = {});
void save_card(const std::string& folder, const ModelCard& card);

// The card's sampler, with guidance as the w of eps_u + w (eps_c - eps_u).
SamplerConfig sampler_of(const ModelCard& card);

// The text encoders that a UNet reads, one or more, and the name of the part of the i-th: "text_encoder",
// "text_encoder_2". ConfigError, beginning with `source`, where there is none, where the card lists them in both ways,
// or where one lacks the output that the UNet reads.
std::vector<TextEncoderConfig> text_encoders_of(const ModelCard& card, const std::string& source);
std::string text_encoder_part(size_t i);

std::string part_file(const std::string& folder, const std::string& part);  // "FOLDER/unet.safetensors"
// The files that hold a part's weights, the base's first; of a weight that is in two, the last one counts. Without a
// base, and where neither folder has the part, the folder's own file.
std::vector<std::string> part_files(const std::string& folder, const std::string& part);
// Loads part "unet" from FOLDER/unet.safetensors into a network of the card's spec. FileError names what is missing,
// damaged or does not fit the plan.
NetworkPtr load_part(const std::string& folder, const std::string& part, Plan plan, const Placement& placement = {});
// The same with weights that `change` has changed; see load_weights.
struct PartPlace {
  const std::string &folder, &part;
};
NetworkPtr load_changed_part(const PartPlace& place, Plan plan, const Placement& placement, const WeightChange& change);
// FileError where load_part would name a tensor that is missing, extra or misshapen, without reading the values.
void check_part(const std::string& folder, const std::string& part, const Plan& plan);
void save_part(const std::string& folder, const std::string& part, const TensorMap& weights, at::ScalarType dtype);

// The merges of a folder's tokenizer, as text; FileError where there are none, or more than most_merges_bytes.
inline constexpr size_t most_merges_bytes = size_t(64) << 20;
std::string load_merges(const std::string& folder);

// SHA-256 of a folder's card (without provenance) and parts, and of its base: the identity of encoders in protocols and
// caches. FileError where the folder does not exist.
std::string model_hash(const std::string& folder, const PackedFiles& packed = {});

// Normalised latents from raw ones and back; N x C x H x W.
Tensor to_unet(const LatentScale& scale, const Tensor& latent_NCHW);
Tensor from_unet(const LatentScale& scale, const Tensor& latent_NCHW);

}  // namespace mds
