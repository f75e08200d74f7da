#include "trainer/latents.h"

#include <ATen/ATen.h>

namespace mds {
namespace {

const Tensor& tensor_of(const TensorFile& content, const std::string& name, const std::string& file) {
  const auto found = content.tensors.find(name);
  if (found == content.tensors.end()) throw FileError(file + ": holds no \"" + name + "\"; it is no file of cached latents");
  return found->second;
}

void check_rows(const LatentSet& set, const std::string& file) {
  const int64_t n = set.count();
  const bool equal = set.text.size(0) == n && set.image_features.size(0) == n && set.text_features.size(0) == n &&
                     set.held_out.size(0) == n && int64_t(set.captions.size()) == n;
  if (n == 0 || !equal) throw FileError(file + ": its tensors and captions differ in their number of rows, or hold none");
}

}  // namespace

Tensor LatentSet::rows(bool of_held_out) const { return at::nonzero(of_held_out ? held_out : held_out.logical_not()).flatten(); }

void save_latents(const std::string& file, const LatentSet& set) {
  save_tensors(file, {.tensors = {{"moments", set.moments}, {"text", set.text}, {"empty_text", set.empty_text},
                                  {"image_features", set.image_features}, {"text_features", set.text_features},
                                  {"held_out", set.held_out}},
                      .metadata = {{"captions", Json(set.captions).dump()}, {"scale", to_json(set.scale).dump()}, {"hash", set.hash}}});
}

LatentSet load_latents(const std::string& file) {
  const TensorFile content = load_tensors(file);
  LatentSet set{.moments = tensor_of(content, "moments", file), .text = tensor_of(content, "text", file),
                .empty_text = tensor_of(content, "empty_text", file),
                .image_features = tensor_of(content, "image_features", file),
                .text_features = tensor_of(content, "text_features", file), .held_out = tensor_of(content, "held_out", file),
                .captions = {}, .scale = {}, .hash = {}};
  const auto metadata = [&](const std::string& key) {
    const auto found = content.metadata.find(key);
    if (found == content.metadata.end()) throw FileError(file + ": its metadata lack \"" + key + "\"");
    return found->second;
  };
  const auto json = [&](const std::string& key) {
    const Json value = Json::parse(metadata(key), nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) throw FileError(file + ": its metadata \"" + key + "\" is not JSON");
    return value;
  };
  read_json(json("captions"), set.captions, {file, "captions"});
  read_json(json("scale"), set.scale, {file, "scale"});
  set.hash = metadata("hash");
  check_rows(set, file);
  return set;
}

}  // namespace mds
