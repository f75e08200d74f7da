#include "experiments/evaluation/drawing.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <set>
#include <sstream>

#include "data/resize.h"
#include "networks/found_file.h"
#include "pipeline/mapped_file.h"
#include "spec/listed.h"

namespace mds {
namespace {

// FileError where a file of the model is missing, truncated or holds another network than the card's; weights are not
// read.
void check_files(const std::string& folder, const ModelCard& card) {
  const auto encoders = text_encoders_of(card, folder + "/model.json");
  for (size_t i = 0; i < encoders.size(); ++i) check_part(folder, text_encoder_part(i), make_plan(encoders[i].tower));
  check_part(folder, "unet", make_plan(*card.unet));
  check_part(folder, "vae_decoder", make_plan(*card.vae_decoder));
  load_merges(folder);
}

std::string idle_negative(const ModelRun& run, const DrawRequest& request) {
  if (request.negative.empty() || sides_of(run.sampler) != GuidedSides::conditional) return "";
  return "the negative prompt " + shown(request.negative) + " changes nothing: " + run.folder +
         " draws with guidance 1, which is no guidance; a guidance above 1 makes it count";
}

// "3f9c2a1e4b5d6c7f=0.8, ..."
std::string text_of(const Loras& loras) {
  return listed(loras, [](const WeightedLora& each) {
    return file_sha256(each.lora.file).substr(0, 16) + "=" + shown_number(each.weight);
  });
}

std::string strangers_in(const Loras& loras) {
  std::string text;
  for (const auto& [lora, weight] : loras)
    if (const size_t count = lora.strangers.size(); count > 0)
      text += (text.empty() ? "" : "\n") + lora.file + ": " + std::to_string(count) +
              (count == 1 ? " tensor is" : " tensors are") +
              " of no layer of the model and without effect; the first is " + lora.strangers.front();
  return text;
}

// A folder whose own updates, which it was trained together with, are not among those asked for.
std::string missing_updates(const std::string& folder, const std::string& base,
                            const std::vector<LoraChoice>& choices) {
  const std::string own = folder + "/" + lora_file;
  if (base.empty() || !std::filesystem::exists(own)) return "";
  for (const auto& choice : choices)
    for (const std::string& file : {folder, own})
      if (std::error_code none; std::filesystem::equivalent(found_file(choice.file), file, none)) return "";
  return folder + " was trained together with its " + lora_file +
         ", which changes nothing until the folder is given as a LoRA too";
}

}  // namespace

ModelRun open_model(const ModelRequest& request) {
  const std::string found = found_file(request.folder);
  Generator generator(found, {request.placement, request.packed});
  const SamplerConfig sampler = with_given(generator.defaults(), request.sampler);
  try {
    generator.resize(request.pixels);
    generator.check(sampler, request.tiles);
  } catch (const ConfigError& error) {
    throw RequestError(error.what());
  }
  check_files(found, generator.card());
  ModelRun run{.folder = request.folder,
               .hash = model_hash(found, request.packed),
               .generator = std::move(generator),
               .sampler = sampler,
               .dtype = std::string(name_of(request.placement.dtype)),
               .asked = request.pixels};
  run.warning = missing_updates(found, run.generator.card().base, request.loras);
  if (request.loras.empty()) return run;
  Loras loras = read_loras(request.loras, LoraNames(lora_parts(run.generator.card(), found + "/model.json")));
  run.loras = text_of(loras);
  if (const std::string strangers = strangers_in(loras); !strangers.empty())
    run.warning += (run.warning.empty() ? "" : "\n") + strangers;
  run.generator.use(std::move(loras));
  return run;
}

bool draw(const ModelRun& run, const DrawRequest& request, const std::function<void(size_t, Image)>& take,
          Listener& listener) {
  const int64_t steps = steps_taken(run.sampler, request.strength()), pictures = int64_t(request.prompts.size());
  listener.warn(idle_negative(run, request));
  listener.warn(run.warning);
  const auto progress = listener.progress(
      "drawing " + std::to_string(pictures) + (pictures == 1 ? " picture" : " pictures") + ", step", pictures * steps);
  const int64_t every = request.batch * steps * std::max<int64_t>(1, pictures / request.batch / 100);  // log interval
  std::set<std::string> warned, told;
  DrawListener drawing;
  drawing.picture = [&](size_t i, const Tensor& picture) { take(i, to_image(picture)); };
  drawing.evaluated = [&](int64_t done) {
    progress->show(done, "", every);
    listener.throw_if_stopped();
  };
  drawing.cut = [&](const std::string& text, const Truncation& truncation) {
    if (warned.insert(text).second) listener.warn("prompt " + shown(text) + " is " + to_string(truncation));
  };
  drawing.told = [&](const std::string& sentence) {
    if (told.insert(sentence).second) listener.say(sentence);
  };
  const Stoppable stoppable(listener);
  try {
    run.generator.draw(request, run.sampler, drawing);
    return true;
  } catch (const Interrupted&) {
    return false;
  }
}

PictureText making_of(const ModelRun& run, const DrawRequest& request, size_t i) {
  PictureText text{{"prompt", request.prompts[i]}, {"seed", std::to_string(request.seeds[i])}};
  if (!request.negative.empty()) text.emplace_back("negative", request.negative);
  const Json sampler = fields_json(run.sampler, [](bool, const Json&, const std::string&) { return true; });
  for (const auto& [name, value] : sampler.items())
    text.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  const auto [height, width] = run.generator.size();
  text.insert(text.end(), {{"width", std::to_string(width)}, {"height", std::to_string(height)}, {"dtype", run.dtype}});
  if (const TileOptions& tiles = request.tiles; tiles.tile > 0) {
    text.emplace_back("tile", std::to_string(tiles.tile));
    if (tiles.overlap) text.emplace_back("overlap", std::to_string(*tiles.overlap));
  }
  for (const auto& use : request.adapters) {
    const Tensor control = of_pictures({use}, at::tensor({int64_t(i)}))[0].control_NCHW.contiguous();
    const std::string_view bytes(static_cast<const char*>(control.const_data_ptr()), control.nbytes());
    text.insert(text.end(),
                {{"adapter", use.hash}, {"control", sha256(bytes)}, {"control_scale", shown(Json(use.scale))}});
  }
  if (request.init)
    text.insert(text.end(), {{"init", request.init->hash}, {"strength", shown_number(request.init->strength)}});
  if (!run.loras.empty()) text.emplace_back("lora", run.loras);
  if (!request.layouts.empty()) {
    text.emplace_back("layout", to_json(request.layouts[i]).dump());
    text.emplace_back("grounding_steps", shown(request.grounding_steps));
  }
  text.insert(text.end(), {{"model", run.hash}, {"software", "mdsearch"}});
  return text;
}

// The kind of stage in a card's configuration, which may be any JSON.
std::string stage_in(const Json& config) {
  const Json* value = &config;
  for (const char* key : {"stage", "kind"}) {
    if (!value->is_object() || !value->contains(key)) return "";
    value = &value->at(key);
  }
  return value->is_string() ? value->get<std::string>() : "";
}

ModelRow model_row(const std::string& folder, const std::string& hash, const ModelCard& card) {
  return {.hash = hash,
          .name = folder,
          .stage = stage_in(card.provenance.config),
          .iterations = card.provenance.iterations,
          .params = cost(card.unet ? make_plan(*card.unet) : make_plan(*card.vae_decoder)).params,
          .predecessor = card.provenance.predecessor,
          .data = listed(card.provenance.data)};
}

std::optional<ModelTrainingRow> training_row(const std::string& hash, const ModelCard& card) {
  const Provenance& made = card.provenance;
  if (!made.config.is_object()) return std::nullopt;
  return ModelTrainingRow{.model = hash, .run = made.run_id, .config_json = made.config.dump()};
}

std::string numbered(const std::string& folder, size_t i, const std::string& ending) {
  std::ostringstream name;
  name << folder << "/" << std::setw(5) << std::setfill('0') << i << ending;
  return name.str();
}

}  // namespace mds
