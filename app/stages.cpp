#include "app/stages.h"

#include "app/latent_cache.h"
#include "app/picture_side.h"

namespace mds {
namespace {

class BaseRun final : public StageRun {
 public:
  BaseRun(const BaseConfig& config, const LoopConfig& loop)
      : config_(config),
        latents_(open_latents(config.latents, config.encoders)),
        unet_(proxy_of(load_unet(config.unet), config.width_divisor, latents_)),
        stage_(unet_, config, loop, latents_) {
    check_encoders(latents_, config.encoders);
  }
  Stage& stage() override { return stage_; }
  std::string data_hash() const override { return latents_.hash; }

  void finish(const TensorMap& weights, const std::string& folder, Provenance provenance) override {
    provenance.data = {config_.latents};
    provenance.license = shipped_license;
    ModelCard card;
    card.unet = unet_;
    card.prediction = config_.prediction;
    card.schedule = config_.schedule;
    card.provenance = provenance;
    save_generator(folder, {card, weights}, latents_, config_.encoders);
  }

 private:
  BaseConfig config_;
  LatentSet latents_;
  UNetSpec unet_;
  BaseStage stage_;
};

}  // namespace

std::unique_ptr<StageRun> open_stage(const TrainConfig& config) {
  struct Open {
    const LoopConfig& loop;
    std::unique_ptr<StageRun> operator()(const AutoencoderConfig& c) const { return open_picture_stage(c, loop); }
    std::unique_ptr<StageRun> operator()(const TextImageConfig& c) const { return open_picture_stage(c, loop); }
    std::unique_ptr<StageRun> operator()(const BaseConfig& c) const { return std::make_unique<BaseRun>(c, loop); }
  };
  return std::visit(Open{config.loop}, config.stage);
}

}  // namespace mds
