#include "trainer/latents.h"

#include <ATen/ATen.h>

#include "pipeline/safetensors.h"
#include "spec/license.h"
#include "trainer/stage.h"

namespace mds {
namespace {

const Tensor& tensor_of(const TensorFile& content, const std::string& name, const std::string& file) {
  const auto found = content.tensors.find(name);
  if (found == content.tensors.end())
    throw FileError(file + ": holds no \"" + name + "\"; it is no file of cached latents");
  return found->second;
}

const Tensor& floating_of(const TensorFile& content, const std::string& name, const std::string& file) {
  const Tensor& tensor = tensor_of(content, name, file);
  if (!tensor.is_floating_point())
    throw FileError(file + ": " + name + " is " + c10::toString(tensor.scalar_type()) + "; expected a floating type");
  return tensor;
}

// -1 in `wanted` allows any size. `letters` names the dimensions in the message.
void check_sizes(const std::string& place, const Tensor& tensor, std::vector<int64_t> wanted,
                 const std::string& letters) {
  bool fits = tensor.dim() == int64_t(wanted.size());
  for (size_t i = 0; fits && i < wanted.size(); ++i) fits = wanted[i] < 0 || wanted[i] == tensor.size(int64_t(i));
  if (!fits) throw FileError(place + " is " + c10::str(tensor.sizes()) + "; expected " + letters);
}

void check(const LatentSet& set, const std::string& file) {
  check_sizes(file + ": moments", set.moments, {-1, -1, -1, -1}, "[N, 2C, H, W]");
  const int64_t n = set.count(), channels = set.moments.size(1) / 2;
  const std::string rows = "[" + std::to_string(n) + ", ";
  if (n == 0 || channels == 0 || set.moments.size(1) % 2 != 0)
    throw FileError(file + ": moments is " + c10::str(set.moments.sizes()) + "; expected [N, 2C, H, W]");
  if (set.moments.size(2) != set.moments.size(3))
    throw FileError(file + ": moments is " + c10::str(set.moments.sizes()) + "; expected H to equal W");
  check_sizes(file + ": text", set.text, {n, -1, -1}, rows + "S, C]");
  const int64_t tokens = set.text.size(1), width = set.text.size(2);
  check_sizes(file + ": empty_text", set.empty_text, {1, tokens, width},
              "[1, " + std::to_string(tokens) + ", " + std::to_string(width) + "]");
  check_sizes(file + ": image_features", set.image_features, {n, -1}, rows + "E]");
  const int64_t features = set.image_features.size(1);
  check_sizes(file + ": text_features", set.text_features, {n, features}, rows + std::to_string(features) + "]");
  if (set.held_out.scalar_type() != at::kBool) throw FileError(file + ": held_out is not a mask");
  check_sizes(file + ": held_out", set.held_out, {n}, "[" + std::to_string(n) + "]");
  if (const LayoutRows& layouts = set.layouts; layouts.defined()) {
    check_sizes(file + ": boxes", layouts.boxes_NB4, {n, -1, 4}, rows + "B, 4]");
    const int64_t slots = layouts.boxes_NB4.size(1);
    check_sizes(file + ": phrases", layouts.phrases_NBC, {n, slots, width}, rows + "B, C]");
    check_sizes(file + ": box_mask", layouts.mask_NB, {n, slots}, rows + "B]");
  }
  if (int64_t(set.captions.size()) != n)
    throw FileError(file + ": has " + std::to_string(set.captions.size()) + " captions; expected " + std::to_string(n));
  if (int64_t(set.scale.mean.size()) != channels || int64_t(set.scale.std.size()) != channels)
    throw FileError(file + ": scale has " + std::to_string(set.scale.mean.size()) + " means and " +
                    std::to_string(set.scale.std.size()) + " deviations; expected " + std::to_string(channels));
}

// Latents may be of larger pictures than the decoder's card says: its weights fit any size.
void fit_decoder(LatentDecoderSpec& decoder, int64_t latent_size) {
  const int64_t own = make_plan(decoder).input.height;
  if (own == latent_size) return;
  const int64_t pixels = decoder.extent().height / own * latent_size;
  std::visit([&](auto& spec) { spec = std::get<std::decay_t<decltype(spec)>>(with_size(spec, {pixels, pixels})); },
             decoder);
}

class MemoryReader final : public LatentReader {
 public:
  MemoryReader(const LatentSet& set, int64_t batch, uint64_t seed)
      : set_(set), rows_(set.rows(/*of_held_out=*/false)), batches_(rows_.numel(), batch, seed) {}
  LatentRows batch(int64_t iteration, int64_t first, int64_t count) override {
    const Tensor chosen = rows_.index_select(0, batches_.at(iteration).slice(0, first, first + count));
    return {.moments = set_.moments.index_select(0, chosen),
            .text = set_.text.index_select(0, chosen),
            .layouts = selected(set_.layouts, chosen)};
  }

 private:
  const LatentSet& set_;
  Tensor rows_;
  Batches batches_;
};

}  // namespace

Tensor LatentSet::rows(bool of_held_out) const {
  return at::nonzero(of_held_out ? held_out : held_out.logical_not()).flatten();
}

LatentShape LatentSet::shape() const {
  return {.channels = moments.size(1) / 2, .size = moments.size(2), .tokens = text.size(1), .width = text.size(2)};
}

int64_t LatentSet::training_count() const { return rows(/*of_held_out=*/false).numel(); }

std::unique_ptr<LatentReader> LatentSet::reader(int64_t batch, uint64_t seed) const {
  return std::make_unique<MemoryReader>(*this, batch, seed);
}

HeldOutPairs LatentSet::held_out_pairs() const {
  const Tensor chosen = rows(/*of_held_out=*/true);
  HeldOutPairs pairs{.captions = {},
                     .image_features = image_features.index_select(0, chosen),
                     .text_features = text_features.index_select(0, chosen)};
  for (int64_t i = 0; i < chosen.numel(); ++i) pairs.captions.push_back(captions[size_t(chosen[i].item<int64_t>())]);
  return pairs;
}

Tensor LatentSet::held_out_text(const Tensor& of) const {
  return text.index_select(0, rows(/*of_held_out=*/true).index_select(0, of));
}

LayoutRows LatentSet::held_out_layouts(const Tensor& of) const {
  return selected(layouts, rows(/*of_held_out=*/true).index_select(0, of));
}

FeatureStats LatentSet::training_features() const {
  return feature_stats(image_features.index_select(0, rows(/*of_held_out=*/false)));
}

std::map<std::string, std::string> read_hashes(const Json& json, const Place& place) {
  check_type(place, json, json.is_object(), "an object");
  std::map<std::string, std::string> hashes;
  for (const auto& [name, hash] : json.items()) read_json(hash, hashes[name], place.child(name));
  return hashes;
}

std::map<std::string, std::string> encoder_hashes(const EncoderFolders& folders) {
  std::map<std::string, std::string> hashes;
  EncoderFolders::describe(folders, [&](std::string_view name, const std::string& folder, std::string_view) {
    hashes[std::string(name)] = model_hash(shipped_file(folder));
  });
  return hashes;
}

EncoderCards check_encoders(const LatentSource& latents, const EncoderFolders& folders) {
  const auto hashes = encoder_hashes(folders);
  EncoderFolders::describe(folders, [&](std::string_view name, const std::string& folder, std::string_view) {
    const auto made_with = latents.encoders.find(std::string(name));
    if (made_with == latents.encoders.end() || made_with->second != hashes.at(std::string(name)))
      throw ConfigError("encoders." + std::string(name) + ": " + folder +
                        " is not the model that the cached latents were made with; name that one, or make them again");
  });
  ModelCard autoencoder = load_card(shipped_file(folders.autoencoder), {"vae_decoder"});
  fit_decoder(*autoencoder.vae_decoder, latents.shape().size);
  return {.autoencoder = std::move(autoencoder),
          .text = load_card(shipped_file(folders.text), {"text_encoder", "tokenizer"}),
          .score = load_card(shipped_file(folders.score), {"image_encoder", "image_normalisation"})};
}

void save_latents(const std::string& file, const LatentSet& set) {
  TensorMap tensors{{"moments", set.moments},
                    {"text", set.text},
                    {"empty_text", set.empty_text},
                    {"image_features", set.image_features},
                    {"text_features", set.text_features},
                    {"held_out", set.held_out}};
  LayoutRows::for_each(set.layouts, [&](const char* name, const Tensor& tensor) {
    if (tensor.defined()) tensors[name] = tensor;
  });
  save_tensors(file, {.tensors = std::move(tensors),
                      .metadata = {{"captions", Json(set.captions).dump()},
                                   {"scale", to_json(set.scale).dump()},
                                   {"hash", set.hash},
                                   {"encoders", Json(set.encoders).dump()},
                                   {"license", set.license}}});
}

LatentSet load_latents(const std::string& file) {
  const TensorFile content = load_tensors(file);
  LatentSet set;
  set.moments = floating_of(content, "moments", file);
  set.text = floating_of(content, "text", file);
  set.empty_text = floating_of(content, "empty_text", file);
  set.image_features = floating_of(content, "image_features", file);
  set.text_features = floating_of(content, "text_features", file);
  set.held_out = tensor_of(content, "held_out", file);
  if (content.tensors.contains("boxes"))
    LayoutRows::for_each(set.layouts,
                         [&](const char* name, Tensor& tensor) { tensor = floating_of(content, name, file); });
  set.license = unknown_license;  // of files that earlier versions wrote
  const auto metadata = [&](const std::string& key) {
    const auto found = content.metadata.find(key);
    if (found == content.metadata.end()) throw FileError(file + ": its metadata lack \"" + key + "\"");
    return found->second;
  };
  const auto json = [&](const std::string& key) {
    return parse_json(metadata(key), file + ": " + key, most_header_bytes);
  };
  read_json(json("captions"), set.captions, {file, "captions"});
  read_json(json("scale"), set.scale, {file, "scale"});
  set.hash = metadata("hash");
  set.encoders = read_hashes(json("encoders"), {file, "encoders"});
  if (content.metadata.contains("license")) set.license = metadata("license");
  check(set, file);
  return set;
}

}  // namespace mds
