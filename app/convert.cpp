// mdsearch convert: turns another library's weights into a model folder.
#include "pipeline/convert.h"

#include <iostream>

#include "app/flag_words.h"
#include "app/options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "experiments/output.h"
#include "experiments/transfer/weight_type.h"
#include "reports/table.h"
#include "search/named_network.h"

namespace mds {
namespace {

struct ConvertOptions {
  ConvertRequest request;
  std::string from, dtype, prediction, format, db;
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
      "from", one_of(&options.from, {"diffusers", "compvis", "transformers", "open_clip"})->required(),
      "Which library's names and layout the weights have")(
      "out", po::value(&request.out)->required()->value_name("DIR"), "Model folder to make")(
      "part", po::value(&request.parts)->composing()->value_name("NAME"),
      "Takes this part alone: unet, vae_encoder, vae_decoder, text_encoder, text_encoder_2 or image_encoder; may "
      "repeat")("network", po::value(&options.networks)->composing()->value_name("NETWORK"),
                ("Network of a part: " + std::string(network_names) +
                 "; may repeat, one a part (default: the shipped one that fits, or what config.json describes)")
                    .c_str())("db", po::value(&options.db)->default_value(default_database)->value_name("FILE"),
                              "Database of stored networks, for --network")(
      "prediction", one_of(&options.prediction, names_of<Prediction>()),
      "What the UNet predicts, where no scheduler's configuration says so (default: epsilon)")(
      "merges", po::value(&request.merges)->value_name("FILE"),
      "Merges of the tokenizer (default: the folder's merges.txt)")(
      "dtype", one_of(&options.dtype, names_of<WeightType>())->default_value("fp32"), "Type of the written weights")(
      "format", one_of(&options.format, names_of<Format>())->default_value("table"), "How the result is printed");
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
  request.from = parse_choice<Layout>("--from", options.from);
  request.dtype = scalar_type(parse_choice<WeightType>("--dtype", options.dtype));
  if (given.count("prediction")) request.prediction = parse_choice<Prediction>("--prediction", options.prediction);
  request.pixels = options.size.picture();
  request.command = command_text(argc, argv);
  const Format format = parse_format(options.format);
  for (const auto& name : options.networks) {
    const NamedNetwork network = find_network(name, options.db);
    request.networks.push_back({network.name, network.spec});
  }
  std::vector<std::string> inputs = options.networks;
  inputs.insert(inputs.end(), {request.in, request.merges});
  refuse_input_as_output("--out", request.out, inputs);
  const auto parts =
      convert(request, [](const std::string& text) { std::cerr << "mdsearch convert: " << with_flags(text) << "\n"; });
  Table table{.columns = {{.name = "part"}, {.name = "network"}, {.name = "params"}, {.name = "source"}}};
  for (const auto& part : parts) table.rows.push_back({part.part, part.network, part.parameters, part.file});
  std::cout << to_text(table, format);
  return 0;
}

}  // namespace mds
