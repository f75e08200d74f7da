// mdsearch forward: one pass of a network over the tensors of a file, to compare weights and networks with others.
#include "experiments/transfer/forward.h"

#include <iostream>

#include "app/compute_options.h"
#include "app/run.h"

namespace mds {
namespace {

struct ForwardOptions {
  ForwardRequest request;
  std::string layout, dtype, format;
  ComputeOptions compute;
  bool prepared = false;
};

bool read_forward(int argc, char** argv, ForwardOptions& options) {
  ForwardRequest& request = options.request;
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
      "from", one_of(&options.layout, names_of<Layout>()), "Which library named the weights (default: this program)")(
      "db", po::value(&request.database)->default_value(default_database)->value_name("FILE"),
      "Database that stored names are looked up in")(
      "dtype", one_of(&options.dtype, names_of<Precision>())->default_value("fp32"),
      "Type of the weights and of the computation")(
      "prepared", po::bool_switch(&options.prepared),
      "Packs the weights and runs the kernels that pictures are drawn with")(
      "format", one_of(&options.format, names_of<Format>())->default_value("table"), "How the result is printed");
  add_compute_options(line.options, options.compute);
  po::variables_map values;
  return parse(line, argc, argv, values);
}

}  // namespace

int run_forward(int argc, char** argv) {
  ForwardOptions options;
  if (!read_forward(argc, argv, options)) return 0;
  ForwardRequest& request = options.request;
  const Format format = parse_format(options.format);
  if (!options.layout.empty()) request.layout = parse_choice<Layout>("--from", options.layout);
  const auto dtype = parse_choice<Precision>("--dtype", options.dtype);
  if (options.prepared) options.compute.kernels = "prepared";
  request.placement = apply(options.compute);
  request.placement.dtype = dtype;
  std::cout << to_text(forward(request), format);
  return 0;
}

}  // namespace mds
