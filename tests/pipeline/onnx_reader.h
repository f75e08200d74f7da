// What libonnx says about a file: valid or not, and what is in it. No LibTorch, whose headers bring another protobuf.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mds {

struct OnnxSummary {
  std::vector<std::string> inputs, outputs;           // "sample N,3,8,8"
  std::map<std::string, std::string> initializers;    // name to bytes, read from wherever they lie
  std::map<std::string, std::string> external_files;  // name of a tensor to the file that holds it
};

// Throws what libonnx's checker throws where the model or the shapes in it are not valid.
OnnxSummary read_onnx(const std::string& file);

}  // namespace mds
