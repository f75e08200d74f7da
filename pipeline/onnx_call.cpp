#include "pipeline/onnx_call.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>

#include <stdexcept>

namespace mds {
namespace {

const c10::TensorType& tensor_type(const torch::jit::Value* value) {
  return value->type()->expectRef<c10::TensorType>();
}

Tensor plain(const Tensor& tensor) {
  return tensor.detach().to(at::kCPU, tensor.is_floating_point() ? at::kFloat : at::kLong).contiguous();
}

std::string_view bytes_of(const Tensor& contiguous) {
  return {static_cast<const char*>(contiguous.const_data_ptr()), contiguous.nbytes()};
}

}  // namespace

void OnnxBuilder::add_initializer(const std::string& name, const Tensor& tensor) {
  const Tensor& kept = kept_.emplace_back(plain(tensor));
  const auto bytes = bytes_of(kept);
  graph.initializers.push_back({.name = name,
                                .type = kept.is_floating_point() ? OnnxType::float32 : OnnxType::int64,
                                .sizes = kept.sizes().vec(),
                                .data = bytes.data(),
                                .bytes = bytes.size()});
}

std::string OnnxBuilder::constant(const Tensor& tensor) {
  const Tensor value = plain(tensor);
  std::string key = value.is_floating_point() ? "f" : "i";
  for (const int64_t size : value.sizes()) key += std::to_string(size) + ",";
  key += ":" + std::string(bytes_of(value));
  const auto [found, is_new] = constants_.try_emplace(key, "constant." + std::to_string(constants_.size()));
  if (is_new) add_initializer(found->second, value);
  return found->second;
}

std::string OnnxBuilder::name_of(Value value) {
  if (const auto found = names_.find(value); found != names_.end()) return found->second;
  const auto known = torch::jit::toIValue(value);
  if (!known || !(known->isTensor() || known->isScalar()))
    throw std::logic_error("export: %" + value->debugName() + " is used before it is computed");
  return names_[value] = constant(known->isTensor() ? known->toTensor() : at::scalar_tensor(known->toScalar()));
}

c10::IValue OnnxCall::value(size_t i) const {
  const auto known = torch::jit::toIValue(node_.input(i));
  if (!known) fail("argument " + std::to_string(i) + " is computed; expected a constant");
  return *known;
}

std::vector<int64_t> OnnxCall::sizes_of(const torch::jit::Value* value) const {
  const auto sizes = tensor_type(value).sizes().concrete_sizes();
  if (!sizes) fail("%" + value->debugName() + " has no traced shape");
  return *sizes;
}

at::ScalarType OnnxCall::type_of(const torch::jit::Value* value) const {
  const auto type = tensor_type(value).scalarType();
  if (!type) fail("%" + value->debugName() + " has no traced type");
  return *type;
}

OnnxNode OnnxCall::node_of(const std::string& op) const {
  const std::string name = node_.scopeName() + "/" + op + "." + std::to_string(builder_.graph.nodes.size());
  return {.op = op, .name = name, .inputs = {}, .outputs = {}, .attributes = {}};
}

std::string OnnxCall::add(const std::string& op, std::vector<std::string> inputs, Attributes attributes) const {
  OnnxNode node = node_of(op);
  node.inputs = std::move(inputs);
  node.outputs = {node.name};
  node.attributes = std::move(attributes);
  builder_.graph.nodes.push_back(std::move(node));
  return builder_.graph.nodes.back().name;
}

std::vector<std::string> OnnxCall::add_split(const std::vector<int64_t>& sizes, int64_t axis) const {
  OnnxNode node = node_of("Split");
  node.inputs = {tensor(0), constant(sizes)};
  node.attributes = {{"axis", axis}};
  for (size_t i = 0; i < sizes.size(); ++i) node.outputs.push_back(node.name + "." + std::to_string(i));
  builder_.graph.nodes.push_back(node);
  return node.outputs;
}

std::string OnnxCall::constant(double value) const { return constant(at::scalar_tensor(value, at::kFloat)); }
std::string OnnxCall::constant(const std::vector<int64_t>& values) const {
  return constant(at::tensor(values, at::kLong));
}

void OnnxCall::fail(const std::string& why) const {
  throw ConfigError("export to onnx: step " + node_.scopeName() + ": " + node_.kind().toQualString() + " " + why);
}

}  // namespace mds
