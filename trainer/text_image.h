// Training of a text and an image tower together: the symmetric contrastive loss of CLIP (arXiv 2103.00020).
#pragma once

#include "networks/tower.h"
#include "pipeline/encode.h"
#include "trainer/loop.h"

namespace mds {

struct TextImageConfig {
  static constexpr std::string_view kind = "text_image";
  std::vector<std::string> data{"noto"};
  int64_t size = 72;
  int64_t merges = 4096;
  TextTowerSpec text{
      .vocabulary = 4610, .tokens = 32, .width = 128, .layers = 4, .heads = 4, .mlp = 512, .projection = 96};
  ImageTowerSpec image{.size = 64, .patch = 8, .width = 128, .layers = 4, .heads = 4, .mlp = 512, .projection = 96};
  bool operator==(const TextImageConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("data", self.data, "data sets; held-out pairs are never trained on");
    field("size", self.size, "side the pictures are resized to, before a random crop of the image tower's size",
          between(8, 4096));
    field("merges", self.merges, "byte-pair merges kept; the vocabulary is 514 more", between(0, 48894));
    field("text", self.text, "text tower");
    field("image", self.image, "image tower");
  }
};

class TextImageStage final : public Stage {
 public:
  // pictures: uint8 N x 3 x size x size, row i with tokens row i.
  TextImageStage(const TextImageConfig& config, const LoopConfig& loop, Tensor pictures, TokenBatch tokens);
  TensorMap weights() const override;  // "text_encoder.*", "image_encoder.*", "logit_scale"
  Tensor loss(const StepContext& context) override;
  static ImageNormalisation normalisation() { return {}; }  // in front of the image tower

 private:
  TextImageConfig config_;
  Tensor pictures_;
  Batches batches_;
  TokenBatch tokens_;
  NetworkPtr text_, image_;
  Tensor logit_scale_;
};

}  // namespace mds
