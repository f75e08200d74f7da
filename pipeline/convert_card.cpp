#include "pipeline/convert_card.h"

#include <filesystem>

#include "pipeline/convert_source.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr double sd_latent_factor = 0.18215, sdxl_latent_factor = 0.13025;

// A file in the request's folder, or in the folder of the request's file.
std::string beside(const ConvertRequest& request, const std::string& name) {
  const fs::path in = request.in;
  return ((fs::is_directory(in) ? in : in.parent_path()) / name).string();
}

template <class T>
void take(const Json& json, const char* key, T& value, const Place& place) {
  if (const auto found = json.find(key); found != json.end() && !found->is_null())
    read_json(*found, value, place.child(key));
}

Prediction prediction_of(const std::string& name, const Place& place) {
  if (name == "epsilon") return Prediction::epsilon;
  if (name == "v_prediction") return Prediction::v;
  if (name == "sample") return Prediction::x0;
  place.fail("is " + shown(name) + "; allowed: epsilon, v_prediction, sample");
}

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

void describe_sampling(ModelCard& card, const ConvertRequest& request, const Note& note) {
  const std::string file = beside(request, "scheduler/scheduler_config.json");
  const Json json = json_if_there(file);
  ScheduleConfig schedule;
  card.prediction = request.prediction.value_or(Prediction::epsilon);
  card.guidance = 7.5;
  if (json.is_object()) {
    const Place place{file, ""};
    std::string betas = "scaled_linear", prediction = "epsilon";
    take(json, "num_train_timesteps", schedule.steps, place);
    take(json, "beta_start", schedule.beta_start, place);
    take(json, "beta_end", schedule.beta_end, place);
    take(json, "rescale_betas_zero_snr", schedule.zero_terminal_snr, place);
    take(json, "beta_schedule", betas, place);
    take(json, "prediction_type", prediction, place);
    if (betas != "scaled_linear") place.child("beta_schedule").fail("is " + shown(betas) + "; allowed: scaled_linear");
    if (json.contains("trained_betas") && !json["trained_betas"].is_null())
      place.child("trained_betas").fail("is a list of its own; allowed: null");
    const Prediction written = prediction_of(prediction, place.child("prediction_type"));
    if (!request.prediction) card.prediction = written;
  } else if (!request.prediction) {
    note("no scheduler/scheduler_config.json: taken to predict epsilon; --prediction says otherwise");
  }
  card.schedule = from_json<ScheduleConfig>(to_json(schedule), file);  // checks the ranges
}

LatentScale latent_scale(const ModelCard& card, const Json& config, const Note& note) {
  const int64_t channels =
      card.vae_decoder ? make_plan(*card.vae_decoder).input.channels : card.vae_encoder->latent_channels;
  const bool xl = card.unet && card.unet->pooled_width > 0;
  double factor = xl ? sdxl_latent_factor : sd_latent_factor, shift = 0;
  const Place place{"the autoencoder's config.json", ""};
  if (config.is_object()) {
    factor = sd_latent_factor;  // diffusers' own default
    take(config, "scaling_factor", factor, place);
    take(config, "shift_factor", shift, place);
    check_range(place.child("scaling_factor"), factor, between(1e-3, 1e3));
  } else {
    note("no configuration of the autoencoder: latents are taken to be scaled by " + Json(factor).dump());
  }
  return {std::vector<double>(size_t(channels), shift), std::vector<double>(size_t(channels), 1 / factor)};
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
