// Writes an ONNX graph as protobuf. It sees no LibTorch, whose headers hold another protobuf.
#include <onnx/onnx_pb.h>

#include <filesystem>
#include <optional>

#include "pipeline/onnx_graph.h"
#include "spec/new_file.h"

namespace mds {
namespace {

constexpr int64_t ir_version = 8;          // the version that introduced opset 17
constexpr uint64_t data_alignment = 4096;  // of tensors in the external file, so that they can be mapped

void put(onnx::ValueInfoProto& proto, const OnnxValue& value) {
  proto.set_name(value.name);
  auto& type = *proto.mutable_type()->mutable_tensor_type();
  type.set_elem_type(int32_t(value.type));
  for (const int64_t size : value.sizes) {
    auto& dim = *type.mutable_shape()->add_dim();
    size < 0 ? dim.set_dim_param("N") : dim.set_dim_value(size);
  }
}

struct PutAttribute {
  onnx::AttributeProto& proto;

  void operator()(int64_t value) const {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(value);
  }
  void operator()(float value) const {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(value);
  }
  void operator()(const std::string& value) const {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(value);
  }
  void operator()(const std::vector<int64_t>& values) const {
    proto.set_type(onnx::AttributeProto::INTS);
    for (const int64_t value : values) proto.add_ints(value);
  }
};

void put(onnx::NodeProto& proto, const OnnxNode& node) {
  proto.set_op_type(node.op);
  proto.set_name(node.name);
  for (const auto& name : node.inputs) proto.add_input(name);
  for (const auto& name : node.outputs) proto.add_output(name);
  for (const auto& [name, value] : node.attributes) {
    auto& attribute = *proto.add_attribute();
    attribute.set_name(name);
    std::visit(PutAttribute{attribute}, value);
  }
}

// Holds the tensors that are stored outside of the model file.
class ExternalData {
 public:
  explicit ExternalData(const std::string& file)
      : location_(std::filesystem::path(file).filename().string()), out_(file) {}

  void put(onnx::TensorProto& proto, const OnnxTensor& tensor) {
    const uint64_t padding = (data_alignment - written_ % data_alignment) % data_alignment;
    out_.write(std::string(padding, '\0'));
    out_.write({tensor.data, tensor.bytes});
    const auto entry = [&](const char* key, const std::string& value) {
      auto& pair = *proto.add_external_data();
      pair.set_key(key);
      pair.set_value(value);
    };
    proto.set_data_location(onnx::TensorProto::EXTERNAL);
    entry("location", location_);
    entry("offset", std::to_string(written_ + padding));
    entry("length", std::to_string(tensor.bytes));
    written_ += padding + tensor.bytes;
  }

  void put_in_place() { out_.put_in_place(); }

 private:
  std::string location_;
  NewFile out_;
  uint64_t written_ = 0;
};

void put(onnx::TensorProto& proto, const OnnxTensor& tensor, ExternalData* data) {
  constexpr uint64_t shape_bytes = 1024;  // readers need small tensors in the model file to infer shapes
  proto.set_name(tensor.name);
  proto.set_data_type(int32_t(tensor.type));
  for (const int64_t size : tensor.sizes) proto.add_dims(size);
  if (data && tensor.bytes > shape_bytes) return data->put(proto, tensor);
  proto.set_raw_data(tensor.data, tensor.bytes);
}

onnx::ModelProto model_of(const OnnxGraph& graph, ExternalData* data) {
  onnx::ModelProto model;
  model.set_ir_version(ir_version);
  model.set_producer_name("mdsearch");
  model.add_opset_import()->set_version(onnx_opset);
  for (const auto& [key, value] : graph.metadata) {
    auto& pair = *model.add_metadata_props();
    pair.set_key(key);
    pair.set_value(value);
  }
  auto& proto = *model.mutable_graph();
  proto.set_name(graph.name);
  for (const auto& input : graph.inputs) put(*proto.add_input(), input);
  for (const auto& output : graph.outputs) put(*proto.add_output(), output);
  for (const auto& node : graph.nodes) put(*proto.add_node(), node);
  for (const auto& tensor : graph.initializers) put(*proto.add_initializer(), tensor, data);
  return model;
}

}  // namespace

std::vector<std::string> save_onnx(const std::string& file, const OnnxGraph& graph, uint64_t most_inline) {
  uint64_t bytes = 0;
  for (const auto& tensor : graph.initializers) bytes += tensor.bytes;
  NewFile out(file);
  std::optional<ExternalData> data;
  if (bytes > most_inline) data.emplace(file + ".data");
  out.write(model_of(graph, data ? &*data : nullptr).SerializeAsString());
  if (data) data->put_in_place();
  out.put_in_place();
  return data ? std::vector{file, file + ".data"} : std::vector{file};
}

}  // namespace mds
