#include "metrics/reference_stats.h"

#include <ATen/ATen.h>

#include <filesystem>

#include "pipeline/weights.h"

namespace mds {
namespace {

void check(bool holds, const std::string& file, const std::string& what) {
  if (!holds) throw FileError(file + ": " + what);
}

Tensor taken(const TensorMap& tensors, const std::string& name, int64_t rank, const std::string& file) {
  const auto found = tensors.find(name);
  check(found != tensors.end(), file, "holds no tensor \"" + name + "\"");
  const Tensor tensor = found->second;
  check(tensor.dim() == rank && tensor.is_floating_point(), file,
        "tensor \"" + name + "\" is " + sizes_text(tensor.sizes()) + "; expected floating, of rank " +
            std::to_string(rank));
  check(is_finite(tensor), file, "tensor \"" + name + "\" is not finite");
  return tensor;
}

// Hash of a tensor's sizes and bytes.
std::string hash_of_values(const Tensor& tensor) {
  const Tensor values = tensor.contiguous();
  return sizes_text(values.sizes()) +
         sha256(std::string_view(static_cast<const char*>(values.const_data_ptr()), values.nbytes()));
}

// Hash of the stored tensors, which the file itself records so that damage is found.
std::string bytes_hash(const TensorMap& tensors, const std::string& key) {
  std::string hashes;
  for (const char* part : {".mean", ".factor", ".features"})
    if (const auto found = tensors.find(key + part); found != tensors.end()) hashes += hash_of_values(found->second);
  return sha256(hashes);
}

ReferenceStats read_stats(const TensorFile& content, const std::string& key, const std::string& file) {
  ReferenceStats reference;
  const Json about = parse_json(content.metadata.at(key), file + ": metadata of " + key);
  check(about.is_object(), file, "metadata of " + key + ": is " + shown(about) + "; expected an object");
  read_json(about.value("identity", Json()), reference.identity, {file, key});
  read_json(about.value("n", Json()), reference.stats.n, {file, key + ".n"}, at_least(2));
  reference.stats.mean_D = taken(content.tensors, key + ".mean", 1, file).to(at::kDouble);
  reference.stats.factor_RD = taken(content.tensors, key + ".factor", 2, file).to(at::kDouble);
  const int64_t width = reference.stats.mean_D.size(0);
  check(reference.stats.factor_RD.size(1) == width, file, key + ": mean and factor differ in width");
  check(reference_key(reference.identity.extractor) == key, file, key + ": its identity tells of another extractor");
  check(about.value("sha256", Json()) == Json(bytes_hash(content.tensors, key)), file,
        key + ": its tensors are not those it was written with; make it anew");
  if (!content.tensors.contains(key + ".features")) return reference;
  reference.features_ND = taken(content.tensors, key + ".features", 2, file).to(at::kFloat);
  check(reference.features_ND.sizes() == at::IntArrayRef({reference.stats.n, width}), file,
        key + ": features are " + sizes_text(reference.features_ND.sizes()) + "; expected " +
            sizes_text({reference.stats.n, width}));
  return reference;
}

}  // namespace

std::string hash_of(const ReferenceIdentity& identity) { return sha256(to_json(identity).dump()); }

std::string content_hash(const ReferenceStats& reference, ReferencePart part) {
  const std::string values = part == ReferencePart::features
                                 ? hash_of_values(reference.features_ND)
                                 : hash_of_values(reference.stats.mean_D) + hash_of_values(reference.stats.factor_RD);
  return sha256(hash_of(reference.identity) + std::to_string(reference.stats.n) + values);
}

std::string reference_key(const ExtractorIdentity& extractor) { return extractor.network + "." + extractor.resizer; }

void save_reference(const std::string& file, const ReferenceFile& references) {
  TensorFile content;
  for (const auto& [key, reference] : references) {
    content.tensors[key + ".mean"] = reference.stats.mean_D.contiguous();
    content.tensors[key + ".factor"] = reference.stats.factor_RD.contiguous();
    if (reference.features_ND.defined()) content.tensors[key + ".features"] = reference.features_ND.contiguous();
    content.metadata[key] = Json{{"identity", to_json(reference.identity)},
                                 {"n", reference.stats.n},
                                 {"sha256", bytes_hash(content.tensors, key)}}
                                .dump();
  }
  save_tensors(file, content);
}

ReferenceFile load_reference(const std::string& file) {
  const TensorFile content = load_tensors(file);
  ReferenceFile references;
  for (const auto& [key, about] : content.metadata) references[key] = read_stats(content, key, file);
  check(!references.empty(), file, "holds no reference statistics; expected a file that `save_reference` wrote");
  return references;
}

ReferenceStats cached_reference(const std::string& cache, const ReferenceIdentity& identity, bool with_features,
                                const std::function<Tensor()>& features) {
  const std::string key = reference_key(identity.extractor);
  const std::string file = cache.empty() ? "" : cache + "/reference-" + hash_of(identity) + ".safetensors";
  if (!file.empty() && std::filesystem::exists(file)) {
    const ReferenceFile cached = load_reference(file);
    const auto found = cached.find(key);
    const bool fits = found != cached.end() && hash_of(found->second.identity) == hash_of(identity);
    if (fits && (!with_features || found->second.features_ND.defined())) return found->second;
  }
  const Tensor features_ND = features();
  ReferenceStats made{.identity = identity, .stats = feature_stats(features_ND), .features_ND = {}};
  if (with_features) made.features_ND = features_ND;
  if (file.empty()) return made;
  std::filesystem::create_directories(cache);
  save_reference(file, {{key, made}});
  return made;
}

}  // namespace mds
