// Files of named tensors: safetensors, whole or in shards behind an index. Loading maps the file and copies nothing.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <optional>
#include <string>

namespace mds {

using at::Tensor;
using TensorMap = std::map<std::string, Tensor>;

struct TensorFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

// Written tensor by tensor, whole or not at all; floating tensors as `floating` where it is given, the others as they
// are. FileError where the file cannot be written, or where safetensors have no such type.
void save_tensors(const std::string& file, const TensorFile& content, std::optional<at::ScalarType> floating = {});

// A .safetensors file, or the .index.json beside its shards. The tensors view the mapped file and keep it: reading one
// costs no second copy in RAM, writing to one never reaches the file (see mapped_file.h). One whose bytes lie unaligned
// is copied. FileError names the file, the offset and the limit; ConfigError where an index is no JSON.
TensorFile load_tensors(const std::string& file);

// The tensors whose names begin with prefix, without it; and back.
TensorMap with_prefix(const TensorMap& tensors, const std::string& prefix);
TensorMap prefixed(const TensorMap& tensors, const std::string& prefix);

}  // namespace mds
