#include "tests/pipeline/onnx_reader.h"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <filesystem>
#include <fstream>

namespace mds {
namespace {

std::string text_of(const onnx::ValueInfoProto& value) {
  std::string text = value.name();
  for (const auto& dim : value.type().tensor_type().shape().dim())
    text +=
        (text == value.name() ? " " : ",") + (dim.has_dim_param() ? dim.dim_param() : std::to_string(dim.dim_value()));
  return text;
}

std::string bytes_of(const onnx::TensorProto& tensor, const std::filesystem::path& folder, std::string& external) {
  if (tensor.data_location() != onnx::TensorProto::EXTERNAL) return tensor.raw_data();
  std::map<std::string, std::string> entries;
  for (const auto& pair : tensor.external_data()) entries[pair.key()] = pair.value();
  external = entries.at("location");
  std::ifstream in(folder / external, std::ios::binary);
  in.seekg(std::stoll(entries.at("offset")));
  std::string bytes(std::stoull(entries.at("length")), '\0');
  in.read(bytes.data(), std::streamsize(bytes.size()));
  return in ? bytes : "unreadable";
}

}  // namespace

OnnxSummary read_onnx(const std::string& file) {
  onnx::checker::check_model(file);
  onnx::ModelProto model;
  std::ifstream in(file, std::ios::binary);
  if (!model.ParseFromIstream(&in)) throw std::runtime_error(file + ": no ONNX model");
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(),
                                     {/*check_type=*/true, /*error_mode=*/1});
  OnnxSummary summary;
  for (const auto& value : model.graph().input()) summary.inputs.push_back(text_of(value));
  for (const auto& value : model.graph().output()) summary.outputs.push_back(text_of(value));
  for (const auto& tensor : model.graph().initializer()) {
    std::string external;
    summary.initializers[tensor.name()] = bytes_of(tensor, std::filesystem::path(file).parent_path(), external);
    if (!external.empty()) summary.external_files[tensor.name()] = external;
  }
  return summary;
}

}  // namespace mds
