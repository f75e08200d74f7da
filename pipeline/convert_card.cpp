#include "pipeline/convert_card.h"

#include "pipeline/convert_source.h"

namespace mds {
namespace {

constexpr double sd_latent_factor = 0.18215, sdxl_latent_factor = 0.13025;

}  // namespace

LatentScale latent_scale(const ModelCard& card, const Json& config, const Note& note) {
  const auto channels =
      size_t(card.vae_decoder ? make_plan(*card.vae_decoder).input.channels : card.vae_encoder->latent_channels);
  const bool xl = card.unet && card.unet->pooled_width > 0;
  double factor = xl ? sdxl_latent_factor : sd_latent_factor, shift = 0;
  std::vector<double> means, deviations;
  const Place place{"the autoencoder's config.json", ""};
  if (config.is_object()) {
    factor = sd_latent_factor;  // diffusers' own default
    take(config, "scaling_factor", factor, place);
    take(config, "shift_factor", shift, place);
    take(config, "latents_mean", means, place);
    take(config, "latents_std", deviations, place);
    check_range(place.child("scaling_factor"), factor, between(1e-3, 1e3));
  } else {
    note("no configuration of the autoencoder: latents are taken to be scaled by " + Json(factor).dump());
  }
  // diffusers' pipelines take the lists only together, and then no shift: (x - mean) * factor / std.
  if (means.empty() != deviations.empty())
    place.fail("has one of latents_mean and latents_std; allowed: both, or neither");
  if (means.empty()) {
    means.assign(channels, shift);
    deviations.assign(channels, 1);
  }
  for (const auto* list : {&means, &deviations})
    if (list->size() != channels)
      place.child(list == &means ? "latents_mean" : "latents_std")
          .fail("holds " + std::to_string(list->size()) + " numbers; allowed: one for each of " +
                std::to_string(channels) + " channels");
  for (double& deviation : deviations) deviation /= factor;
  return {std::move(means), std::move(deviations)};
}

void describe_texts(ModelCard& card, const std::vector<FoundText>& texts, const ConvertRequest& request,
                    bool has_merges) {
  if (texts.size() == 1) {
    card.text_encoder = texts[0].tower;
    if (has_merges) card.tokenizer = tokenizer_of(texts[0], request, {"tokenizer/", ""});
  }
  if (texts.size() < 2) return;
  for (size_t i = 0; i < texts.size(); ++i)
    card.text_encoders.push_back(
        {.tower = texts[i].tower,
         .tokenizer = tokenizer_of(texts[i], request, {i == 0 ? "tokenizer/" : "tokenizer_2/"}),
         .output = TextOutput::penultimate});
  const std::string file = beside(request, "model_index.json");
  const Json json = json_if_there(file);
  card.zeros_for_no_text = true;  // as SD-XL was trained
  if (json.is_object()) take(json, "force_zeros_for_empty_prompt", card.zeros_for_no_text, {file, ""});
}

ImageNormalisation find_normalisation(const ConvertRequest& request) {
  const std::string file = beside(request, "preprocessor_config.json");
  const Json json = json_if_there(file);
  ImageNormalisation normalisation;
  if (!json.is_object()) return normalisation;
  take(json, "image_mean", normalisation.mean, {file, ""});
  take(json, "image_std", normalisation.std, {file, ""});
  return normalisation;
}

}  // namespace mds
