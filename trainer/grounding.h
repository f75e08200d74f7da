// Grounding added to a UNet that stays as it is (GLIGEN, arXiv 2301.07093): what reads a layout is trained alone.
#pragma once

#include "trainer/addition.h"

namespace mds {

struct GroundingTuning {
  std::vector<int64_t> levels{};
  bool once = false, ff = true;
  int64_t boxes = 8;
  int64_t box_width = 512;
  double layout_dropout = 0.1;
  bool operator==(const GroundingTuning&) const = default;

  static void describe(auto& self, auto&& field) {
    field("levels", self.levels, "levels whose transformer stacks read layouts, 1 the outermost; empty: all",
          between(1, 64));
    field("once", self.once, "whether each stack reads them once, before its first block, and not in each block",
          later());
    field("ff", self.ff, "whether a gated feed-forward follows each attention to boxes", later());
    field("boxes", self.boxes, "slots for boxes", between(1, 1024));
    field("box_width", self.box_width, "hidden width of the network that embeds boxes", between(1, 65536));
    field("layout_dropout", self.layout_dropout, "share of pictures whose slots are all left empty", between(0, 1));
  }
};

// ConfigError, beginning with `source`, where it reads layouts already, and where a level is not there or has no stack.
UNetSpec grounded(UNetSpec unet, const GroundingTuning& tuning, const std::string& source);

// Reads the layouts of the turn's pictures, of which a share is dropped. ConfigError where the latents have none.
class GroundingAddition final : public Addition {
 public:
  GroundingAddition(const GroundingTuning& tuning, const AdditionInputs& inputs);
  const NetworkPtr& unet() const { return unet_; }  // the start's, which reads layouts; all else is frozen
  TensorMap weights() const override;
  void draw(const Turn& turn, TuneBatch& batch) override;
  void join(const TuneBatch& batch, const Tensor&, UNetInputs& inputs) const override {
    inputs.layouts = batch.layouts;
  }
  void describe(ModelCard& card) const override;
  void save(const std::string& folder, const TensorMap& weights, const ModelCard&) const override {
    save_addition(folder, "unet", weights);
  }

 private:
  GroundingTuning tuning_;
  const Predecessor& start_;
  UNetSpec spec_;
  int64_t batch_;
  std::unique_ptr<LatentReader> reader_;
  NetworkPtr unet_;
};

}  // namespace mds
