// mdsearch convert: turns another library's weights into a model folder.
#include "pipeline/convert.h"

#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/terminal_listener.h"
#include "experiments/output.h"
#include "experiments/transfer/weight_type.h"
#include "reports/table.h"
#include "search/named_network.h"

namespace mds {
namespace {

struct ConvertOptions {
  ConvertRequest request;
  WeightType dtype = WeightType::fp32;
  Format format = Format::table;
  std::string db;
  std::vector<std::string> networks;
  SizeOptions size;
};

CommandLine command_line(ConvertOptions& options) {
  ConvertRequest& request = options.request;
  CommandLine line{.usage = "mdsearch convert --from LAYOUT IN --out DIR [options]",
                   .example = "mdsearch convert --from diffusers stable-diffusion-v1-5 --out out/sd15 --dtype fp16",
                   .positional = {"in"}};
  line.options.add_options()("in", po::value(&request.in)->required()->value_name("IN"),
                             "A folder or a file of the library")(
      "from", choice_into<Layout>(&request.from, {"diffusers", "compvis", "transformers", "open_clip"})->required(),
      "Which library's names and layout the weights have")(
      "out", po::value(&request.out)->required()->value_name("DIR"), "Model folder to make")(
      "part", po::value(&request.parts)->composing()->value_name("NAME"),
      "Takes this part alone: unet, vae_encoder, vae_decoder, text_encoder, text_encoder_2 or image_encoder; may "
      "repeat")("network", po::value(&options.networks)->composing()->value_name("NETWORK"),
                ("Network of a part: " + std::string(network_names) +
                 "; may repeat, one a part (default: the shipped one that fits, or what config.json describes)")
                    .c_str())("db", database_flag(&options.db), "Database of stored networks, for --network")(
      "prediction", choice_into<Prediction>(&request.prediction),
      "What the UNet predicts, where no scheduler's configuration says so (default: epsilon)")(
      "merges", po::value(&request.merges)->value_name("FILE"),
      "Merges of the tokenizer (default: the folder's merges.txt)")(
      "dtype", choice(&options.dtype), "Type of the written weights")("format", choice(&options.format),
                                                                      "How the result is printed");
  add_size_options(line.options, options.size);
  return line;
}

std::string command_text(int argc, char** argv) {
  std::string text = "mdsearch";
  for (int i = 0; i < argc; ++i) text += " " + std::string(argv[i]);
  return text;
}

}  // namespace

int run_convert(int argc, char** argv) {
  ConvertOptions options;
  po::variables_map given;
  if (!parse(command_line(options), argc, argv, given)) return 0;
  ConvertRequest& request = options.request;
  request.dtype = scalar_type(options.dtype);
  request.pixels = options.size.picture();
  request.command = command_text(argc, argv);
  for (const auto& name : options.networks) {
    const NamedNetwork network = find_network(name, options.db);
    request.networks.push_back({network.name, network.spec});
  }
  std::vector<std::string> inputs = options.networks;
  inputs.insert(inputs.end(), {request.in, request.merges});
  refuse_input_as_output("--out", request.out, inputs);
  TerminalListener listener;
  const auto parts = convert(request, [&](const std::string& text) { listener.say("mdsearch convert: " + text); });
  Table table{.columns = {{.name = "part"}, {.name = "network"}, {.name = "params"}, {.name = "source"}}};
  for (const auto& part : parts) table.rows.push_back({part.part, part.network, part.parameters, part.file});
  std::cout << to_text(table, options.format);
  return 0;
}

}  // namespace mds
