#include "pipeline/convert_card.h"

#include <filesystem>

#include "pipeline/convert_source.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr double sd_latent_factor = 0.18215, sdxl_latent_factor = 0.13025;

std::string text_of(const Json& token) {
  if (token.is_object()) return token.value("content", "");
  return token.is_string() ? token.get<std::string>() : "";
}

std::string find_merges(const ConvertRequest& request) {
  if (!request.merges.empty()) return request.merges;
  for (const std::string name : {"tokenizer/merges.txt", "merges.txt"})
    if (fs::exists(beside(request, name))) return beside(request, name);
  return {};
}

// The pad is 0 for OpenCLIP; else that of the first special_tokens_map.json in `folders`, or the end token.
TokenizerConfig tokenizer_of(const FoundText& text, const ConvertRequest& request,
                             const std::vector<std::string>& folders) {
  constexpr int64_t byte_symbols_and_ends = 514;
  TokenizerConfig config{.merges = text.tower.vocabulary - byte_symbols_and_ends};
  if (text.layout == Layout::open_clip) config.pad = 0;
  for (const auto& folder : folders) {
    const std::string file = beside(request, folder + "special_tokens_map.json");
    const Json special = json_if_there(file);
    if (!special.is_object()) continue;
    const std::string pad = text_of(special.value("pad_token", Json(nullptr)));
    if (!pad.empty() && pad != "!" && pad != "<|endoftext|>")
      throw ConfigError(file + ": pad_token is " + shown(pad) + "; allowed: <|endoftext|>, !");
    config.pad = pad == "!" ? 0 : -1;
    break;
  }
  return config;
}

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

std::string describe_texts(ModelCard& card, const std::vector<FoundText>& texts, const ConvertRequest& request,
                           const Note& note) {
  if (texts.empty()) return {};
  const std::string merges = find_merges(request);
  if (merges.empty()) note("no tokenizer: pictures need the merges of one; --merges FILE adds them");
  if (texts.size() == 1) {
    card.text_encoder = texts[0].tower;
    if (!merges.empty()) card.tokenizer = tokenizer_of(texts[0], request, {"tokenizer/", ""});
    return merges;
  }
  for (size_t i = 0; i < texts.size(); ++i)
    card.text_encoders.push_back(
        {.tower = texts[i].tower,
         .tokenizer = tokenizer_of(texts[i], request, {i == 0 ? "tokenizer/" : "tokenizer_2/"}),
         .output = TextOutput::penultimate});
  const std::string file = beside(request, "model_index.json");
  const Json json = json_if_there(file);
  card.zeros_for_no_text = true;  // as SD-XL was trained
  if (json.is_object()) take(json, "force_zeros_for_empty_prompt", card.zeros_for_no_text, {file, ""});
  return merges;
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
