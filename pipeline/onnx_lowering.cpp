#include "pipeline/onnx_lowering.h"

#include "pipeline/onnx_operators.h"
#include "pipeline/trace.h"

namespace mds {
namespace {

namespace jit = torch::jit;

class Lowering {
 public:
  explicit Lowering(const jit::Module& module) {
    for (const auto& parameter : module.named_parameters()) weights_[parameter.name] = parameter.value;
  }

  OnnxBuilder run(jit::Graph& graph, const NetworkSpec& spec) {
    const auto inputs = inputs_of(spec);
    for (size_t i = 0; i < inputs.size(); ++i) add_input(graph.inputs()[i + 1], inputs[i]);  // the first is the module
    for (jit::Node* node : graph.nodes()) lower(*node);
    const auto names = outputs_of(make_plan(spec));
    jit::Node* last = graph.outputs()[0]->node();
    const bool several = last->kind() == c10::prim::TupleConstruct;
    for (size_t i = 0; i < names.size(); ++i) add_output(several ? last->input(i) : graph.outputs()[0], names[i]);
    return std::move(builder_);
  }

 private:
  void add_input(const jit::Value* value, const NetworkInput& input) {
    std::vector<int64_t> sizes = input.sizes;
    sizes.insert(sizes.begin(), -1);
    builder_.graph.inputs.push_back({input.name, input.tokens > 0 ? OnnxType::int64 : OnnxType::float32, sizes});
    builder_.bind(value, input.name);
  }

  // All names in ONNX must be distinct: a UNet's output `sample` becomes `out_sample`, as in diffusers' exports.
  void add_output(const jit::Value* value, std::string name) {
    for (const auto& input : builder_.graph.inputs)
      if (input.name == name) name = "out_" + name;
    std::vector<int64_t> sizes = value->type()->expectRef<c10::TensorType>().sizes().concrete_sizes().value();
    sizes.at(0) = -1;
    builder_.graph.outputs.push_back({name, OnnxType::float32, sizes});
    builder_.graph.nodes.push_back(
        {.op = "Identity", .name = name, .inputs = {builder_.name_of(value)}, .outputs = {name}, .attributes = {}});
  }

  void lower(jit::Node& node) {
    switch (node.kind()) {
      case c10::prim::Constant:
      case c10::prim::TupleConstruct:
        return;
      case c10::prim::GetAttr:
        return use_weight(node);
      case c10::prim::ListConstruct:
        return gather_list(node);
      case c10::prim::ListUnpack:
        for (size_t i = 0; i < node.outputs().size(); ++i)
          builder_.bind(node.output(i), builder_.names_of(node.input()).at(i));
        return;
      default:
        return call_operator(node);
    }
  }

  void use_weight(jit::Node& node) {
    const std::string& name = node.s(c10::attr::name);
    builder_.add_initializer(name, weights_.at(name));
    builder_.bind(node.output(), name);
    node.output()->inferTypeFrom(weights_.at(name));
  }

  void gather_list(const jit::Node& node) {
    std::vector<std::string> names;
    for (const jit::Value* value : node.inputs()) names.push_back(builder_.name_of(value));
    builder_.bind_list(node.output(), std::move(names));
  }

  void call_operator(const jit::Node& node) {
    const OnnxCall call(builder_, node);
    const auto found = onnx_operators().find(node.kind().toQualString());
    if (found == onnx_operators().end()) call.fail("is not in the operator table");
    found->second(call);
  }

  TensorMap weights_;
  OnnxBuilder builder_;
};

}  // namespace

OnnxBuilder lower_to_onnx(const jit::Module& module, const NetworkSpec& spec) {
  const auto graph = module.get_method("forward").graph()->copy();
  OnnxBuilder builder = Lowering(module).run(*graph, spec);
  builder.graph.name = std::visit([](const auto& s) { return std::string(s.kind); }, spec);
  builder.graph.metadata = {{"spec", canonical_json(spec)}, {"hash", hash_of(spec)}};
  return builder;
}

}  // namespace mds
