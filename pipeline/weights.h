// Weight files: safetensors (8 bytes of header length, a JSON header, raw little-endian tensors). One tensor a name;
// metadata is text by key. Files are written whole or not at all; sizes are checked before anything is allocated.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "networks/network.h"

namespace mds {

using TensorMap = std::map<std::string, Tensor>;

struct TensorFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

// FileError where the file cannot be written, or where a tensor is of a type that safetensors files do not have.
void save_tensors(const std::string& file, const TensorFile& content);
TensorFile load_tensors(const std::string& file);  // FileError names the file, the offset and the limit

// A network's weights by path, as they are (sharing storage), or converted to a floating type.
TensorMap weights_of(const Network& network);
TensorMap converted(const TensorMap& tensors, at::ScalarType dtype);

// Copies tensors into a network's weights. `source` opens error messages; a tensor that is missing, extra, misshapen or
// not finite is a FileError that lists the first ten by name.
void load_weights(Network& network, const TensorMap& tensors, const std::string& source);

// The tensors whose names begin with prefix, without it.
TensorMap with_prefix(const TensorMap& tensors, const std::string& prefix);
TensorMap prefixed(const TensorMap& tensors, const std::string& prefix);

// SHA-256 of a file's bytes; FileError where it cannot be read.
std::string file_sha256(const std::string& file);

}  // namespace mds
