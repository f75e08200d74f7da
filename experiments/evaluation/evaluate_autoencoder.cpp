#include "experiments/evaluation/evaluate_autoencoder.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <set>

#include "data/picture_table.h"
#include "data/resize.h"
#include "experiments/evaluation/drawing.h"
#include "experiments/evaluation/evaluate_model.h"
#include "experiments/output.h"
#include "experiments/training/reconstruction.h"
#include "reports/drawings.h"
#include "spec/new_file.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr size_t pictures_at_once = 64;

PictureSet asked_for(const EvaluationRequest& request) {
  if (request.split.empty()) {
    PictureSet set = list_picture_files(request.reference);
    set.captions = set.names;
    return set;
  }
  return list_captioned(request.reference, request.split);
}

// Pictures 00000.png and so on, in a folder that may contain only these.
PictureSet numbered_set(const std::string& folder, const std::vector<std::string>& captions) {
  PictureSet set{.folder = folder, .names = {}, .files = {}, .captions = captions};
  std::set<std::string> files;
  for (size_t i = 0; i < captions.size(); ++i) {
    set.files.push_back(numbered(folder, i));
    set.names.push_back(fs::path(set.files.back()).stem().string());
    files.insert(set.files.back());
  }
  make_folder(folder);
  for (const auto& entry : fs::directory_iterator(folder))
    if (!files.contains(entry.path().string()))
      throw RequestError(entry.path().string() + ": is none of the pictures; give another `out`");
  return set;
}

Tensor pictures_of(const PictureSet& set, size_t begin, int64_t size) {
  std::vector<Tensor> pictures;
  for (size_t i = begin; i < std::min(begin + pictures_at_once, set.files.size()); ++i)
    pictures.push_back(to_tensor(load_image(set.files[i]), size));
  return at::stack(pictures);
}

}  // namespace

std::vector<EvaluatedAutoencoder> autoencoders_of(const EvaluationRequest& request) {
  refuse_input_as_output("`out`", request.out, inputs_of(request));
  refuse_input_as_output("`out`", request.out + "/input", inputs_of(request));
  std::vector<EvaluatedAutoencoder> models;
  std::set<std::string> used{"input"};
  for (const auto& folder : model_folders(request.models)) {
    ModelCard card = load_card(folder, {"vae_decoder"});
    if (!card.vae_encoder)
      throw RequestError(folder + ": has no encoder and returns no pictures; give `prompts` FILE to draw with it");
    const std::string name = model_name(folder);
    if (!used.insert(name).second)
      throw RequestError("`model`: two models are called " + name + "; their pictures would mix");
    const int64_t size = card.vae_encoder->size, first = models.empty() ? size : models[0].card.vae_encoder->size;
    if (size != first || (request.size != 0 && request.size != size))
      throw RequestError(folder + ": returns pictures of " + std::to_string(size) + "; allowed: models of one size" +
                         (request.size == 0 ? "" : ", and that as `size`"));
    models.push_back({folder, model_hash(folder), name, std::move(card), request.out + "/" + name});
  }
  return models;
}

PictureSet autoencoder_input(const EvaluationRequest& request, int64_t size) {
  const PictureSet source = asked_for(request);
  PictureSet input = numbered_set(request.out + "/input", source.captions);
  for (size_t i = 0; i < source.files.size(); ++i)
    save_png(input.files[i], to_image(to_tensor(load_image(source.files[i]), size)));
  return input;
}

PictureSet returned_pictures(const EvaluatedAutoencoder& model, const PictureSet& input, const Placement& placement) {
  const auto encoder = load_part(model.folder, "vae_encoder", make_plan(*model.card.vae_encoder), placement);
  const auto decoder = load_part(model.folder, "vae_decoder", make_plan(*model.card.vae_decoder), placement);
  for (const auto& half : {encoder, decoder}) half->prepare(placement.kernels);
  PictureSet set = numbered_set(model.pictures, input.captions);
  for (size_t begin = 0; begin < set.files.size(); begin += pictures_at_once) {
    const Tensor returned = reconstructed(*encoder, *decoder, pictures_of(input, begin, model.card.vae_encoder->size));
    for (int64_t i = 0; i < returned.size(0); ++i) save_png(set.files[begin + size_t(i)], to_image(returned[i]));
  }
  return set;
}

void save_sheet(const std::string& file, const PictureSet& input, const std::vector<EvaluatedAutoencoder>& models,
                int64_t rows) {
  const size_t count = input.files.size(), shown = std::min(size_t(rows), count);
  PictureTable table{.columns = 1 + int64_t(models.size()), .headings = {"input"}};
  for (const auto& model : models) table.headings.push_back(model.name);
  for (size_t row = 0; row < shown; ++row) {
    const size_t i = row * count / shown;
    table.captions.push_back(input.captions[i]);
    table.pictures.push_back(load_image(input.files[i]));
    for (const auto& model : models) table.pictures.push_back(load_image(numbered(model.pictures, i)));
  }
  save_picture(file, picture_table(table));
}

}  // namespace mds
