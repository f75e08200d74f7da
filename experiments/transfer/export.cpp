#include "experiments/transfer/export.h"

#include <filesystem>

#include "experiments/output.h"
#include "experiments/sized_network.h"
#include "networks/memory.h"
#include "pipeline/trace.h"

namespace mds {
namespace {

// Checks also the spec, which is written beside safetensors under the same name with .json.
void check_output(const ExportRequest& request) {
  const std::filesystem::path out(request.out);
  std::vector<std::string> inputs{request.name, request.model};
  for (const auto& lora : request.loras) inputs.push_back(lora.file);
  for (const auto& file : {out, std::filesystem::path(out).replace_extension(".json")})
    refuse_input_as_output("`out`", file.string(), inputs);
  if (std::filesystem::exists(out.parent_path() / "model.json"))
    throw RequestError("`out` " + request.out +
                       " lies in a model folder, whose files it could replace; write to another "
                       "place");
}

void check(const ExportRequest& request) {
  if (request.model.empty() != request.seed.has_value())
    throw RequestError("needs one of `model` DIR (trained weights) and `seed` N (random weights)");
  if (!request.loras.empty() && request.model.empty())
    throw RequestError("`lora` changes trained weights, which `seed` has none of; allowed with `model` DIR");
  if (request.dtype != WeightType::fp32 && request.format != ExportFormat::safetensors)
    throw RequestError("`dtype` is \"" + std::string(name_of(request.dtype)) +
                       "\"; traced networks are float32: allowed with `to` " + std::string(name_of(request.format)) +
                       ": fp32");
  if (std::filesystem::is_directory(request.out)) throw RequestError("`out` " + request.out + " is a folder");
  check_output(request);
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
ModelPart find_part(const ExportRequest& request) {
  const std::vector<ModelPart> parts = parts_of(request.model);
  std::string names;
  for (const auto& part : parts) {
    if (part.name == request.name) return part;
    names += (names.empty() ? "" : ", ") + part.name;
  }
  const NetworkSpec wanted = [&] {
    try {
      return find_network(request.name, request.database).spec;
    } catch (const RequestError&) {
      throw RequestError("\"" + request.name + "\" is neither a part of " + request.model + " (" + names +
                         ") nor an architecture");
    }
  }();
  for (const auto& part : parts)
    if (hash_of(part.spec) == hash_of(wanted)) return part;
  throw RequestError("no part of " + request.model + " (" + names + ") is the network \"" + request.name + "\"");
}

struct Loaded {
  NetworkSpec spec;
  NetworkPtr network;
};

void merge(const ExportRequest& request, const std::string& part, Network& network) {
  const LoraNames names(lora_parts(load_card(request.model), request.model + "/model.json"));
  const Loras loras = read_loras(request.loras, names);
  if (!changes(loras, part)) throw RequestError("`lora`: no file changes " + part + " of " + request.model);
  const Merged merged(network, loras, part);
}

Loaded load(const ExportRequest& request) {
  const bool trained = !request.model.empty();
  const ModelPart part =
      trained ? find_part(request) : ModelPart{"", find_network(request.name, request.database).spec};
  const NetworkSpec spec = with_asked_size(part.spec, request.pixels);
  const Plan plan = make_plan(spec);
  // Safetensors are written without a pass.
  const bool passes = request.format != ExportFormat::safetensors;
  require_pass(plan, {.batch = passes ? traced_batch : 0, .weights = !trained});
  if (trained) {
    const Loaded loaded{spec, load_part(request.model, part.name, plan)};
    if (!request.loras.empty()) merge(request, part.name, *loaded.network);
    return loaded;
  }
  Loaded loaded{spec, make_network(plan)};
  initialise(*loaded.network, *request.seed);
  return loaded;
}

std::vector<std::string> write(const ExportRequest& request, const Loaded& loaded) {
  switch (request.format) {
    case ExportFormat::torchscript:
      return export_torchscript(request.out, *loaded.network, loaded.spec);
    case ExportFormat::onnx:
      return export_onnx(request.out, *loaded.network, loaded.spec);
    case ExportFormat::safetensors:
      break;
  }
  return export_safetensors(request.out, *loaded.network, loaded.spec, scalar_type(request.dtype));
}

}  // namespace

std::vector<std::string> export_network(const ExportRequest& request) {
  check(request);
  const Loaded loaded = load(request);
  const auto folder = std::filesystem::path(request.out).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  return write(request, loaded);
}

}  // namespace mds
