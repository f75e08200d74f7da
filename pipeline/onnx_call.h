// Lowers a traced graph to ONNX: the graph built so far, and one call as an entry of the operator table sees it.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/onnx_graph.h"
#include "pipeline/weights.h"

namespace mds {

// The ONNX graph built so far, and which ONNX name stands for each traced value.
class OnnxBuilder {
 public:
  using Value = const torch::jit::Value*;

  std::string name_of(Value value);  // makes constants initializers; logic_error if not computed yet
  const std::vector<std::string>& names_of(Value list) const { return lists_.at(list); }
  void bind(Value value, const std::string& name) { names_[value] = name; }
  void bind_list(Value list, std::vector<std::string> names) { lists_[list] = std::move(names); }

  // Floating tensors become float32, integer ones int64. The first function names a weight, the second invents a name.
  void add_initializer(const std::string& name, const Tensor& tensor);
  std::string constant(const Tensor& tensor);

  OnnxGraph graph;  // borrows the bytes of its initializers from this object

 private:
  std::unordered_map<Value, std::string> names_;
  std::unordered_map<Value, std::vector<std::string>> lists_;
  std::unordered_map<std::string, std::string> constants_;  // by type, shape and bytes
  std::vector<Tensor> kept_;
};

// One call of an aten operator: its arguments as numbers or ONNX names, and the nodes that take its place.
class OnnxCall {
 public:
  OnnxCall(OnnxBuilder& builder, const torch::jit::Node& node) : builder_(builder), node_(node) {}

  std::string tensor(size_t i) const { return builder_.name_of(node_.input(i)); }
  const std::vector<std::string>& tensors(size_t i) const { return builder_.names_of(node_.input(i)); }
  bool absent(size_t i) const { return node_.input(i)->mustBeNone(); }
  int64_t whole(size_t i) const { return value(i).toInt(); }
  double number(size_t i) const { return value(i).toScalar().toDouble(); }
  bool flag(size_t i) const { return value(i).toBool(); }
  std::string text(size_t i) const { return value(i).toStringRef(); }
  std::vector<int64_t> wholes(size_t i) const { return value(i).toIntVector(); }
  // The traced sizes; where the first size depends on the input, it is the tracer's batch.
  std::vector<int64_t> sizes(size_t i) const { return sizes_of(node_.input(i)); }
  std::vector<int64_t> result_sizes() const { return sizes_of(node_.output()); }
  at::ScalarType type(size_t i) const { return type_of(node_.input(i)); }
  at::ScalarType result_type() const { return type_of(node_.output()); }
  int64_t axis(size_t i, int64_t rank) const { return whole(i) < 0 ? whole(i) + rank : whole(i); }
  int64_t axis(size_t i) const { return axis(i, int64_t(sizes(0).size())); }

  // Adds a node, named after the plan step, and returns the name of its output.
  using Attributes = std::map<std::string, OnnxAttribute>;
  std::string add(const std::string& op, std::vector<std::string> inputs, Attributes attributes = {}) const;
  std::vector<std::string> add_split(const std::vector<int64_t>& sizes, int64_t axis) const;  // splits the first tensor

  std::string constant(double value) const;  // float32
  std::string constant(const std::vector<int64_t>& values) const;
  std::string constant(const Tensor& tensor) const { return builder_.constant(tensor); }

  void give(const std::string& name) const { builder_.bind(node_.output(), name); }
  void give_list(std::vector<std::string> names) const { builder_.bind_list(node_.output(), std::move(names)); }

  [[noreturn]] void fail(const std::string& why) const;  // ConfigError with the operator and the plan step

 private:
  c10::IValue value(size_t i) const;
  std::vector<int64_t> sizes_of(const torch::jit::Value* value) const;
  at::ScalarType type_of(const torch::jit::Value* value) const;
  OnnxNode node_of(const std::string& op) const;

  OnnxBuilder& builder_;
  const torch::jit::Node& node_;
};

}  // namespace mds
