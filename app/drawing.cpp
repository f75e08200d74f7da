#include "app/drawing.h"

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <set>
#include <sstream>

#include "app/progress.h"
#include "data/resize.h"
#include "networks/found_file.h"

namespace mds {
namespace {

// The sampler's fields as they are shown in JSON, texts without quotes.
void add_fields(PngText& text, const SamplerConfig& sampler) {
  const Json json = to_json(sampler);
  for (const auto& [name, value] : json.items())
    text.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

ModelRun open_model(const ModelRequest& request) {
  const std::string found = found_file(request.folder);
  Generator generator(found, request.dtype);
  const SamplerConfig sampler = with_given(generator.defaults(), request.sampler);
  try {
    generator.resize(request.pixels);
    generator.check(sampler, request.tiles);
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
  return {request.folder, model_hash(found), std::move(generator), sampler, request.pixels};
}

void draw(const ModelRun& run, const DrawRequest& request, const std::function<void(size_t, Image)>& take) {
  const int64_t steps = run.sampler.steps, pictures = int64_t(request.prompts.size());
  Progress progress("pictures x steps", pictures * steps);
  const int64_t every = request.batch * steps * std::max<int64_t>(1, pictures / request.batch / 100);  // lines of a log
  std::set<std::string> warned;
  DrawListener listener;
  listener.picture = [&](size_t i, const Tensor& picture) { take(i, to_image(picture)); };
  listener.evaluated = [&](int64_t done) { progress.show(done, "", every); };
  listener.cut = [&](const std::string& text, const Truncation& truncation) {
    if (warned.insert(text).second)
      std::cerr << "warning: prompt " << shown(text) << " is " << to_string(truncation) << "\n";
  };
  run.generator.draw(request, run.sampler, listener);
}

PngText text_chunks(const DrawRequest& request, size_t i, const ModelRun& run) {
  PngText text{{"prompt", request.prompts[i]}, {"seed", std::to_string(request.seeds[i])}};
  if (!request.negative.empty()) text.emplace_back("negative", request.negative);
  add_fields(text, run.sampler);
  text.emplace_back("width", std::to_string(run.generator.size().width));
  text.emplace_back("height", std::to_string(run.generator.size().height));
  text.emplace_back("model", run.hash);
  text.emplace_back("software", "mdsearch");
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

std::string numbered(const std::string& folder, size_t i) {
  std::ostringstream name;
  name << folder << "/" << std::setw(5) << std::setfill('0') << i << ".png";
  return name.str();
}

}  // namespace mds
