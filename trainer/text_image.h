// Trains a text and an image tower together, with the symmetric contrastive loss of CLIP (arXiv 2103.00020).
#pragma once

#include "networks/tower.h"
#include "pipeline/encode.h"
#include "trainer/feed.h"

namespace mds {

struct TextImageConfig {
  static constexpr std::string_view kind = "text_image";
  std::vector<std::string> data{"noto"};
  double held_out = 0;
  int64_t size = 72;
  int64_t merges = 4096;
  TextTowerSpec text{
      .vocabulary = 4610, .tokens = 32, .width = 128, .layers = 4, .heads = 4, .mlp = 512, .projection = 96};
  ImageTowerSpec image{.size = 64, .patch = 8, .width = 128, .layers = 4, .heads = 4, .mlp = 512, .projection = 96};
  bool operator==(const TextImageConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("data", self.data, "data sets or folders of captioned pictures; what they hold out is never trained on");
    field(
        "held_out", self.held_out,
        "share of the pictures that is never trained on, chosen by the hashes of their captions, where a data set has "
        "no split of its own",
        later(between(0, 0.9)));
    field("size", self.size, "side in pixels that pictures have before a random crop of the image tower's size",
          between(8, 4096));
    field("merges", self.merges, "byte-pair merges kept; the vocabulary has 514 entries more", between(0, 48894));
    field("text", self.text, "text tower, which encodes captions");
    field("image", self.image, "image tower, which encodes pictures");
  }
};

struct TextImageBatch {
  Tensor pictures_NCHW;  // standardised, of the image tower's size
  Tensor ids_NT, end_N;  // int64: tokens of the captions, and the positions of their end tokens

  static void for_each(auto& self, auto&& visit) {
    visit("pictures", self.pictures_NCHW);
    visit("ids", self.ids_NT);
    visit("end", self.end_N);
  }
};

TokenizerConfig tokenizer_of(const TextImageConfig& config);

class TextImageStage final : public StageOf<TextImageBatch> {
 public:
  // The feed gives pictures of config.size, with the tokens of their captions.
  TextImageStage(const TextImageConfig& config, const LoopConfig& loop, std::shared_ptr<PictureFeed> feed);
  TextImageStage(const TextImageConfig& config, const LoopConfig& loop, Tensor pictures_NCHW, TokenBatch tokens);
  TensorMap weights() const override;  // "text_encoder.*", "image_encoder.*", "logit_scale"
  TextImageBatch draw(const Turn& turn) override;
  Tensor loss(const TextImageBatch& batch, const Observer& observer) override;
  std::string needs_whole_batch() const override {
    return "the contrastive loss compares all examples of a batch with each other";
  }
  StageCard card() const override;
  PictureFeed* feed() override { return feed_.get(); }

 private:
  TextImageConfig config_;
  std::shared_ptr<PictureFeed> feed_;
  NetworkPtr text_, image_;
  Tensor logit_scale_;
};

}  // namespace mds
