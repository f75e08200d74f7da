#include "pipeline/trace.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/constant_pooling.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/types.h>

namespace mds {
namespace {

namespace jit = torch::jit;

// The network's tensors as parameters of one script module. Nested modules would be named by segments in the file's
// Python code, where `in` is a reserved word.
jit::Module script_module(const TensorMap& parameters) {
  jit::Module module(c10::QualifiedName("__torch__.mdsearch.Network"), std::make_shared<jit::CompilationUnit>());
  module.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& [name, tensor] : parameters) module.register_parameter(name, tensor, /*is_buffer=*/false);
  return module;
}

// The tracer takes a dot for a nested module, so parameters are recorded under names without dots.
constexpr char dot = '.', traced_dot = '/';
std::string replaced(std::string name, char from, char to) {
  std::replace(name.begin(), name.end(), from, to);
  return name;
}

void rename_parameters(jit::Graph& graph, const jit::Module& module) {
  graph.inputs()[0]->setType(module.type());
  for (jit::Node* node : graph.nodes())
    if (node->kind() == c10::prim::GetAttr)
      node->s_(c10::attr::name, replaced(node->s(c10::attr::name), traced_dot, dot));
}

// Names all nodes that are recorded from now on after a plan step.
void enter_step(const std::string& path) {
  jit::Graph& graph = *jit::tracer::getTracingState()->graph;
  graph.set_current_scope(c10::make_intrusive<jit::Scope>()->push(c10::Symbol::scope(path)));
}

// Removes calls of `to` that do not change the type: they fix a device, and the module must run on any device.
void remove_moves(jit::Graph& graph) {
  for (auto it = graph.nodes().begin(); it != graph.nodes().end(); ++it) {
    if (it->kind() != c10::aten::to) continue;
    const auto type = [](const jit::Value* value) { return value->type()->expect<c10::TensorType>()->scalarType(); };
    if (type(it->input(0)) == type(it->output())) it->output()->replaceAllUsesWith(it->input(0));
  }
}

c10::IValue packed(const std::vector<Tensor>& outputs) {
  if (outputs.size() == 1) return outputs[0];
  return c10::ivalue::Tuple::create(std::vector<c10::IValue>(outputs.begin(), outputs.end()));
}

}  // namespace

std::vector<Tensor> example_inputs(const NetworkSpec& spec, int64_t batch, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  std::vector<Tensor> tensors;
  for (const auto& input : inputs_of(spec)) {
    std::vector<int64_t> sizes = input.sizes;
    sizes.insert(sizes.begin(), batch);
    if (input.tokens > 0) {
      tensors.push_back(at::randint(input.tokens, sizes, generator, at::kLong));
    } else {
      tensors.push_back(at::randn(sizes, generator, at::kFloat));
    }
    const bool counts = input.field == &Conditioning::timesteps_N || input.field == &Conditioning::time_ids_NI;
    if (counts) tensors.back() = tensors.back().abs() * 300;
  }
  return tensors;
}

jit::Module trace(const Network& network, const NetworkSpec& spec) {
  torch::NoGradGuard no_grad;
  TensorMap traced_parameters;
  for (const auto& item : state_of(network)) traced_parameters[replaced(item.key(), dot, traced_dot)] = item.value();
  jit::Module module = script_module(weights_of(network)), traced_module = script_module(traced_parameters);
  const std::vector<Tensor> examples = example_inputs(spec, traced_batch, 0);
  std::vector<std::string> names;
  for (const auto& input : inputs_of(spec)) names.push_back(input.name);

  const auto& steps = network.plan().steps;
  const auto forward = [&](const jit::Stack& stack) -> jit::Stack {
    std::vector<Tensor> inputs;
    for (const auto& value : stack) inputs.push_back(value.toTensor());
    size_t done = 0;
    enter_step(steps[0].path);
    return {packed(run_network(network, spec, inputs, [&](const PlanStep&, Tensor y) {
      if (++done < steps.size()) enter_step(steps[done].path);
      return y;
    }))};
  };
  const auto traced = jit::tracer::trace(
      {examples.begin(), examples.end()}, forward, [](const Tensor&) { return std::string(); }, /*strict=*/true,
      /*force_outplace=*/false, &traced_module, names);
  auto graph = traced.first->graph;
  rename_parameters(*graph, module);
  jit::ConstantPropagation(graph);
  remove_moves(*graph);
  jit::EliminateDeadCode(graph);
  jit::ConstantPooling(graph);
  const auto name = c10::QualifiedName(*module.type()->name(), "forward");
  module.type()->addMethod(module._ivalue()->compilation_unit()->create_function(name, graph));
  return module;
}

}  // namespace mds
