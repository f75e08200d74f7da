#include "pipeline/convert.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>

#include "pipeline/convert_card.h"
#include "pipeline/convert_network.h"
#include "pipeline/convert_sampling.h"
#include "pipeline/mapped_file.h"
#include "pipeline/weight_import.h"
#include "spec/new_file.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

std::vector<FoundPart> asked_for(std::vector<FoundPart> found, const ConvertRequest& request) {
  std::string there;
  for (const auto& part : found) there += (there.empty() ? "" : ", ") + part.part;
  for (const auto& name : request.parts)
    if (std::none_of(found.begin(), found.end(), [&](const auto& part) { return part.part == name; }))
      throw FileError(request.in + ": has no part " + shown(name) + "; it has " + there);
  if (!request.parts.empty())
    std::erase_if(found, [&](const auto& part) {
      return std::find(request.parts.begin(), request.parts.end(), part.part) == request.parts.end();
    });
  return found;
}

// diffusers' sample_size (a UNet's in latents, an autoencoder's in pixels): one side, or height and width; 0 where the
// configuration has none.
Extent sample_size(const FoundPart& part) {
  const Json json =
      part.source.config.is_object() ? part.source.config.value("sample_size", Json(nullptr)) : Json(nullptr);
  if (json.is_null()) return {};
  const Place place{part.source.config_file, "sample_size"};
  std::vector<int64_t> sides;
  read_json(json.is_array() ? json : Json::array({json}), sides, place, between(1, 16384));
  if (sides.empty() || sides.size() > 2) place.fail("is " + shown(json) + "; expected a side, or [height, width]");
  return {sides.front(), sides.back()};
}

// What decides the size of all parts.
struct Sides {
  Extent pixels;   // asked for; 0: nothing
  Extent latents;  // the UNet's configuration; 0: it says nothing
};

Sides sizes_asked(const ConvertRequest& request, const std::vector<FoundPart>& parts) {
  const auto unet = std::ranges::find(parts, PartKind::unet, &FoundPart::kind);
  return {request.pixels, unet != parts.end() ? sample_size(*unet) : Extent{}};
}

// The pictures of a UNet with these latents, as with_size counts them for a part: 8 pixels a latent for the UNet
// itself, and for an autoencoder as many as it has.
Extent pixels_of_latents(const NetworkSpec& spec, Extent latents) {
  const Plan plan = make_plan(spec);
  const auto [low, high] = std::minmax(plan.input.height, plan.steps.back().out.height);
  const int64_t factor = std::holds_alternative<UNetSpec>(spec) ? pixels_a_latent : high / low;
  return {factor * latents.height, factor * latents.width};
}

// The side that was asked for; else the UNet's, for all parts; else the part's own.
NetworkSpec sized(NetworkSpec spec, const FoundPart& part, const Sides& sides) {
  const bool has_size = part.kind != PartKind::text_encoder && part.kind != PartKind::image_encoder;
  if (!has_size) return spec;
  Extent pixels = sides.pixels;
  if (pixels == Extent{} && sides.latents != Extent{}) pixels = pixels_of_latents(spec, sides.latents);
  if (pixels == Extent{}) pixels = sample_size(part);
  return pixels == Extent{} ? spec : with_size(std::move(spec), pixels);
}

void put(ModelCard& card, const NetworkSpec& spec) {
  if (const auto* unet = std::get_if<UNetSpec>(&spec)) card.unet = *unet;
  if (const auto* encoder = std::get_if<EncoderSpec>(&spec)) card.vae_encoder = *encoder;
  if (const auto* decoder = std::get_if<DecoderSpec>(&spec)) card.vae_decoder = *decoder;
  if (const auto* image = std::get_if<ImageTowerSpec>(&spec)) card.image_encoder = *image;
  if (const auto* adapter = std::get_if<AdapterSpec>(&spec)) card.adapter = *adapter;
  if (const auto* controlnet = std::get_if<ControlNetSpec>(&spec)) card.controlnet = *controlnet;
  if (const auto* hint = std::get_if<HintSpec>(&spec)) card.hint = *hint;
}

// Checks the values in the type that is written, so that overflow in half precision is found too.
void check_values(const TensorMap& weights, at::ScalarType dtype, const std::string& source) {
  std::vector<std::string> bad;
  for (const auto& [name, weight] : weights)
    if (!is_finite(weight.to(dtype))) bad.push_back("not finite as " + std::string(c10::toString(dtype)) + " " + name);
  complain(source, bad);
}

// Adds the hash of a file and, where it is an index, of the shards beside it.
void add_hashes(Json& hashes, const std::string& file) {
  const fs::path path = file;
  hashes[path.filename().string()] = file_sha256(file);
  if (!is_shard_index(file)) return;
  const Json index = load_json(file);
  for (const auto& [tensor, shard] : index["weight_map"].items())
    if (const auto name = shard.get<std::string>(); !hashes.contains(name))
      hashes[name] = file_sha256((path.parent_path() / name).string());
}

Provenance provenance_of(const ConvertRequest& request, const std::vector<FoundPart>& parts) {
  Json sources = Json::object();
  for (const auto& part : parts)
    if (Json& hashes = sources[fs::path(part.source.file).parent_path().filename().string()];
        !hashes.contains(fs::path(part.source.file).filename().string()))
      add_hashes(hashes, part.source.file);
  Provenance provenance;
  provenance.command = request.command;
  provenance.config = {{"from", name_of(request.from)}, {"sha256", sources}};
  return provenance;
}

void complete(ModelCard& card, const std::vector<FoundPart>& parts, const ConvertRequest& request, const Note& note) {
  for (const auto& part : parts)
    if (part.kind == PartKind::unet) describe_sampling(card, request, load_tensors(part.source.file).tensors, note);
  for (const auto& part : parts)
    if (part.kind == PartKind::vae_encoder || part.kind == PartKind::vae_decoder)
      if (!card.latent_scale) card.latent_scale = latent_scale(card, part.source.config, note);
  if (card.image_encoder) card.image_normalisation = find_normalisation(request);
  card.provenance = provenance_of(request, parts);
}

}  // namespace

std::vector<ConvertedPart> convert(const ConvertRequest& request, const Note& note) {
  auto parts = asked_for(find_parts(request.from, weight_sources(request.from, request.in, note), note), request);
  const Sides sides = sizes_asked(request, parts);
  NewFolder folder(request.out);
  ModelCard card;
  std::vector<FoundText> texts;
  std::vector<ConvertedPart> converted;
  std::vector<ChosenNetwork> given = request.networks;
  const bool has_text = std::ranges::find(parts, PartKind::text_encoder, &FoundPart::kind) != parts.end();
  const std::string merges = has_text ? find_merges(request) : "";
  for (auto& part : parts) {
    cut_added_tokens(part, merges, request, note);
    const ChosenNetwork network = choose_network(part, given);
    const Plan plan = make_plan(network.spec);
    const TensorMap weights = import_weights(plan, part.layout, part.tensors, part.source.file);
    check_values(weights, request.dtype, part.source.file);
    const auto* text = std::get_if<TextTowerSpec>(&network.spec);
    const std::string name = text ? text_encoder_part(texts.size()) : part.part;
    save_part(folder.path(), name, weights, request.dtype);
    if (text) texts.push_back({*text, part.layout});
    put(card, sized(network.spec, part, sides));
    converted.push_back({name, network.name, part.source.file, cost(plan).params});
  }
  if (!given.empty()) throw RequestError("`network` " + given[0].name + ": " + request.in + " has no part for it");
  complete(card, parts, request, note);
  describe_texts(card, texts, request, !merges.empty());
  if (has_text && merges.empty()) note("no tokenizer: pictures need the merges of one; `merges` FILE adds them");
  if (!merges.empty()) save_text(folder.path() + "/merges.txt", merges);
  save_card(folder.path(), card);
  load_card(folder.path());  // checks that it can be read back
  folder.put_in_place();
  return converted;
}

}  // namespace mds
