// A network in ONNX's terms, and the file for it. Independent of LibTorch, whose headers bring another protobuf.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace mds {

constexpr int64_t onnx_opset = 17;  // the first with LayerNormalization

enum class OnnxType : int32_t { float32 = 1, int64 = 7 };  // values of TensorProto.DataType

// An input or output; a size of -1 is the batch, which stays variable as "N".
struct OnnxValue {
  std::string name;
  OnnxType type = OnnxType::float32;
  std::vector<int64_t> sizes;
};

// A constant tensor; its bytes, little-endian and contiguous, are owned elsewhere.
struct OnnxTensor {
  std::string name;
  OnnxType type = OnnxType::float32;
  std::vector<int64_t> sizes;
  const char* data = nullptr;
  uint64_t bytes = 0;
};

using OnnxAttribute = std::variant<int64_t, float, std::string, std::vector<int64_t>>;

struct OnnxNode {
  std::string op, name;
  std::vector<std::string> inputs, outputs;  // "": an optional input that is left out
  std::map<std::string, OnnxAttribute> attributes;
};

struct OnnxGraph {
  std::string name;
  std::vector<OnnxValue> inputs, outputs;
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxNode> nodes;  // in an order that can run
  std::map<std::string, std::string> metadata;
};

constexpr uint64_t most_inline_bytes = 1'000'000'000;

// Writes FILE, complete or not at all. Weights of more than `most_inline` bytes go to FILE.data, beyond protobuf's
// limit of 2 GB; it is put in place before FILE. Returns the files; WriteError where one cannot be written.
std::vector<std::string> save_onnx(const std::string& file, const OnnxGraph& graph,
                                   uint64_t most_inline = most_inline_bytes);

}  // namespace mds
