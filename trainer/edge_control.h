// Trains what draws along edges: an adapter, or a ControlNet. The edges are those of the training pictures, found in
// what the autoencoder decodes of their latents, so that cached latents are enough.
#pragma once

#include "networks/adapter.h"
#include "networks/controlnet.h"
#include "pipeline/adapter.h"
#include "pipeline/canny.h"
#include "trainer/addition.h"
#include "trainer/projected_discriminator.h"

namespace mds {

struct AdapterTuning {
  int64_t reduction = 1;
  int64_t channels = 1;
  CannyThresholds edges{};
  bool operator==(const AdapterTuning&) const = default;

  static void describe(auto& self, auto&& field) {
    field("reduction", self.reduction, "divisor of the adapter's own widths", between(1, 64));
    field("channels", self.channels, "channels of the control picture, all the same", between(1, 3));
    field("edges", self.edges, "thresholds of the edges found in the training pictures");
  }
};

struct ControlNetTuning {
  std::vector<int64_t> hint_widths{16, 32, 96, 256};
  int64_t channels = 3;
  CannyThresholds edges{};
  bool operator==(const ControlNetTuning&) const = default;

  static void describe(auto& self, auto&& field) {
    field("hint_widths", self.hint_widths, "channels of the picture's encoder at full size and after three halvings",
          between(1, 65536));
    field("channels", self.channels, "channels of the control picture, all the same", between(1, 3));
    field("edges", self.edges, "thresholds of the edges found in the training pictures");
  }
};

AdapterSpec adapter_of(const AdapterTuning& tuning, const UNetSpec& unet);
HintSpec hint_of(const ControlNetTuning& tuning, const UNetSpec& unet);

// Edges of the pictures that latents stand for, found once for each picture where memory allows.
class LatentEdges {
 public:
  LatentEdges(LatentDecoder decoder, const CannyThresholds& thresholds, int64_t channels);
  // From moments N x 2C x H x W: float32 N x channels x height x width in 0..1, on the CPU.
  Tensor of(const Tensor& moments);

 private:
  Tensor found(const Tensor& moments) const;  // uint8 N x height x width

  static constexpr int64_t most_kept_bytes = int64_t(1) << 30;
  LatentDecoder decoder_;
  CannyThresholds thresholds_;
  int64_t channels_, kept_bytes_ = 0;
  std::map<std::string, Tensor> kept_;  // by the SHA-256 of a picture's moments
};

// The edges of the pictures of each turn. ConfigError, with `place`, where the autoencoder decodes to another size than
// `read`, that of the control picture.
class EdgeFeed {
 public:
  EdgeFeed(const AdditionInputs& inputs, const CannyThresholds& thresholds, int64_t channels);
  void check(Extent read, const std::string& place) const;
  Tensor of(const Turn& turn);  // those of examples outside the turn's share are black

 private:
  std::string autoencoder_;
  Extent decoded_;
  int64_t batch_;
  std::unique_ptr<LatentReader> reader_;
  LatentEdges edges_;
};

class AdapterAddition final : public Addition {
 public:
  AdapterAddition(const AdapterTuning& tuning, const AdditionInputs& inputs);
  TensorMap weights() const override { return trained_weights(*adapter_, "adapter."); }
  void draw(const Turn& turn, TuneBatch& batch) override { batch.control_NCHW = edges_.of(turn); }
  void join(const TuneBatch& batch, const Tensor& x_NCHW, UNetInputs& inputs) const override;
  void describe(ModelCard& card) const override { card.adapter = spec_; }
  void save(const std::string& folder, const TensorMap& weights, const ModelCard&) const override {
    save_addition(folder, "adapter", weights);
  }

 private:
  AdapterSpec spec_;
  Plan unet_;
  NetworkPtr adapter_;
  EdgeFeed edges_;
};

// Begins as a copy of the UNet's way down and middle.
class ControlNetAddition final : public Addition {
 public:
  ControlNetAddition(const ControlNetTuning& tuning, const AdditionInputs& inputs);
  TensorMap weights() const override;
  void draw(const Turn& turn, TuneBatch& batch) override { batch.control_NCHW = edges_.of(turn); }
  void join(const TuneBatch& batch, const Tensor& x_NCHW, UNetInputs& inputs) const override;
  void describe(ModelCard& card) const override;
  void save(const std::string& folder, const TensorMap& weights, const ModelCard&) const override;

 private:
  ControlNetSpec spec_;
  HintSpec hint_spec_;
  RunningControl control_;
  NetworkPtr hint_;
  EdgeFeed edges_;
};

}  // namespace mds
