// The stages that train on pictures: the autoencoder and the text-image encoders.
#include <ATen/ATen.h>

#include <filesystem>
#include <fstream>

#include "experiments/training/picture_parts.h"
#include "experiments/training/reconstruction.h"
#include "experiments/training/stage_data.h"
#include "metrics/clip_score.h"
#include "metrics/extractor.h"
#include "metrics/perceptual.h"
#include "metrics/psnr.h"
#include "metrics/ssim.h"
#include "pipeline/text_encoder.h"
#include "spec/license.h"

namespace mds {
namespace {

// The first `merges` lines of the shipped byte-pair merges.
std::string load_shipped_merges(int64_t merges) {
  const std::string file = shipped_file("weights/clip-bpe/merges.txt");
  std::ifstream in(file);
  std::string text;
  int64_t count = 0;
  for (std::string line; count < merges && std::getline(in, line); ++count) text += line + "\n";
  if (count < merges)
    throw FileError(file + ": holds " + std::to_string(count) + " merges; " + std::to_string(merges) + " are needed");
  return text;
}

constexpr int64_t scale_pictures = 2048;  // enough for three digits of the deviation

std::shared_ptr<PerceptualNetwork> open_perceptual(const PerceptualConfig& config, const Placement& placement) {
  if (config.network.empty()) return nullptr;
  const WeightFiles given = config.weights.empty() ? WeightFiles{} : WeightFiles{{config.network, config.weights}};
  return std::make_shared<PerceptualNetwork>(load_network(config.network), weights_of_network(config.network, given),
                                             placement);
}

class AutoencoderRun final : public StageRun {
 public:
  AutoencoderRun(const AutoencoderConfig& config, const LoopConfig& loop, Listener& listener)
      : listener_(listener),
        config_(config),
        loop_(loop),
        data_(open_stage_data({.names = config.data, .held_out = config.held_out, .size = config.size, .tokenise = {}},
                              loop, listener)),
        perceptual_(open_perceptual(config.perceptual, loop.placement)),
        stage_(config, loop, data_.feed, perceptual_ ? distance_of(perceptual_) : PerceptualDistance{}) {
    for (const auto& [field, folder] : stage_.card().predecessors) predecessors_[field] = model_hash(folder);
  }
  Stage& stage() override { return stage_; }
  std::string data_hash() const override { return data_.hash; }
  NetworkSpec network() const override { return stage_.decoder(); }
  std::map<std::string, std::string> predecessors() const override { return predecessors_; }

  std::vector<Score> finish(const TensorMap& weights, const std::string& folder, Provenance provenance) override {
    ModelCard card = stage_.card().model;
    save_encoder(weights, folder);
    save_part(folder, "vae_decoder", with_prefix(weights, "vae_decoder."), at::kHalf);
    const auto encoder = load_part(folder, "vae_encoder", make_plan(*card.vae_encoder), loop_.placement);
    const auto decoder = load_part(folder, "vae_decoder", make_plan(*card.vae_decoder), loop_.placement);
    if (!config_.start.empty()) {
      provenance.predecessor = predecessors_.at("start");
      card.latent_scale = load_card(config_.start).latent_scale;
    }
    if (!card.latent_scale)
      card.latent_scale = measure_scale(encode_pictures(*encoder, data_.sample_of(scale_pictures, loop_.seed)));
    provenance.data = config_.data;
    provenance.license = license();
    std::vector<Score> scores;
    if (!data_.held_out.pairs.empty()) scores = this->scores(*encoder, *decoder);
    for (const auto& score : scores) provenance.scores[score.name] = to_json(score);
    card.provenance = provenance;
    save_card(folder, card);
    listener_.say("held-out scores " + provenance.scores.dump());
    return scores;
  }

 private:
  std::string license() const {
    if (config_.start.empty()) return data_.license;
    return joined_licenses({data_.license, load_card(config_.start).provenance.license});
  }

  // A frozen encoder is copied unchanged, byte by byte.
  void save_encoder(const TensorMap& weights, const std::string& folder) const {
    if (config_.start.empty()) return save_part(folder, "vae_encoder", with_prefix(weights, "vae_encoder."), at::kHalf);
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(config_.start + "/vae_encoder.safetensors", folder + "/vae_encoder.safetensors",
                               std::filesystem::copy_options::overwrite_existing);
  }

  // Scores of held-out pictures, reconstructed from the means of their posteriors.
  std::vector<Score> scores(const Network& encoder, const Network& decoder) const {
    const Tensor& pictures = data_.held_out.pictures;
    const Tensor decoded = reconstructed(encoder, decoder, pictures);
    std::vector<Score> scores{psnr(decoded, pictures, 255)};
    if (pictures.size(2) >= ssim_least_side) scores.push_back(ssim(decoded, pictures, 255));
    if (perceptual_) scores.push_back(perceptual_score(*perceptual_, to_signed(decoded), to_signed(pictures)));
    return scores;
  }

  Listener& listener_;
  AutoencoderConfig config_;
  LoopConfig loop_;
  StageData data_;
  std::shared_ptr<PerceptualNetwork> perceptual_;
  AutoencoderStage stage_;
  std::map<std::string, std::string> predecessors_;  // hashes from the time their weights were read
};

class TextImageRun final : public StageRun {
 public:
  TextImageRun(const TextImageConfig& config, const LoopConfig& loop, Listener& listener)
      : listener_(listener),
        config_(config),
        placement_(loop.placement),
        merges_(load_shipped_merges(config.merges)),
        tokenizer_(merges_, tokenizer_of(config)),
        data_(open_stage_data({.names = config.data,
                               .held_out = config.held_out,
                               .size = config.size,
                               .tokenise = [this](const auto& texts) { return tokens_of(texts); }},
                              loop, listener)),
        stage_(config, loop, data_.feed) {}
  Stage& stage() override { return stage_; }
  std::string data_hash() const override { return data_.hash; }
  NetworkSpec network() const override { return config_.image; }

  std::vector<Score> finish(const TensorMap& weights, const std::string& folder, Provenance provenance) override {
    ModelCard card = stage_.card().model;
    save_part(folder, "text_encoder", with_prefix(weights, "text_encoder."), at::kHalf);
    save_part(folder, "image_encoder", with_prefix(weights, "image_encoder."), at::kHalf);
    save_text(folder + "/merges.txt", merges_);
    provenance.data = config_.data;
    provenance.license = data_.license;
    std::vector<Score> scores;
    if (!data_.held_out.pairs.empty())
      for (const Recall& found : recall(folder, card)) {
        provenance.scores[found.score.name] = to_json(found.score);
        provenance.scores[found.score.name]["chance"] = found.chance;
        scores.push_back(found.score);
      }
    card.provenance = provenance;
    save_card(folder, card);
    listener_.say("held-out scores " + provenance.scores.dump());
    return scores;
  }

 private:
  TokenBatch tokens_of(const std::vector<std::string>& texts) const {
    return tokenize(tokenizer_, texts, config_.text.tokens);
  }

  // Recall among the first 200 held-out pairs: whether a picture's own caption is among its k nearest.
  std::vector<Recall> recall(const std::string& folder, const ModelCard& card) const {
    const auto text = load_part(folder, "text_encoder", make_plan(*card.text_encoder), placement_);
    const auto image = load_part(folder, "image_encoder", make_plan(*card.image_encoder), placement_);
    const int64_t n = std::min<int64_t>(200, data_.held_out.pictures.size(0));
    const auto pictures =
        normalised(data_.held_out.pictures.slice(0, 0, n), config_.image.size, *card.image_normalisation);
    std::vector<std::string> texts;
    for (int64_t i = 0; i < n; ++i) texts.push_back(data_.held_out.pairs[size_t(i)].caption);
    const Tensor x = embed_pictures(*image, pictures), y = embed_texts(*text, tokens_of(texts)).embeds_NE;
    std::vector<Recall> found;
    for (const int64_t k : {1, 5})
      if (k <= n) found.push_back(recall_at(k, x, y));
    return found;
  }

  Listener& listener_;
  TextImageConfig config_;
  Placement placement_;
  std::string merges_;
  Tokenizer tokenizer_;
  StageData data_;
  TextImageStage stage_;
};

}  // namespace

std::unique_ptr<StageRun> open_picture_stage(const AutoencoderConfig& config, const LoopConfig& loop,
                                             Listener& listener) {
  return std::make_unique<AutoencoderRun>(config, loop, listener);
}
std::unique_ptr<StageRun> open_picture_stage(const TextImageConfig& config, const LoopConfig& loop,
                                             Listener& listener) {
  return std::make_unique<TextImageRun>(config, loop, listener);
}

}  // namespace mds
