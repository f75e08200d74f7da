// mdsearch export: writes a network with trained or random weights for other programs.
#include "experiments/transfer/export.h"

#include <iostream>

#include "app/compute_options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/usage_error.h"
#include "networks/found_file.h"

namespace mds {
namespace {

struct ExportOptions {
  ExportRequest request;
  std::string to, dtype;
  SizeOptions size;
  ComputeOptions compute;
};

bool read_options(int argc, char** argv, ExportOptions& options) {
  ExportRequest& request = options.request;
  CommandLine line{.usage = "mdsearch export NAME --to torchscript|onnx|safetensors (--model DIR | --seed N) --out F",
                   .example = "mdsearch export unet --model weights/emoji-md --to onnx --out out/unet.onnx",
                   .positional = {"name"}};
  line.options.add_options()("name", po::value(&request.name)->required()->value_name("NETWORK"),
                             "A shipped architecture, a JSON file, or with --model a part such as unet")(
      "to", one_of(&options.to, names_of<ExportFormat>())->required(), "What kind of file is written")(
      "model", po::value(&request.model)->value_name("DIR"), "Takes the trained weights of this model folder")(
      "dtype", one_of(&options.dtype, names_of<WeightType>())->default_value("fp32"),
      "Type of the written weights; torchscript and onnx have fp32 alone")(
      "db", po::value(&request.database)->default_value(default_database)->value_name("FILE"),
      "Database that stored names are looked up in")("out", po::value(&request.out)->required()->value_name("FILE"),
                                                     "File to write");
  add_size_options(line.options, options.size);
  add_compute_options(line.options, options.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (!values["seed"].defaulted()) request.seed = options.compute.seed;
  if (options.compute.device != "cpu")
    throw UsageError("--device is \"" + options.compute.device +
                     "\"; networks are exported from the CPU: allowed: cpu");
  request.format = parse_choice<ExportFormat>("--to", options.to);
  request.dtype = parse_choice<WeightType>("--dtype", options.dtype);
  request.pixels = options.size.picture();
  request.model = found_file(request.model);
  return true;
}

}  // namespace

int run_export(int argc, char** argv) {
  ExportOptions options;
  if (!read_options(argc, argv, options)) return 0;
  apply(options.compute);
  for (const auto& file : export_network(options.request)) std::cout << file << "\n";
  return 0;
}

}  // namespace mds
