// What libonnx finds in a file, and whether it is valid. No LibTorch, whose headers bring another protobuf.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mds {

struct OnnxSummary {
  std::vector<std::string> inputs, outputs;           // "sample N,3,8,8"
  std::map<std::string, std::string> initializers;    // name to bytes, from either file
  std::map<std::string, std::string> external_files;  // name of a tensor to the file that holds it
};

// Throws the exceptions of libonnx's checker where the model or its shapes are not valid.
OnnxSummary read_onnx(const std::string& file);

}  // namespace mds
