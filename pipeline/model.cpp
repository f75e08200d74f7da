#include "pipeline/model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>

#include "networks/found_file.h"
#include "pipeline/mapped_file.h"

namespace mds {
namespace {

Tensor per_channel(const std::vector<double>& values, const Tensor& like) {
  return at::tensor(values, at::kDouble).to(like.options()).view({1, -1, 1, 1});
}

// `wanted` -1 allows any length, if mean and std have the same.
template <class MeanAndStd>
void check_lengths(const std::optional<MeanAndStd>& values, int64_t wanted, const Place& place) {
  if (!values) return;
  const int64_t means = int64_t(values->mean.size()), deviations = int64_t(values->std.size());
  if (means == deviations && (wanted < 0 || means == wanted)) return;
  place.fail("holds " + std::to_string(means) + " means and " + std::to_string(deviations) + " deviations; expected " +
             (wanted < 0 ? "as many" : std::to_string(wanted)) + " of each");
}

std::string card_file(const std::string& folder) { return folder + "/model.json"; }

// The folder that the card's file names as its base; empty: none.
std::string base_in(const Json& json, const std::string& file) {
  const Place place{file, "base"};
  const auto found = json.is_object() ? json.find("base") : json.end();
  if (found == json.end()) return "";
  std::string base;
  read_json(*found, base, place);
  base = found_file(base, file);
  if (!is_there(card_file(base)))
    place.fail("is " + shown(*found) +
               ", and no such model folder is there; needed: its path from this folder, or from the working one");
  if (load_json(card_file(base)).contains("base"))
    place.fail("is " + shown(*found) + ", which has a base itself; allowed: a folder without one");
  return base;
}

std::string base_of(const std::string& folder) {
  const std::string file = card_file(folder);
  return is_there(file) ? base_in(load_json(file), file) : "";
}

TensorMap part_tensors(const std::string& folder, const std::string& part) {
  TensorMap tensors;
  for (const auto& file : part_files(folder, part))
    for (auto& [name, tensor] : load_tensors(file).tensors) tensors.insert_or_assign(name, tensor);
  return tensors;
}

}  // namespace

ModelCard load_card(const std::string& folder, const std::vector<std::string>& parts) {
  const std::string file = card_file(folder);
  const Json json = load_json(file);
  const std::string base = base_in(json, file);
  ModelCard card = base.empty() ? ModelCard{} : load_card(base);
  card.provenance = {};
  read_json(json, card, {file, ""});
  check_lengths(card.latent_scale, -1, {file, "latent_scale"});
  check_lengths(card.image_normalisation, 3, {file, "image_normalisation"});
  std::string lacking;
  ModelCard::describe(card, [&](std::string_view name, const auto& field, std::string_view, Range = {}) {
    const bool needed = std::find(parts.begin(), parts.end(), name) != parts.end();
    if (needed && to_json(field).is_null()) lacking += (lacking.empty() ? "" : ", ") + std::string(name);
  });
  if (!lacking.empty()) throw ConfigError(file + ": lacks " + lacking);
  return card;
}

void save_card(const std::string& folder, const ModelCard& card) {
  std::filesystem::create_directories(folder);
  Json json = to_json(card);
  for (auto it = json.begin(); it != json.end();) it = it->is_null() ? json.erase(it) : std::next(it);
  save_text(card_file(folder), json.dump(2) + "\n");
}

SamplerConfig sampler_of(const ModelCard& card) {
  SamplerConfig sampler = card.sampler;
  if (card.no_guidance == NoGuidance::zero) sampler.guidance += 1;
  return sampler;
}

std::vector<TextEncoderConfig> text_encoders_of(const ModelCard& card, const std::string& source) {
  const bool one = card.text_encoder || card.tokenizer;
  if (one && !card.text_encoders.empty())
    throw ConfigError(source + ": holds text_encoders and also text_encoder or tokenizer; allowed: one of both ways");
  if (card.text_encoders.empty() && !(card.text_encoder && card.tokenizer))
    throw ConfigError(source + ": lacks " +
                      (card.text_encoder ? "tokenizer"
                       : card.tokenizer  ? "text_encoder"
                                         : "text_encoder, tokenizer"));
  for (size_t i = 0; i < card.text_encoders.size(); ++i) {
    const auto& [tower, tokenizer, output] = card.text_encoders[i];
    if (output == TextOutput::penultimate && tower.layers < 2)
      Place{source, "text_encoders." + std::to_string(i) + ".output"}.fail(
          "is penultimate; a tower of 1 layer has none");
  }
  if (one) return {{.tower = *card.text_encoder, .tokenizer = *card.tokenizer}};
  return card.text_encoders;
}

std::string text_encoder_part(size_t i) { return i == 0 ? "text_encoder" : "text_encoder_" + std::to_string(i + 1); }

std::string part_file(const std::string& folder, const std::string& part) {
  return folder + "/" + part + ".safetensors";
}

std::vector<std::string> part_files(const std::string& folder, const std::string& part) {
  std::vector<std::string> files;
  if (const std::string base = base_of(folder); !base.empty() && is_there(part_file(base, part)))
    files.push_back(part_file(base, part));
  if (files.empty() || is_there(part_file(folder, part))) files.push_back(part_file(folder, part));
  return files;
}

NetworkPtr load_changed_part(const PartPlace& place, Plan plan, const Placement& placement,
                             const WeightChange& change) {
  const auto& [folder, part] = place;
  auto network = make_network(std::move(plan), placement);
  load_weights(*network, part_tensors(folder, part), part_files(folder, part).back(), change);
  network->eval();
  return network;
}

NetworkPtr load_part(const std::string& folder, const std::string& part, Plan plan, const Placement& placement) {
  return load_changed_part({folder, part}, std::move(plan), placement, {});
}

void check_part(const std::string& folder, const std::string& part, const Plan& plan) {
  check_fit(plan, part_tensors(folder, part), part_files(folder, part).back());
}

void save_part(const std::string& folder, const std::string& part, const TensorMap& weights, at::ScalarType dtype) {
  std::filesystem::create_directories(folder);
  save_tensors(part_file(folder, part), {.tensors = weights, .metadata = {{"format", "pt"}}}, dtype);
}

std::string load_merges(const std::string& folder) {
  std::string file = folder + "/merges.txt";
  if (const std::string base = is_there(file) ? "" : base_of(folder); !base.empty()) file = base + "/merges.txt";
  if (!std::filesystem::exists(file))
    throw FileError(file + ": is not there; a model with a text encoder needs its tokenizer's merges");
  const MappedFile text(file);
  if (text.bytes().size() > most_merges_bytes)
    throw FileError(file + ": has " + std::to_string(text.bytes().size()) + " bytes; allowed: at most " +
                    std::to_string(most_merges_bytes));
  return std::string(text.bytes());
}

std::string model_hash(const std::string& folder, const PackedFiles& packed) {
  if (!std::filesystem::is_directory(folder)) throw FileError(folder + ": is no model folder");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  std::string hashes;
  for (const auto& file : files)
    hashes += std::filesystem::path(file).filename().string() + ":" + file_sha256(file, packed) + "\n";
  if (const std::string base = base_of(folder); !base.empty()) hashes += "base:" + model_hash(base, packed) + "\n";
  ModelCard card = load_card(folder);
  card.provenance = {};
  card.base.clear();  // its place, which may change
  return sha256(hashes + to_json(card).dump());
}

Tensor to_unet(const LatentScale& scale, const Tensor& latent) {
  return (latent - per_channel(scale.mean, latent)) / per_channel(scale.std, latent);
}

Tensor from_unet(const LatentScale& scale, const Tensor& latent) {
  return latent * per_channel(scale.std, latent) + per_channel(scale.mean, latent);
}

}  // namespace mds
