// mdsearch export: writes a network with trained or random weights for other programs.
#include "experiments/transfer/export.h"

#include <iostream>

#include "app/compute_options.h"
#include "app/lora_option.h"
#include "app/run.h"
#include "app/size_options.h"
#include "networks/found_file.h"

namespace mds {
namespace {

bool read_request(int argc, char** argv, ExportRequest& request) {
  SizeOptions size;
  ComputeOptions compute;
  CommandLine line{
      .usage = "mdsearch export NETWORK --to torchscript|onnx|safetensors (--model DIR | --seed N) --out F",
      .example = "mdsearch export unet --model weights/emoji-md --to onnx --out out/unet.onnx",
      .positional = {"name"}};
  line.options.add_options()("name", po::value(&request.name)->required()->value_name("NETWORK"),
                             "A shipped architecture, a JSON file, or with --model a part such as unet")(
      "to", choice_into<ExportFormat>(&request.format)->required(), "What kind of file is written")(
      "model", po::value(&request.model)->value_name("DIR"), "Takes the trained weights of this model folder")(
      "dtype", choice(&request.dtype), "Type of the written weights; torchscript and onnx have fp32 alone")(
      "db", database_flag(&request.database), "Database that stored names are looked up in")(
      "out", po::value(&request.out)->required()->value_name("FILE"), "File to write");
  add_lora_option(line.options, &request.loras);
  add_size_options(line.options, size);
  add_compute_options(line.options, compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (!values["seed"].defaulted()) request.seed = compute.seed;
  request.pixels = size.picture();
  request.model = found_file(request.model);
  apply_on_cpu(compute, "networks are exported from the CPU");
  return true;
}

}  // namespace

int run_export(int argc, char** argv) {
  ExportRequest request;
  if (!read_request(argc, argv, request)) return 0;
  for (const auto& file : export_network(request)) std::cout << file << "\n";
  return 0;
}

}  // namespace mds
