// What is added to a model, from the data to the folder that holds it.
#include <filesystem>

#include "experiments/training/latent_cache.h"
#include "experiments/training/stages.h"

namespace mds {
namespace {

class TuneRun final : public StageRun {
 public:
  TuneRun(const TrainConfig& train, const TuneConfig& config, Listener& listener)
      : source_(config.data.latents),
        latents_(open_latents({config.data, 0, train.loop.placement}, listener)),
        stage_(config, train.loop, *latents_),
        card_(stage_.card()) {
    check_encoders(*latents_, config.data.encoders);
    predecessors_["start"] = model_hash(config.start);
    license_ = inherited_license(*latents_, config.data.encoders, {config.start});
  }
  Stage& stage() override { return stage_; }
  std::string data_hash() const override { return latents_->hash; }
  std::map<std::string, std::string> predecessors() const override { return predecessors_; }
  NetworkSpec network() const override {
    const ModelCard& card = card_.model;
    if (card.adapter) return *card.adapter;
    if (card.controlnet) return *card.controlnet;
    return card.unet ? *card.unet : stage_.start().spec();
  }

  std::vector<Score> finish(const TensorMap& weights, const std::string& folder, Provenance provenance) override {
    provenance.data = {source_};
    provenance.license = license_;
    provenance.predecessor = predecessors_.at("start");
    ModelCard card = card_.model;
    card.provenance = std::move(provenance);
    // A relative path, so that the two folders may be moved together.
    if (!card.base.empty()) card.base = std::filesystem::proximate(card.base, folder).string();
    for (const auto& addition : stage_.additions()) addition->save(folder, weights, card);
    save_card(folder, card);
    return {};
  }

 private:
  std::string source_, license_;
  LatentSourcePtr latents_;
  TuneStage stage_;
  StageCard card_;
  std::map<std::string, std::string> predecessors_;
};

}  // namespace

std::unique_ptr<StageRun> open_tune_stage(const TrainConfig& config, const TuneConfig& stage, Listener& listener) {
  if (config.evaluation)
    throw ConfigError("evaluation: a stage of kind tune is not scored while it trains; allowed: null");
  if (config.sample_every > 0)
    throw ConfigError("sample_every is " + std::to_string(config.sample_every) + "; allowed with stage tune: 0");
  return std::make_unique<TuneRun>(config, stage, listener);
}

}  // namespace mds
