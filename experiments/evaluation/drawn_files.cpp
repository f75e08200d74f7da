#include "experiments/evaluation/drawn_files.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace mds {
namespace {

using Fields = std::map<std::string, std::string>;

// The values that a field has if an older file lacks it: those of the sampler's later fields, and these.
Fields usual_making() {
  Fields usual{{"negative", ""}, {"dtype", "fp32"}, {"tile", "0"}, {"overlap", ""}, {"strength", "1"}};
  for (const char* without : {"init", "adapter", "control", "control_scale", "lora", "layout", "grounding_steps"})
    usual[without] = "";
  const Json sampler = fields_json(SamplerConfig{}, [](bool later, const Json&, const std::string&) { return later; });
  for (const auto& [name, value] : sampler.items())
    usual[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return usual;
}

// Lists every field that differs: "prompt ("red", not "blue"), seed (1, not 2)"; empty where none does.
std::string difference(Fields there, const PictureText& making) {
  Fields wanted = usual_making();
  there.insert(wanted.begin(), wanted.end());
  for (const auto& [key, value] : making) wanted[key] = value;
  wanted.erase("software");
  std::string all;
  for (const auto& [key, value] : wanted) {
    const auto found = there.find(key);
    if (found != there.end() && found->second == value) continue;
    const std::string what = found == there.end() ? "not told" : shown(found->second);
    all += (all.empty() ? "" : ", ") + key + " (" + what + ", not " + shown(value) + ")";
  }
  return all;
}

std::string counted(size_t n) { return std::to_string(n) + (n == 1 ? " picture" : " pictures"); }

// The indices of the pictures that have to be drawn.
std::vector<size_t> missing(const ModelRun& run, const DrawRequest& request, const DrawnFiles& to, Listener& listener) {
  std::vector<size_t> indices;
  size_t broken = 0;
  for (size_t i = 0; i < to.files.size(); ++i) {
    const Found found = find_picture(to.files[i], making_of(run, request, i), to.options);
    if (found == Found::broken) ++broken;
    if (found != Found::same)
      indices.push_back(i);
    else if (to.ready)
      to.ready(to.files[i]);
  }
  if (const size_t kept = to.files.size() - indices.size(); kept + broken > 0)
    listener.say(to.place + " holds " + std::to_string(kept) + " of the " + counted(to.files.size()) + " already" +
                 (broken > 0 ? "; " + std::to_string(broken) + " broken ones are drawn anew" : ""));
  return indices;
}

DrawRequest part_of(const DrawRequest& request, const std::vector<size_t>& indices) {
  DrawRequest part = request;
  part.prompts.clear(), part.seeds.clear(), part.layouts.clear();
  part.adapters = of_pictures(request.adapters, at::tensor(std::vector<int64_t>(indices.begin(), indices.end())));
  for (const size_t i : indices) {
    part.prompts.push_back(request.prompts[i]);
    part.seeds.push_back(request.seeds[i]);
    if (!request.layouts.empty()) part.layouts.push_back(request.layouts[i]);
  }
  return part;
}

}  // namespace

Found find_picture(const std::string& file, const PictureText& making, const WriteOptions& options) {
  if (!std::filesystem::exists(file)) return Found::missing;
  Fields there;
  try {
    const Image image = load_image(file);
    for (const auto& [key, value] : picture_text(file)) there[key] = value;
    there.insert({{"width", std::to_string(image.width)}, {"height", std::to_string(image.height)}});
  } catch (const FileError&) {
    return Found::broken;
  }
  if (!there.contains("prompt") && !options.overwrite)
    throw RequestError(file + ": does not say how it was drawn; give another `out`, or `overwrite` to replace it");
  const std::string differs = difference(std::move(there), making);
  if (differs.empty()) return Found::same;
  if (options.overwrite) return Found::missing;
  throw RequestError(file + ": was drawn otherwise: it differs in " + differs +
                     "; give another `out`, or `overwrite` to draw it anew");
}

std::string write_picture(const std::string& file, const Image& image, const PictureText& making,
                          const WriteOptions& options) {
  if (save_picture(file, image, making, options.quality)) return "";
  return file + " does not say how it was made: that is longer than a JPEG can hold";
}

size_t draw_files(const ModelRun& run, const DrawRequest& request, const DrawnFiles& to, Listener& listener) {
  const std::vector<size_t> indices = missing(run, request, to, listener);
  size_t drawn = 0;
  if (indices.empty()) return drawn;
  const auto take = [&](size_t i, const Image& image) {
    listener.warn(write_picture(to.files[indices[i]], image, making_of(run, request, indices[i]), to.options));
    if (to.ready) to.ready(to.files[indices[i]]);
    ++drawn;
  };
  const bool finished = draw(run, part_of(request, indices), take, listener);
  if (!finished)
    throw std::runtime_error("was interrupted: " + std::to_string(to.files.size() - indices.size() + drawn) + " of " +
                             counted(to.files.size()) + " are in " + to.place + "; the same command goes on");
  return drawn;
}

}  // namespace mds
