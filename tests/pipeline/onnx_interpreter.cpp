#include "tests/pipeline/onnx_interpreter.h"

#include <ATen/ATen.h>

#include <functional>

namespace mds {
namespace {

using Wholes = std::vector<int64_t>;

Wholes wholes(const Tensor& tensor) {
  return {tensor.const_data_ptr<int64_t>(), tensor.const_data_ptr<int64_t>() + tensor.numel()};
}

struct Step {
  const OnnxNode& node;
  std::vector<Tensor> in;

  template <class T>
  T attribute(const std::string& name) const {
    return std::get<T>(node.attributes.at(name));
  }
  int64_t axis() const { return attribute<int64_t>("axis"); }
  Wholes list(const std::string& name) const { return attribute<Wholes>(name); }
};

Tensor conv(const Step& s) {
  const Wholes pads = s.list("pads");
  const Tensor padded = at::constant_pad_nd(s.in[0], {pads[1], pads[3], pads[0], pads[2]});
  return at::conv2d(padded, s.in[1], s.in.size() > 2 ? s.in[2] : Tensor(), s.list("strides"), at::IntArrayRef{0, 0},
                    s.list("dilations"), s.attribute<int64_t>("group"));
}

Tensor instance_norm(const Step& s) {
  const Tensor centred = s.in[0] - s.in[0].mean({-1}, true);
  const Tensor deviation = (centred.square().mean({-1}, true) + s.attribute<float>("epsilon")).sqrt();
  return centred / deviation * s.in[1].view({1, -1, 1}) + s.in[2].view({1, -1, 1});
}

Tensor layer_norm(const Step& s) {
  const Tensor centred = s.in[0] - s.in[0].mean({s.axis()}, true);
  const Tensor deviation = (centred.square().mean({s.axis()}, true) + s.attribute<float>("epsilon")).sqrt();
  return centred / deviation * s.in[1] + s.in[2];
}

Tensor pad(const Step& s) {
  const Wholes given = wholes(s.in[1]);
  Wholes pads;
  for (size_t rank = given.size() / 2, i = rank; i-- > 0;) {
    pads.push_back(given[i]);
    pads.push_back(given[i + rank]);
  }
  return at::constant_pad_nd(s.in[0], pads, s.in[2].item());
}

Tensor resize(const Step& s) {
  Tensor y = s.in[0];
  for (int64_t axis = 0; axis < y.dim(); ++axis) y = y.repeat_interleave(int64_t(s.in[2][axis].item<float>()), axis);
  return y;
}

Tensor expand(const Step& s) { return s.in[0] * at::ones(wholes(s.in[1]), s.in[0].options()); }

using Run = std::function<Tensor(const Step&)>;
const std::map<std::string, Run>& operators() {
  static const std::map<std::string, Run> table = {
      {"Add", [](const Step& s) { return s.in[0] + s.in[1]; }},
      {"Sub", [](const Step& s) { return s.in[0] - s.in[1]; }},
      {"Mul", [](const Step& s) { return s.in[0] * s.in[1]; }},
      {"Div", [](const Step& s) { return s.in[0] / s.in[1]; }},
      {"MatMul", [](const Step& s) { return s.in[0].matmul(s.in[1]); }},
      {"Sigmoid", [](const Step& s) { return 1 / (1 + (-s.in[0]).exp()); }},
      {"Softmax", [](const Step& s) { return s.in[0].softmax(s.axis()); }},
      {"Relu", [](const Step& s) { return s.in[0].clamp_min(0); }},
      {"Erf", [](const Step& s) { return s.in[0].erf(); }},
      {"Sin", [](const Step& s) { return s.in[0].sin(); }},
      {"Cos", [](const Step& s) { return s.in[0].cos(); }},
      {"Tanh", [](const Step& s) { return s.in[0].tanh(); }},
      {"Identity", [](const Step& s) { return s.in[0]; }},
      {"Shape", [](const Step& s) { return at::tensor(s.in[0].sizes(), at::kLong); }},
      {"Reshape", [](const Step& s) { return s.in[0].reshape(wholes(s.in[1])); }},
      {"Transpose", [](const Step& s) { return s.in[0].permute(s.list("perm")); }},
      {"Squeeze", [](const Step& s) { return s.in[0].squeeze(wholes(s.in[1])[0]); }},
      {"Unsqueeze",
       [](const Step& s) {
         Tensor y = s.in[0];
         for (const int64_t axis : wholes(s.in[1])) y = y.unsqueeze(axis);
         return y;
       }},
      {"Gather",
       [](const Step& s) {
         Wholes sizes = s.in[0].sizes().vec();
         const auto at = sizes.erase(sizes.begin() + s.axis());
         sizes.insert(at, s.in[1].sizes().begin(), s.in[1].sizes().end());
         return s.in[0].index_select(s.axis(), s.in[1].flatten()).reshape(sizes);
       }},
      {"Trilu", [](const Step& s) { return s.in[0].tril(s.in[1].item<int64_t>()); }},
      {"GatherElements", [](const Step& s) { return s.in[0].gather(s.axis(), s.in[1]); }},
      {"ArgMax", [](const Step& s) { return s.in[0].argmax(s.axis(), s.attribute<int64_t>("keepdims") != 0); }},
      {"Slice",
       [](const Step& s) { return s.in[0].slice(wholes(s.in[3])[0], wholes(s.in[1])[0], wholes(s.in[2])[0]); }},
      {"Concat", [](const Step& s) { return at::cat(s.in, s.axis()); }},
      {"Conv", conv},
      {"Expand", expand},
      {"InstanceNormalization", instance_norm},
      {"LayerNormalization", layer_norm},
      {"Pad", pad},
      {"Resize", resize},
  };
  return table;
}

Tensor tensor_of(const OnnxTensor& tensor) {
  const auto type = tensor.type == OnnxType::float32 ? at::kFloat : at::kLong;
  return at::from_blob(const_cast<char*>(tensor.data), tensor.sizes, type);
}

}  // namespace

TensorMap run_onnx(const OnnxGraph& graph, TensorMap values) {
  for (const auto& tensor : graph.initializers) values[tensor.name] = tensor_of(tensor);
  for (const auto& node : graph.nodes) {
    Step step{node, {}};
    for (const auto& name : node.inputs) step.in.push_back(name.empty() ? Tensor() : values.at(name));
    if (node.op == "Split") {
      const auto parts = step.in[0].split_with_sizes(wholes(step.in[1]), step.axis());
      for (size_t i = 0; i < parts.size(); ++i) values[node.outputs.at(i)] = parts[i];
      continue;
    }
    values[node.outputs.at(0)] = operators().at(node.op)(step);
  }
  TensorMap outputs;
  for (const auto& output : graph.outputs) outputs[output.name] = values.at(output.name);
  return outputs;
}

}  // namespace mds
