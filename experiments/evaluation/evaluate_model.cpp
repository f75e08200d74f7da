#include "experiments/evaluation/evaluate_model.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "experiments/output.h"
#include "networks/found_file.h"
#include "reports/drawings.h"
#include "spec/new_file.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr int64_t most_drawn_at_once = 64;

bool is_model(const fs::path& folder) { return fs::exists(folder / "model.json"); }

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

std::vector<EvaluatedModel> models_of(const EvaluationRequest& request) {
  std::vector<EvaluatedModel> models;
  const auto folders = model_folders(request.models);
  std::set<std::string> used;
  for (const auto& folder : folders) {
    const std::string name = model_name(folder);
    const std::string out = folders.size() > 1 ? request.out + "/" + name : request.out;
    if (!used.insert(out).second)
      throw RequestError("`model`: two models are called " + name + "; their pictures would mix");
    refuse_input_as_output("`out`", out, inputs_of(request));
    models.push_back(
        {open_model(
             {.folder = folder, .placement = request.placement, .sampler = request.sampler, .pixels = request.drawn}),
         out,
         std::min(request.batch, most_drawn_at_once),
         {.overwrite = request.overwrite}});
  }
  std::stable_sort(models.begin(), models.end(), [](const EvaluatedModel& a, const EvaluatedModel& b) {
    return a.run.generator.card().provenance.iterations < b.run.generator.card().provenance.iterations;
  });
  return models;
}

PictureSet set_of(const EvaluatedModel& model, const CaptionList& list) {
  PictureSet set{.folder = model.pictures,
                 .names = {},
                 .files = {},
                 .captions = list.repeated(),
                 .skipped = {},
                 .repeats = list.repeats};
  for (size_t i = 0; i < set.captions.size(); ++i) {
    set.files.push_back(numbered(model.pictures, i));
    set.names.push_back(fs::path(set.files.back()).stem().string());
  }
  return set;
}

void draw_set(const EvaluatedModel& model, const PictureSet& set, uint64_t seed, Listener& listener) {
  DrawRequest request{.prompts = set.captions, .seeds = {}, .negative = "", .batch = model.batch};
  for (size_t i = 0; i < set.captions.size(); ++i) request.seeds.push_back(picture_seed(seed, i));
  make_folder(model.pictures);
  draw_files(model.run, request, {.place = model.pictures, .files = set.files, .options = model.write}, listener);
}

std::vector<std::string> CaptionList::repeated() const {
  std::vector<std::string> all;
  for (int64_t r = 0; r < repeats; ++r) all.insert(all.end(), captions.begin(), captions.end());
  return all;
}

ScoreProtocol drawing_protocol(const EvaluatedModel& model, const CaptionList& list) {
  return {.prompts_hash = captions_hash(list.captions),
          .dtype = model.run.dtype,
          .sampler = to_json(model.run.sampler).dump(),
          .steps = model.run.sampler.steps,
          .guidance = model.run.sampler.guidance,
          .seed_rule = list.repeats > 1 ? repeated_seed_rule : picture_seed_rule,
          .drawn_size = model.run.other_size()};
}

}  // namespace mds
