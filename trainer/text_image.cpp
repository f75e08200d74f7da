#include "trainer/text_image.h"

#include <ATen/ATen.h>

#include <cmath>

namespace mds {
namespace {

constexpr double first_logit_scale = 2.6592600369327783;  // ln(1 / 0.07)
const double most_logit_scale = std::log(100.0);
const ImageNormalisation normalisation;  // in front of the image tower

// Each picture gets its own crop, brightness and contrast. It is not mirrored, because captions may say left and
// right.
Tensor augmented(const Tensor& pictures, int64_t size, at::Generator random) {
  const int64_t n = pictures.size(0), room = pictures.size(2) - size;
  const Tensor offsets = at::randint(room + 1, {n, 2}, random, at::kLong);
  std::vector<Tensor> crops;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t y = offsets[i][0].item<int64_t>(), x = offsets[i][1].item<int64_t>();
    crops.push_back(pictures[i].slice(1, y, y + size).slice(2, x, x + size));
  }
  const Tensor x = at::stack(crops).to(at::kFloat) / 255;
  const Tensor gain = 0.85 + 0.3 * at::rand({n, 1, 1, 1}, random), shift = 0.1 * at::rand({n, 1, 1, 1}, random) - 0.05;
  return ((x - 0.5) * gain + 0.5 + shift).clamp(0, 1);
}

}  // namespace

TextImageStage::TextImageStage(const TextImageConfig& config, const LoopConfig& loop, Tensor pictures_NCHW,
                               TokenBatch tokens)
    : TextImageStage(config, loop, std::make_shared<MemoryFeed>(std::move(pictures_NCHW), std::move(tokens), loop)) {}

TextImageStage::TextImageStage(const TextImageConfig& config, const LoopConfig& loop, std::shared_ptr<PictureFeed> feed)
    : config_(config),
      feed_(std::move(feed)),
      text_(make_network(make_plan(config.text), loop.placement)),
      image_(make_network(make_plan(config.image), loop.placement)),
      logit_scale_(at::full({1}, first_logit_scale, loop.placement.device)) {
  if (config.text.vocabulary != config.merges + 514)
    throw ConfigError("stage.text.vocabulary is " + std::to_string(config.text.vocabulary) + "; with " +
                      std::to_string(config.merges) + " merges it is " + std::to_string(config.merges + 514));
  if (config.text.projection != config.image.projection)
    throw ConfigError("stage.text.projection and stage.image.projection are " + std::to_string(config.text.projection) +
                      " and " + std::to_string(config.image.projection) + "; they must be equal");
  if (config.size < config.image.size)
    throw ConfigError("stage.size is " + std::to_string(config.size) + "; allowed: at least stage.image.size, " +
                      std::to_string(config.image.size));
  for (const auto& tower : {text_, image_}) tower->checkpoint_activations(loop.checkpoint_activations);
  initialise(*text_, loop.seed);
  initialise(*image_, loop.seed + 1);
}

TokenizerConfig tokenizer_of(const TextImageConfig& config) { return {.merges = config.merges, .pad = -1}; }

StageCard TextImageStage::card() const {
  StageCard card;
  card.model.text_encoder = config_.text;
  card.model.image_encoder = config_.image;
  card.model.tokenizer = tokenizer_of(config_);
  card.model.image_normalisation = normalisation;
  return card;
}

TensorMap TextImageStage::weights() const {
  TensorMap all{{"logit_scale", logit_scale_}};
  all.merge(trained_weights(*text_, "text_encoder."));
  all.merge(trained_weights(*image_, "image_encoder."));
  return all;
}

TextImageBatch TextImageStage::draw(const Turn& turn) {
  const auto [pictures, tokens] = feed_->next(turn.iteration);
  const Tensor crops = augmented(pictures, config_.image.size, turn.random);
  return {.pictures_NCHW = standardised(crops, normalisation), .ids_NT = tokens.ids_NT, .end_N = tokens.end_N};
}

Tensor TextImageStage::loss(const TextImageBatch& batch, const Observer& observer) {
  const Tensor x = unit(image_->forward(batch.pictures_NCHW, {}, observer).to(at::kFloat));
  Conditioning conditioning;
  conditioning.text_end_N = batch.end_N;
  const Tensor y = unit(text_->forward(batch.ids_NT, conditioning, observer).to(at::kFloat));
  const Tensor logits = logit_scale_.clamp_max(most_logit_scale).exp() * at::matmul(x, y.t());
  const Tensor own = at::arange(x.size(0), logits.options().dtype(at::kLong));
  return 0.5 * (at::cross_entropy_loss(logits, own) + at::cross_entropy_loss(logits.t(), own));
}

}  // namespace mds
