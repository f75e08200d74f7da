#include "experiments/training/latent_encoder.h"

#include <ATen/ATen.h>

#include <map>

#include "networks/network_spec.h"

namespace mds {
namespace {

EncoderSpec sized_encoder(const ModelCard& card, int64_t size) {
  const EncoderSpec& spec = *card.vae_encoder;
  return size == 0 ? spec : std::get<EncoderSpec>(with_size(spec, {size, size}));
}

// Undefined where no picture has a layout.
LayoutRows layouts_of(const std::vector<Pair>& pairs, const TextEncoder& text) {
  std::vector<PictureLayout> layouts;
  std::map<std::string, int64_t> row_of;  // of each different phrase
  std::vector<std::string> distinct;
  std::vector<int64_t> rows;
  size_t slots = 0;
  for (const Pair& pair : pairs) {
    layouts.push_back(pair.layout);
    slots = std::max(slots, pair.layout.size());
    for (const PlacedPhrase& placed : pair.layout) {
      const auto [found, is_new] = row_of.try_emplace(placed.phrase, int64_t(distinct.size()));
      if (is_new) distinct.push_back(placed.phrase);
      rows.push_back(found->second);
    }
  }
  if (slots == 0) return {};
  const Tensor phrases = text.rows(distinct).ends_NC.to(at::kHalf).index_select(0, at::tensor(rows, at::kLong));
  return layout_rows(layouts, phrases, int64_t(slots));
}

}  // namespace

// A data set does not depend on the machine's kernels, so the texts are encoded with the library's.
LatentEncoder::LatentEncoder(const EncoderFolders& folders, int64_t size, const Placement& placement)
    : autoencoder_(load_card(folders.autoencoder, {"vae_encoder", "vae_decoder", "latent_scale"})),
      score_card_(load_card(folders.score, {"image_encoder", "image_normalisation"})),
      text_card_(load_card(folders.text, {"text_encoder"})),
      spec_(sized_encoder(autoencoder_, size)),
      hashes_(encoder_hashes(folders)),
      encoder_(load_part(folders.autoencoder, "vae_encoder", make_plan(spec_), placement)),
      tower_(load_part(folders.score, "image_encoder", make_plan(*score_card_.image_encoder), placement)),
      text_(folders.text, placement.with_library()),
      score_text_(folders.score, placement.with_library()) {
  if (score_text_.projection() != features())
    throw ConfigError(folders.score + "/model.json: text_encoder.projection is " +
                      std::to_string(score_text_.projection()) + "; to score, it has to equal image_encoder's, " +
                      std::to_string(features()));
}

LatentShape LatentEncoder::shape() const {
  const Shape moments = make_plan(spec_).steps.back().out;
  return {.channels = moments.channels / 2,
          .size = moments.height,
          .tokens = text_card_.text_encoder->tokens,
          .width = text_card_.text_encoder->width};
}

LatentSet LatentEncoder::encode(const Pictures& pictures) const {
  LatentSet set;
  std::vector<int64_t> held_out;
  for (const auto& pair : pictures.pairs) {
    set.captions.push_back(pair.caption);
    held_out.push_back(pair.split == "held_out");
  }
  set.held_out = at::tensor(held_out, at::kLong).to(at::kBool);
  set.scale = scale();
  set.encoders = hashes_;
  set.moments = encode_pictures(*encoder_, pictures.images).to(at::kHalf);
  set.text = text_.features(set.captions).states_NSC.to(at::kHalf);
  set.empty_text = text_.features({""}).states_NSC.to(at::kHalf);
  set.text_features = score_text_.features(set.captions).embeds_NE;
  set.layouts = layouts_of(pictures.pairs, text_);
  set.image_features = embed_pictures(
      *tower_, normalised(pictures.images, score_card_.image_encoder->size, *score_card_.image_normalisation));
  return set;
}

LatentSet joined(const std::vector<LatentSet>& parts) {
  LatentSet all = parts.front();
  all.captions.clear();
  all.layouts = {};  // shards have none
  for (const auto& part : parts) all.captions.insert(all.captions.end(), part.captions.begin(), part.captions.end());
  for (Tensor LatentSet::* tensor : {&LatentSet::moments, &LatentSet::text, &LatentSet::image_features,
                                     &LatentSet::text_features, &LatentSet::held_out}) {
    std::vector<Tensor> pieces;
    for (const auto& part : parts) pieces.push_back(part.*tensor);
    all.*tensor = at::cat(pieces);
  }
  return all;
}

}  // namespace mds
