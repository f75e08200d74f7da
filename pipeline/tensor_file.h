// Files of named tensors: safetensors, in one file or in shards with an index. Loading maps the file without copying.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <optional>
#include <string>

#include "spec/tensor.h"

namespace mds {

class NewFile;

using TensorMap = std::map<std::string, Tensor>;

// In bytes, of where the first tensor of a written file begins, and so of each that comes after tensors of as many
// whole times.
inline constexpr int64_t tensor_alignment = 64;

struct TensorFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

// Writes tensor by tensor; save_tensors: complete or not at all. Floating tensors are converted to `floating` where it
// is given. FileError where the file cannot be written, or where safetensors do not have a tensor's type.
void save_tensors(const std::string& file, const TensorFile& content, std::optional<at::ScalarType> floating = {});
void write_tensors(NewFile& out, const TensorFile& content, std::optional<at::ScalarType> floating = {});

// Whether this is the name of an index of shards: NAME.safetensors.index.json, or .index.VARIANT.json as in
// "model.safetensors.index.fp16.json".
bool is_shard_index(const std::string& file);

// Loads a .safetensors file, or the index beside its shards. The tensors are views that keep the mapping: reading
// needs no second copy in RAM, and writing never changes the file (see mapped_file.h). Unaligned tensors are copied.
// FileError names the file, the offset and the limit; ConfigError where an index is not JSON.
TensorFile load_tensors(const std::string& file);

// with_prefix: the tensors whose names begin with prefix, which is removed; prefixed: adds it.
TensorMap with_prefix(const TensorMap& tensors, const std::string& prefix);
TensorMap prefixed(const TensorMap& tensors, const std::string& prefix);

}  // namespace mds
