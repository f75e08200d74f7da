// The stages that train on pictures: the autoencoder and the text-image encoders.
#include <ATen/ATen.h>

#include <fstream>
#include <iostream>

#include "app/latent_cache.h"
#include "app/picture_side.h"
#include "app/stage_data.h"
#include "metrics/clip_score.h"
#include "metrics/psnr.h"
#include "pipeline/text_encoder.h"

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

constexpr int64_t scale_pictures = 2048;  // enough for a deviation to three digits

class AutoencoderRun final : public StageRun {
 public:
  AutoencoderRun(const AutoencoderConfig& config, const LoopConfig& loop)
      : config_(config),
        seed_(loop.seed),
        data_(open_stage_data({.names = config.data, .size = config.size, .tokenise = {}}, loop)),
        stage_(config, loop, data_.feed) {}
  Stage& stage() override { return stage_; }
  std::string data_hash() const override { return data_.hash; }
  NetworkSpec network() const override { return config_.decoder(config_.size); }

  std::vector<Score> finish(const TensorMap& weights, const std::string& folder, Provenance provenance) override {
    ModelCard card;
    card.vae_encoder = config_.encoder(config_.size);
    card.vae_decoder = config_.decoder(config_.size);
    save_part(folder, "vae_encoder", with_prefix(weights, "vae_encoder."), at::kHalf);
    save_part(folder, "vae_decoder", with_prefix(weights, "vae_decoder."), at::kHalf);
    const auto encoder = load_part(folder, "vae_encoder", make_plan(*card.vae_encoder));
    const auto decoder = load_part(folder, "vae_decoder", make_plan(*card.vae_decoder));
    const Tensor sample = data_.sample_of(scale_pictures, seed_);
    card.latent_scale = measure_scale(encode_pictures(*encoder, sample));
    provenance.data = config_.data;
    provenance.license = shipped_license;
    std::vector<Score> scores;
    if (!data_.held_out.pairs.empty()) {
      const Tensor latents = posterior(encode_pictures(*encoder, data_.held_out.pictures)).mode();
      scores.push_back(psnr(decode_latents(*decoder, latents), data_.held_out.pictures, 255));
      provenance.scores["psnr"] = to_json(scores.back());
    }
    card.provenance = provenance;
    save_card(folder, card);
    std::cerr << "held-out scores " << provenance.scores.dump() << "\n";
    return scores;
  }

 private:
  AutoencoderConfig config_;
  uint64_t seed_;
  StageData data_;
  AutoencoderStage stage_;
};

class TextImageRun final : public StageRun {
 public:
  TextImageRun(const TextImageConfig& config, const LoopConfig& loop)
      : config_(config),
        tokenizer_config_{.merges = config.merges, .pad = -1},
        merges_(load_shipped_merges(config.merges)),
        tokenizer_(merges_, tokenizer_config_),
        data_(open_stage_data({.names = config.data,
                               .size = config.size,
                               .tokenise = [this](const auto& texts) { return tokens_of(texts); }},
                              loop)),
        stage_(config, loop, data_.feed) {}
  Stage& stage() override { return stage_; }
  std::string data_hash() const override { return data_.hash; }
  NetworkSpec network() const override { return config_.image; }

  std::vector<Score> finish(const TensorMap& weights, const std::string& folder, Provenance provenance) override {
    ModelCard card;
    card.text_encoder = config_.text;
    card.image_encoder = config_.image;
    card.tokenizer = tokenizer_config_;
    card.image_normalisation = TextImageStage::normalisation();
    save_part(folder, "text_encoder", with_prefix(weights, "text_encoder."), at::kHalf);
    save_part(folder, "image_encoder", with_prefix(weights, "image_encoder."), at::kHalf);
    save_text(folder + "/merges.txt", merges_);
    provenance.data = config_.data;
    provenance.license = shipped_license;
    std::vector<Score> scores;
    if (!data_.held_out.pairs.empty())
      for (const Recall& found : recall(folder, card)) {
        provenance.scores[found.score.name] = to_json(found.score);
        provenance.scores[found.score.name]["chance"] = found.chance;
        scores.push_back(found.score);
      }
    card.provenance = provenance;
    save_card(folder, card);
    std::cerr << "held-out scores " << provenance.scores.dump() << "\n";
    return scores;
  }

 private:
  TokenBatch tokens_of(const std::vector<std::string>& texts) const {
    return tokenize(tokenizer_, texts, config_.text.tokens);
  }

  // Among the first 200 held-out pairs, each picture's own caption among its k nearest.
  std::vector<Recall> recall(const std::string& folder, const ModelCard& card) const {
    const auto text = load_part(folder, "text_encoder", make_plan(*card.text_encoder));
    const auto image = load_part(folder, "image_encoder", make_plan(*card.image_encoder));
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

  TextImageConfig config_;
  TokenizerConfig tokenizer_config_;
  std::string merges_;
  Tokenizer tokenizer_;
  StageData data_;
  TextImageStage stage_;
};

}  // namespace

std::unique_ptr<StageRun> open_picture_stage(const AutoencoderConfig& config, const LoopConfig& loop) {
  return std::make_unique<AutoencoderRun>(config, loop);
}
std::unique_ptr<StageRun> open_picture_stage(const TextImageConfig& config, const LoopConfig& loop) {
  return std::make_unique<TextImageRun>(config, loop);
}

}  // namespace mds
