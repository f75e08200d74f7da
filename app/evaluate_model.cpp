#include "app/evaluate_model.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include "networks/found_file.h"
#include "spec/new_file.h"
#include "trainer/loop.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr int64_t most_drawn_at_once = 64;

bool is_model(const fs::path& folder) { return fs::exists(folder / "model.json"); }

enum class Found : uint8_t { missing, broken, other, same };

bool tells(const std::string& file, const PngText& wanted) {
  try {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const auto& chunk) { return png_text(file, chunk.first) == chunk.second; });
  } catch (const FileError&) {
    return false;
  }
}

Found state_of(const std::string& file, const PngText& wanted) {
  if (!fs::exists(file)) return Found::missing;
  try {
    load_image(file);
  } catch (const FileError&) {
    return Found::broken;
  }
  return tells(file, wanted) ? Found::same : Found::other;
}

// Also the number type, which pictures differ by.
PngText chunks_of(const DrawRequest& request, size_t i, const EvaluatedModel& model) {
  PngText text = text_chunks(request, i, model.run);
  text.emplace_back("dtype", model.dtype);
  return text;
}

// The captions that have no picture yet.
std::vector<size_t> missing(const EvaluatedModel& model, const DrawRequest& request) {
  std::vector<size_t> indices;
  size_t broken = 0;
  for (size_t i = 0; i < request.prompts.size(); ++i) {
    const std::string file = numbered(model.pictures, i);
    const Found found = state_of(file, chunks_of(request, i, model));
    if (found == Found::other)
      throw UsageError(file + ": was drawn from another prompt, seed, model, sampler or dtype; give another --out");
    if (found == Found::broken) ++broken;
    if (found != Found::same) indices.push_back(i);
  }
  if (indices.size() < request.prompts.size() || broken > 0)
    std::cerr << model.pictures << ": " << request.prompts.size() - indices.size() << " pictures kept, " << broken
              << " broken ones are drawn anew\n";
  return indices;
}

}  // namespace

std::vector<std::string> model_folders(const std::vector<std::string>& given) {
  std::vector<std::string> folders;
  for (const auto& path : given) {
    const std::string folder = found_file(path);
    if (is_model(folder) || !fs::is_directory(folder)) {
      folders.push_back(folder);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : fs::directory_iterator(folder))
      if (is_model(entry.path())) inside.push_back(entry.path().string());
    if (inside.empty()) throw FileError(folder + ": is no model folder and holds none");
    std::sort(inside.begin(), inside.end());
    folders.insert(folders.end(), inside.begin(), inside.end());
  }
  return folders;
}

std::vector<EvaluatedModel> models_of(const EvaluateOptions& options) {
  const at::ScalarType dtype = scalar_type(parse_choice<Precision>("--dtype", options.precision));
  std::vector<EvaluatedModel> models;
  const auto folders = model_folders(options.models);
  std::set<std::string> used;
  for (const auto& folder : folders) {
    const std::string name = model_name(folder);
    const std::string out = folders.size() > 1 ? options.out + "/" + name : options.out;
    if (!used.insert(out).second)
      throw UsageError("--model: two models are called " + name + "; their pictures would mix");
    models.push_back(
        {open_model({.folder = folder, .dtype = dtype, .sampler = options.sampler, .pixels = options.drawn.picture()}),
         out, options.precision, std::min(options.batch, most_drawn_at_once)});
  }
  std::stable_sort(models.begin(), models.end(), [](const EvaluatedModel& a, const EvaluatedModel& b) {
    return a.run.generator.card().provenance.iterations < b.run.generator.card().provenance.iterations;
  });
  return models;
}

PictureSet drawn_pictures(const EvaluatedModel& model, const CaptionList& list, uint64_t seed) {
  DrawRequest all{.prompts = list.repeated(), .seeds = {}, .negative = ""};
  for (size_t i = 0; i < all.prompts.size(); ++i) all.seeds.push_back(picture_seed(seed, i));
  make_folder(model.pictures);
  const auto indices = missing(model, all);
  DrawRequest request{.prompts = {}, .seeds = {}, .negative = "", .batch = model.batch};
  for (const size_t i : indices) {
    request.prompts.push_back(all.prompts[i]);
    request.seeds.push_back(all.seeds[i]);
  }
  if (!indices.empty())
    draw(model.run, request, [&](size_t i, const Image& image) {
      save_png(numbered(model.pictures, indices[i]), image, chunks_of(request, i, model));
    });
  PictureSet set{.folder = model.pictures,
                 .names = {},
                 .files = {},
                 .captions = all.prompts,
                 .skipped = {},
                 .repeats = list.repeats};
  for (size_t i = 0; i < all.prompts.size(); ++i) {
    set.files.push_back(numbered(model.pictures, i));
    set.names.push_back(fs::path(set.files.back()).stem().string());
  }
  return set;
}

std::vector<std::string> CaptionList::repeated() const {
  std::vector<std::string> all;
  for (int64_t r = 0; r < repeats; ++r) all.insert(all.end(), captions.begin(), captions.end());
  return all;
}

ScoreProtocol drawing_protocol(const EvaluatedModel& model, const CaptionList& list) {
  return {.prompts_hash = captions_hash(list.captions),
          .dtype = model.dtype,
          .sampler = to_json(model.run.sampler).dump(),
          .steps = model.run.sampler.steps,
          .guidance = model.run.sampler.guidance,
          .seed_rule = list.repeats > 1 ? repeated_seed_rule : picture_seed_rule,
          .drawn_size = model.run.other_size()};
}

}  // namespace mds
