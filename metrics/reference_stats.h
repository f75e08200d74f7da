// What pictures are compared with, prepared once: statistics of features, and the features themselves where a measure
// needs them. One safetensors file holds them for several extractors, and can be shipped without the pictures.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>

#include "metrics/extractor_identity.h"
#include "metrics/frechet.h"
#include "spec/tensor.h"

namespace mds {

// Everything that reference statistics depend on.
struct ReferenceIdentity {
  std::string data_hash;
  int64_t resolution = 0;
  ExtractorIdentity extractor{};
  static void describe(auto& self, auto&& field) {
    field("data_hash", self.data_hash, "of the pictures");
    field("resolution", self.resolution, "pixels a side they were first brought to; 0: their own size");
    field("extractor", self.extractor, "of the features");
  }
};
std::string hash_of(const ReferenceIdentity& identity);  // the key of statistics in a cache

struct ReferenceStats {
  ReferenceIdentity identity;
  FeatureStats stats;
  Tensor features_ND{};  // float32; undefined where only the statistics were kept
};

// SHA-256 over the identity and the values that a measure reads: mean and factor, or features.
enum class ReferencePart : uint8_t { statistics, features };
std::string content_hash(const ReferenceStats& reference, ReferencePart part);

// Reference statistics by "NETWORK.RESIZER", such as "inception-v3-fid.clean".
using ReferenceFile = std::map<std::string, ReferenceStats>;
std::string reference_key(const ExtractorIdentity& extractor);

void save_reference(const std::string& file, const ReferenceFile& references);

// FileError, with the file's name, for tensors that are missing, not finite or of other shapes.
ReferenceFile load_reference(const std::string& file);

// Reads the statistics from the folder `cache`, or computes and stores them there; an empty `cache` stores nothing.
ReferenceStats cached_reference(const std::string& cache, const ReferenceIdentity& identity, bool with_features,
                                const std::function<Tensor()>& features);

}  // namespace mds
