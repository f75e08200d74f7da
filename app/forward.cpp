// mdsearch forward: one pass of a network over the tensors of a file, to compare weights and networks with others.
#include "experiments/transfer/forward.h"

#include <iostream>

#include "app/compute_options.h"
#include "app/lora_option.h"
#include "app/run.h"

namespace mds {
namespace {

struct ForwardOptions {
  ForwardRequest request;
  Format format = Format::table;
};

bool read_options(int argc, char** argv, ForwardOptions& options) {
  ForwardRequest& request = options.request;
  ComputeOptions compute;
  bool prepared = false;
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
      "from", choice_into<Layout>(&request.layout), "Which library named the weights (default: this program)")(
      "db", database_flag(&request.database), "Database that stored names are looked up in")(
      "dtype", choice(&compute.dtype), "Type of the weights and of the computation")(
      "prepared", po::bool_switch(&prepared), "Packs the weights and runs the kernels that pictures are drawn with")(
      "format", choice(&options.format), "How the result is printed");
  add_lora_option(line.options, &request.loras);
  add_compute_options(line.options, compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (prepared) compute.kernels = Kernels::prepared;
  request.placement = apply(compute);
  return true;
}

}  // namespace

int run_forward(int argc, char** argv) {
  ForwardOptions options;
  if (!read_options(argc, argv, options)) return 0;
  std::cout << to_text(forward(options.request), options.format);
  return 0;
}

}  // namespace mds
