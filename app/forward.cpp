// mdsearch forward: one pass of a network over the tensors of a file, to compare weights and networks with others.
#include <ATen/ATen.h>
#include <torch/types.h>

#include <iostream>
#include <optional>

#include "app/compute_options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "experiments/output.h"
#include "networks/memory.h"
#include "pipeline/network_io.h"
#include "pipeline/weight_import.h"
#include "profiler/environment.h"
#include "reports/rows.h"
#include "reports/table.h"
#include "search/named_network.h"

namespace mds {
namespace {

struct ForwardRequest {
  std::string name, weights, input, output, layout, dtype, format, database;
  ComputeOptions compute;

  std::optional<Layout> from() const {
    return layout.empty() ? std::nullopt : std::optional(parse_choice<Layout>("--from", layout));
  }
};

bool read_forward(int argc, char** argv, ForwardRequest& request) {
  CommandLine line{.usage = "mdsearch forward NETWORK --weights FILE --input FILE --output FILE [--from LAYOUT]",
                   .example =
                       "mdsearch forward sd15 --weights unet.safetensors --from diffusers --input in.safetensors "
                       "--output out.safetensors",
                   .positional = {"network"}};
  line.options.add_options()("network", po::value(&request.name)->required()->value_name("NETWORK"), network_names)(
      "weights", po::value(&request.weights)->required()->value_name("FILE"),
      "Weights: safetensors, or the .index.json of their shards")(
      "input", po::value(&request.input)->required()->value_name("FILE"),
      "The network's inputs by name, as safetensors")("output",
                                                      po::value(&request.output)->required()->value_name("FILE"),
                                                      "Where the outputs go by name, in float32, as safetensors")(
      "from", one_of(&request.layout, names_of<Layout>()), "Which library named the weights (default: this program)")(
      "db", po::value(&request.database)->default_value(default_database)->value_name("FILE"),
      "Database that stored names are looked up in")(
      "dtype", one_of(&request.dtype, names_of<Precision>())->default_value("fp32"),
      "Type of the weights and of the computation")(
      "format", one_of(&request.format, names_of<Format>())->default_value("table"), "How the result is printed");
  add_compute_options(line.options, request.compute);
  po::variables_map values;
  return parse(line, argc, argv, values);
}

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

NetworkPtr load_network_weights(NetworkSpec& spec, const ForwardRequest& request, const Placement& placement) {
  const auto layout = request.from();
  const TensorMap file = load_tensors(request.weights).tensors;
  if (auto* tower = std::get_if<TextTowerSpec>(&spec); tower && tower->projection == 0)
    tower->projection = projection_in(*tower, layout, file, request.weights);
  const NetworkPtr network = make_network(make_plan(spec), placement, at::MemoryFormat::Contiguous);
  const TensorMap weights = layout ? import_weights(network->plan(), *layout, file, request.weights) : file;
  adopt_weights(*network, weights, request.weights);
  return network;
}

// The network's outputs by name, float32 on the CPU.
TensorMap pass(const Network& network, const NetworkSpec& spec, std::vector<Tensor> inputs) {
  torch::NoGradGuard no_grad;
  const auto wanted = inputs_of(spec);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (wanted[i].sizes.size() > 1)
      inputs[i] = inputs[i].to(network.dtype());  // timesteps and sizes need full precision
  const auto outputs = run_network(network, spec, inputs);
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

int run_forward(int argc, char** argv) {
  ForwardRequest request;
  if (!read_forward(argc, argv, request)) return 0;
  const Format format = parse_format(request.format);
  const auto dtype = parse_choice<Precision>("--dtype", request.dtype);
  request.from();
  refuse_input_as_output("--output", request.output, {request.name, request.weights, request.input});
  Placement placement = apply(request.compute);
  placement.dtype = dtype;
  const TensorMap tensors = load_tensors(request.input).tensors;
  NamedNetwork network = load_named(request.name, {}, request.database);
  network.spec = sized_for(network.spec, tensors);
  const auto inputs = inputs_from(tensors, network.spec, request.input);
  const auto value_bytes = int64_t(c10::elementSize(scalar_type(dtype)));
  if (placement.device.is_cpu())
    require_pass(make_plan(network.spec), {.batch = inputs[0].size(0), .value_bytes = value_bytes, .weights = false});
  const NetworkPtr modules = load_network_weights(network.spec, request, placement);
  const TensorMap outputs = pass(*modules, network.spec, inputs);
  save_tensors(request.output, {.tensors = outputs, .metadata = provenance(network)});
  std::cout << to_text(output_table(network, request, outputs), format);
  return 0;
}

}  // namespace mds
