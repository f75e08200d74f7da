#include "app/drawing.h"

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <set>
#include <sstream>

#include "app/interrupts.h"
#include "app/progress.h"
#include "data/resize.h"
#include "networks/found_file.h"
#include "trainer/player.h"

namespace mds {
namespace {

// FileError where a file of the model is missing or truncated; weights are not read.
void check_files(const std::string& folder, const ModelCard& card) {
  const std::string place = folder + "/model.json";
  for (size_t i = 0; i < text_encoders_of(card, place).size(); ++i)
    load_tensors(folder + "/" + text_encoder_part(i) + ".safetensors");
  for (const char* part : {"unet", "vae_decoder"}) load_tensors(folder + "/" + part + ".safetensors");
  load_merges(folder);
}

void warn_of_idle_negative(const ModelRun& run, const DrawRequest& request) {
  if (!request.negative.empty() && sides_of(run.sampler) == GuidedSides::conditional)
    std::cerr << "warning: the negative prompt " << shown(request.negative) << " changes nothing: " << run.folder
              << " draws with guidance 1, which is no guidance; --guidance above 1 makes it count\n";
}

}  // namespace

ModelRun open_model(const ModelRequest& request) {
  const std::string found = found_file(request.folder);
  Generator generator(found, scalar_type(parse_choice<Precision>("--dtype", request.dtype)));
  const SamplerConfig sampler = with_given(generator.defaults(), request.sampler);
  try {
    generator.resize(request.pixels);
    generator.check(sampler, request.tiles);
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
  check_files(found, generator.card());
  return {request.folder, model_hash(found), std::move(generator), sampler, request.dtype, request.pixels};
}

bool draw(const ModelRun& run, const DrawRequest& request, const std::function<void(size_t, Image)>& take) {
  const int64_t steps = run.sampler.steps, pictures = int64_t(request.prompts.size());
  warn_of_idle_negative(run, request);
  Progress progress("drawing " + std::to_string(pictures) + (pictures == 1 ? " picture" : " pictures") + ", step",
                    pictures * steps);
  const int64_t every = request.batch * steps * std::max<int64_t>(1, pictures / request.batch / 100);  // log interval
  std::set<std::string> warned;
  DrawListener listener;
  listener.picture = [&](size_t i, const Tensor& picture) { take(i, to_image(picture)); };
  listener.evaluated = [&](int64_t done) {
    progress.show(done, "", every);
    throw_if_interrupted();
  };
  listener.cut = [&](const std::string& text, const Truncation& truncation) {
    if (warned.insert(text).second)
      std::cerr << "warning: prompt " << shown(text) << " is " << to_string(truncation) << "\n";
  };
  bool finished = false;
  listen_for_interrupts();
  try {
    run.generator.draw(request, run.sampler, listener);
    finished = true;
  } catch (const Interrupted&) {
  }
  end_at_once_on_interrupts();
  return finished;
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
  text.insert(text.end(), {{"model", run.hash}, {"software", "mdsearch"}});
  return text;
}

ModelRow model_row(const std::string& folder, const std::string& hash, const ModelCard& card) {
  const Json& config = card.provenance.config;
  const bool trained_here = config.is_object() && config.contains("stage") && config["stage"].contains("kind");
  return {.hash = hash,
          .name = folder,
          .stage = trained_here ? config["stage"]["kind"].get<std::string>() : "",
          .iterations = card.provenance.iterations,
          .params = cost(card.unet ? make_plan(*card.unet) : make_plan(*card.vae_decoder)).params,
          .predecessor = card.provenance.predecessor};
}

std::string model_name(const std::string& folder) {
  std::filesystem::path path = std::filesystem::absolute(folder + "/").lexically_normal().parent_path();
  if (path.filename() == "model" && path.parent_path().has_filename()) path = path.parent_path();
  return path.filename().string();
}

std::string numbered(const std::string& folder, size_t i, const std::string& ending) {
  std::ostringstream name;
  name << folder << "/" << std::setw(5) << std::setfill('0') << i << ending;
  return name.str();
}

}  // namespace mds
