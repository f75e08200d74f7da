// mdsearch export: writes a network with trained or random weights for other programs.
#include "pipeline/export.h"

#include <filesystem>
#include <iostream>

#include "app/compute_options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/usage_error.h"
#include "app/weight_type.h"
#include "experiments/output.h"
#include "networks/found_file.h"
#include "networks/memory.h"
#include "pipeline/trace.h"
#include "search/named_network.h"

namespace mds {
namespace {

struct ExportOptions {
  std::string name, model, out, to, dtype, db;
  bool seeded = false;
  SizeOptions size;
  ComputeOptions compute;

  ExportFormat format() const { return parse_choice<ExportFormat>("--to", to); }
  WeightType type() const { return parse_choice<WeightType>("--dtype", dtype); }
};

// Checks also the spec, which is written beside safetensors under the same name with .json.
void check_output(const ExportOptions& options) {
  const std::filesystem::path out(options.out);
  for (const auto& file : {out, std::filesystem::path(out).replace_extension(".json")})
    refuse_input_as_output("--out", file.string(), {options.name, options.model});
  if (std::filesystem::exists(out.parent_path() / "model.json"))
    throw UsageError("--out " + options.out +
                     " lies in a model folder, whose files it could replace; write to another "
                     "place");
}

void check(const ExportOptions& options) {
  if (options.model.empty() != options.seeded)
    throw UsageError("needs one of --model DIR (trained weights) and --seed N (random weights)");
  if (options.compute.device != "cpu")
    throw UsageError("--device is \"" + options.compute.device +
                     "\"; networks are exported from the CPU: allowed: cpu");
  if (options.type() != WeightType::fp32 && options.format() != ExportFormat::safetensors)
    throw UsageError("--dtype is \"" + options.dtype + "\"; traced networks are float32: allowed with --to " +
                     options.to + ": fp32");
  if (std::filesystem::is_directory(options.out)) throw UsageError("--out " + options.out + " is a folder");
  check_output(options);
}

bool read_options(int argc, char** argv, ExportOptions& options) {
  CommandLine line{.usage = "mdsearch export NAME --to torchscript|onnx|safetensors (--model DIR | --seed N) --out F",
                   .example = "mdsearch export unet --model weights/emoji-md --to onnx --out out/unet.onnx",
                   .positional = {"name"}};
  line.options.add_options()("name", po::value(&options.name)->required()->value_name("NETWORK"),
                             "A shipped architecture, a JSON file, or with --model a part such as unet")(
      "to", one_of(&options.to, names_of<ExportFormat>())->required(), "What kind of file is written")(
      "model", po::value(&options.model)->value_name("DIR"), "Takes the trained weights of this model folder")(
      "dtype", one_of(&options.dtype, names_of<WeightType>())->default_value("fp32"),
      "Type of the written weights; torchscript and onnx have fp32 alone")(
      "db", po::value(&options.db)->default_value(default_database)->value_name("FILE"),
      "Database that stored names are looked up in")("out", po::value(&options.out)->required()->value_name("FILE"),
                                                     "File to write");
  add_size_options(line.options, options.size);
  add_compute_options(line.options, options.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  options.seeded = !values["seed"].defaulted();
  options.model = found_file(options.model);
  check(options);
  return true;
}

struct ModelPart {
  std::string name;
  NetworkSpec spec;
};

std::vector<ModelPart> parts_of(const std::string& folder) {
  std::vector<ModelPart> parts;
  const ModelCard card = load_card(folder);
  ModelCard::describe(card, [&](std::string_view name, const auto& field, std::string_view, Range = {}) {
    const auto add = [&](const auto& spec) { parts.push_back({std::string(name), spec}); };
    if constexpr (std::is_same_v<decltype(field), const std::optional<LatentDecoderSpec>&>) {
      if (field) std::visit(add, *field);
    } else if constexpr (requires { NetworkSpec(*field); }) {
      if (field) add(*field);
    }
  });
  for (size_t i = 0; i < card.text_encoders.size(); ++i)
    parts.push_back({text_encoder_part(i), card.text_encoders[i].tower});
  return parts;
}

// The part of that name, or else the first part whose network has that name.
ModelPart find_part(const ExportOptions& options) {
  const std::vector<ModelPart> parts = parts_of(options.model);
  std::string names;
  for (const auto& part : parts) {
    if (part.name == options.name) return part;
    names += (names.empty() ? "" : ", ") + part.name;
  }
  const NetworkSpec wanted = [&] {
    try {
      return find_network(options.name, options.db).spec;
    } catch (const RequestError&) {
      throw UsageError("\"" + options.name + "\" is neither a part of " + options.model + " (" + names +
                       ") nor an architecture");
    }
  }();
  for (const auto& part : parts)
    if (hash_of(part.spec) == hash_of(wanted)) return part;
  throw UsageError("no part of " + options.model + " (" + names + ") is the network \"" + options.name + "\"");
}

struct Loaded {
  NetworkSpec spec;
  NetworkPtr network;
};

Loaded load(const ExportOptions& options, const Placement& placement) {
  const bool trained = !options.model.empty();
  const ModelPart part = trained ? find_part(options) : ModelPart{"", find_network(options.name, options.db).spec};
  const NetworkSpec spec = with_asked_size(part.spec, options.size.picture());
  const Plan plan = make_plan(spec);
  // Safetensors are written without a pass.
  const bool passes = options.format() != ExportFormat::safetensors;
  require_pass(plan, {.batch = passes ? traced_batch : 0, .weights = !trained});
  if (trained) return {spec, load_part(options.model, part.name, plan, placement)};
  Loaded loaded{spec, make_network(plan, placement)};
  initialise(*loaded.network, options.compute.seed);
  return loaded;
}

std::vector<std::string> write(const ExportOptions& options, const Loaded& loaded) {
  switch (options.format()) {
    case ExportFormat::torchscript:
      return export_torchscript(options.out, *loaded.network, loaded.spec);
    case ExportFormat::onnx:
      return export_onnx(options.out, *loaded.network, loaded.spec);
    case ExportFormat::safetensors:
      break;
  }
  return export_safetensors(options.out, *loaded.network, loaded.spec, scalar_type(options.type()));
}

}  // namespace

int run_export(int argc, char** argv) {
  ExportOptions options;
  if (!read_options(argc, argv, options)) return 0;
  const Loaded loaded = load(options, apply(options.compute));
  const auto folder = std::filesystem::path(options.out).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  for (const auto& file : write(options, loaded)) std::cout << file << "\n";
  return 0;
}

}  // namespace mds
