#include "trainer/evaluate.h"

#include <ATen/ATen.h>
#include <torch/types.h>

namespace mds {
namespace {

constexpr int64_t rows_a_call = 256;  // of the UNet, limited by the memory of its maps

// The same captions for every candidate: a seeded choice of the held-out pairs, repeated where more pictures are needed
// than there are pairs.
Tensor caption_rows(int64_t pairs, const EvaluationConfig& config) {
  if (pairs < 2)
    throw ConfigError("evaluation: the data set holds out " + std::to_string(pairs) + " pairs; at least 2 are needed");
  return Batches(pairs, config.pictures, config.seed).at(0);
}

// How many boxes a UNet reads; 0: it reads none.
int64_t slots_of(const Plan& plan) {
  for (const PlanStep& step : plan.steps)
    if (step.link == Link::layout) return step.site.boxes;
  return 0;
}

// The empty caption, then those of the rows, one for each picture, with their layouts where the UNet has slots for
// them.
PictureTexts texts_of(const LatentSource& latents, const Tensor& rows, int64_t slots) {
  PictureTexts texts{.rows = {}, .chosen_N = at::arange(1, rows.numel() + 1)};
  texts.rows.text_NSC = at::cat({latents.empty_text, latents.held_out_text(rows)}).to(at::kFloat);
  LayoutRows layouts = slots > 0 ? latents.held_out_layouts(rows) : LayoutRows{};
  if (!layouts.defined()) return texts;
  LayoutRows::for_each(layouts, [](const char*, Tensor& x) { x = at::cat({at::zeros_like(x.slice(0, 0, 1)), x}); });
  put(texts.rows, with_slots(layouts, slots));
  return texts;
}

}  // namespace

Evaluator::Evaluator(const LatentSource& latents, const EncoderFolders& encoders, const EvaluationConfig& config,
                     const Placement& placement)
    : latents_(latents),
      config_(config),
      pairs_(latents.held_out_pairs()),
      rows_(caption_rows(int64_t(pairs_.captions.size()), config)),
      held_out_(feature_stats(pairs_.image_features)),
      train_(latents.training_features()),
      recall_(recall_at(1, pairs_.image_features, pairs_.text_features)) {
  const EncoderCards cards = check_encoders(latents, encoders);
  decoder_ = load_part(shipped_file(encoders.autoencoder), "vae_decoder", make_plan(*cards.autoencoder.vae_decoder),
                       placement);
  decoder_->prepare(placement.kernels);
  image_tower_ =
      load_part(shipped_file(encoders.score), "image_encoder", make_plan(*cards.score.image_encoder), placement);
  normalisation_ = *cards.score.image_normalisation;
  tower_size_ = cards.score.image_encoder->size;
  for (int64_t i = 0; i < rows_.numel(); ++i) captions_.push_back(pairs_.captions[size_t(rows_[i].item<int64_t>())]);
}

Drawn Evaluator::draw(const Network& unet, const Diffusion& diffusion, const std::function<void()>& tick,
                      PhaseClock* clock) const {
  torch::NoGradGuard no_grad;
  PhaseClock unread;
  if (!clock) clock = &unread;
  Drawn drawn{.captions = captions_};
  for (int64_t i = 0; i < config_.pictures; ++i) drawn.seeds.push_back(config_.seed * 1'000'003 + uint64_t(i));
  const Drawer drawer{.diffusion = diffusion, .sampler = config_.sampler, .scale = latents_.scale};
  const int64_t pictures_a_pass = rows_a_call / calls_a_step(config_.sampler);
  std::vector<Tensor> pictures, features;
  for (int64_t begin = 0; begin < config_.pictures; begin += pictures_a_pass) {
    const int64_t end = std::min(begin + pictures_a_pass, config_.pictures);
    const Tensor latent = timed(*clock, "draw", [&] {
      return drawer.latents(unet, texts_of(latents_, rows_.slice(0, begin, end), slots_of(unet.plan())),
                            {drawn.seeds.begin() + begin, drawn.seeds.begin() + end}, tick);
    });
    const Tensor decoded = timed(*clock, "decode", [&] { return drawer.pictures(*decoder_, latent); });
    const auto scoring = clock->in("score");
    features.push_back(embed_pictures(*image_tower_, normalised(decoded, tower_size_, normalisation_)).cpu());
    pictures.push_back(decoded.cpu());
  }
  drawn.pictures = at::cat(pictures);
  drawn.features_NE = at::cat(features);
  drawn.clip_N = clip_values(drawn.features_NE, pairs_.text_features.index_select(0, rows_));
  return drawn;
}

std::vector<Score> Evaluator::scores(const Drawn& drawn) const {
  ScoreOptions options{.seed = config_.seed};
  const int64_t *row = rows_.const_data_ptr<int64_t>(), *end = row + rows_.numel();
  // Where captions repeat, the pictures of one caption are resampled together.
  if (int64_t(pairs_.captions.size()) < rows_.numel()) options.cluster_of.assign(row, end);
  return {held_out_.score("fd_emoji_clip", drawn.features_NE, options),
          train_.score("fd_emoji_clip_train", drawn.features_NE, options),
          mean_score("clip_emoji", drawn.clip_N, options)};
}

}  // namespace mds
