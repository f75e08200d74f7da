#include "experiments/transfer/forward.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "experiments/output.h"
#include "networks/memory.h"
#include "pipeline/network_io.h"
#include "profiler/environment.h"
#include "reports/rows.h"

namespace mds {
namespace {

// The width of the pooled embedding of a text tower in the file; 0 where it has no projection.
int64_t projection_in(TextTowerSpec spec, std::optional<Layout> layout, const TensorMap& file,
                      const std::string& source) {
  const std::string ours = "projection.weight";
  if (!layout) return file.contains(ours) && file.at(ours).dim() == 2 ? file.at(ours).size(0) : 0;
  spec.projection = spec.width;
  const NameMatch match = match_names(make_plan(spec), *layout, file, source);
  for (const auto& weight : match.names) {
    const auto found = file.find(match.prefix + weight.theirs);
    if (weight.ours == ours && found != file.end() && found->second.dim() == 2)
      return found->second.size(weight.form == Form::bare_transposed ? 1 : 0);
  }
  return 0;
}

NetworkPtr load_network_weights(NetworkSpec& spec, const ForwardRequest& request) {
  const auto layout = request.layout;
  const TensorMap file = load_tensors(request.weights).tensors;
  if (auto* tower = std::get_if<TextTowerSpec>(&spec); tower && tower->projection == 0)
    tower->projection = projection_in(*tower, layout, file, request.weights);
  const NetworkPtr network = make_network(make_plan(spec), request.placement, at::MemoryFormat::Contiguous);
  const TensorMap weights = layout ? import_weights(network->plan(), *layout, file, request.weights) : file;
  Loras loras;
  const std::string part(name_of(kind_of(network->plan())));
  if (!request.loras.empty()) loras = read_loras(request.loras, LoraNames({{part, network->plan()}}));
  adopt_weights(*network, weights, request.weights, with_updates(loras, part));
  network->prepare(request.placement.kernels);
  return network;
}

// The network's outputs by name, float32 on the CPU.
TensorMap pass(const Network& network, const NetworkSpec& spec, std::vector<Tensor> inputs, const Controls& controls) {
  torch::NoGradGuard no_grad;
  const auto wanted = inputs_of(spec);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (wanted[i].sizes.size() > 1)
      inputs[i] = inputs[i].to(network.dtype());  // timesteps and sizes need full precision
  const auto outputs = run_network(network, spec, {inputs, controls});
  const auto names = outputs_of(network.plan());
  TensorMap named;
  for (size_t i = 0; i < names.size(); ++i) {
    named[names[i]] = outputs[i].to(at::kCPU, at::kFloat);
    if (!is_finite(named[names[i]])) throw std::runtime_error("forward: output \"" + names[i] + "\" is not finite");
  }
  return named;
}

Table output_table(const NamedNetwork& network, const ForwardRequest& request, const TensorMap& outputs) {
  Table table{.title = network.name + ", weights " + request.weights,
              .columns = {{.name = "output"}, {.name = "shape"}, {.name = "mean"}, {.name = "largest"}}};
  for (const auto& [name, tensor] : outputs)
    table.rows.push_back({name, sizes_text(tensor.sizes()), tensor.to(at::kDouble).mean().item<double>(),
                          double(tensor.abs().max().item<float>())});
  table.footnotes = {"Largest absolute value. Written to " + request.output + " in float32."};
  return table;
}

// Metadata for the output file: which program ran which network.
std::map<std::string, std::string> provenance(const NamedNetwork& network) {
  const BuildInfo build = capture_environment().build;
  return {
      {"network", network.name},
      {"hash", hash_of(network.spec)},
      {"build", to_string(Build{build.git_commit, build.git_dirty, build.compiler, build.flags, build.torch_version})}};
}

}  // namespace

Table forward(const ForwardRequest& request) {
  refuse_input_as_output("`output`", request.output, {request.name, request.weights, request.input});
  TensorMap tensors = load_tensors(request.input).tensors;
  NamedNetwork network = find_network(request.name, request.database);
  network.spec = sized_for(network.spec, tensors);
  const Controls controls = take_controls(tensors, make_plan(network.spec), request.input);
  const auto inputs = inputs_from(tensors, network.spec, request.input);
  const auto value_bytes = int64_t(c10::elementSize(scalar_type(request.placement.dtype)));
  if (request.placement.device.is_cpu())
    require_pass(make_plan(network.spec), {.batch = inputs[0].size(0), .value_bytes = value_bytes, .weights = false});
  const NetworkPtr modules = load_network_weights(network.spec, request);
  const TensorMap outputs = pass(*modules, network.spec, inputs, controls);
  save_tensors(request.output, {.tensors = outputs, .metadata = provenance(network)});
  return output_table(network, request, outputs);
}

}  // namespace mds
