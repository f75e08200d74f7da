#include "pipeline/clip_images.h"

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>

#include "pipeline/convert_network.h"
#include "pipeline/resizer.h"
#include "pipeline/weight_import.h"

namespace mds {
namespace {

constexpr int64_t pictures_resized_at_once = 32;  // of any size; the tower takes fewer

// Crops the centre. It begins where torchvision's CenterCrop begins: halves are rounded to even.
Tensor centre_of(const Tensor& x_NCHW, int64_t size) {
  const auto begin = [&](int64_t side) { return int64_t(std::nearbyint(double(side - size) / 2)); };
  return x_NCHW.narrow(2, begin(x_NCHW.size(2)), size).narrow(3, begin(x_NCHW.size(3)), size);
}

void check_pictures(const Tensor& pictures) {
  if (pictures.dim() == 4 && pictures.size(1) == 3 && pictures.scalar_type() == at::kByte && pictures.size(2) > 0 &&
      pictures.size(3) > 0)
    return;
  throw ConfigError("pictures are " + sizes_text(pictures.sizes()) + " of " +
                    std::string(c10::toString(pictures.scalar_type())) + "; expected [N, 3, H, W] of Byte");
}

Layout clip_layout(const TensorMap& file, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [tensor, value] : file) names.push_back(tensor);
  const std::string_view like = layout_that_looks_like(names);
  for (const Layout layout : {Layout::transformers, Layout::open_clip})
    if (like == name_of(layout)) return layout;
  throw FileError(name + ": is no CLIP in the layout of transformers, open_clip or openai/CLIP" +
                  (like.empty() ? "" : "; its names look like the " + std::string(like) + " layout"));
}

ImageTowerSpec image_spec(const ClipSource& source) {
  if (is_model_folder(source.weights)) return *load_card(source.weights, {"image_encoder"}).image_encoder;
  const NetworkSpec spec = load_network(source.image);
  if (const auto* tower = std::get_if<ImageTowerSpec>(&spec)) return *tower;
  throw ConfigError(source.image + " is no image tower; a CLIP's is needed");
}

ImageNormalisation normalisation_of(const ClipSource& source) {
  if (!is_model_folder(source.weights)) return {};
  return *load_card(source.weights, {"image_normalisation"}).image_normalisation;
}

}  // namespace

Tensor clip_pixels(const Tensor& pictures_u8, int64_t size, ClipFit fit) {
  check_pictures(pictures_u8);
  if (pictures_u8.size(0) == 0) return at::empty({0, 3, size, size}, at::kFloat);
  const int64_t height = pictures_u8.size(2), width = pictures_u8.size(3), shorter = std::min(height, width);
  if (fit == ClipFit::squash) return resized(pictures_u8, {size, size}, Resizer::bicubic);
  const ImageSize whole{.width = size * width / shorter, .height = size * height / shorter};
  return centre_of(resized(pictures_u8, whole, Resizer::bicubic), size);
}

std::string text_half_of(const std::string& image_network) {
  const std::string_view larger = "-336";
  std::string name = image_network;
  if (name.ends_with(larger)) name.resize(name.size() - larger.size());
  return name + "-text";
}

bool is_model_folder(const std::string& weights) { return std::filesystem::exists(weights + "/model.json"); }

NetworkPtr load_clip_tower(const NetworkSpec& spec, const ClipSource& source, const Placement& placement) {
  // A score needs weights without doubt: where a folder has copies of different training, the user names the file.
  const auto refuse = [](const std::string& copies) { throw FileError(copies + "; give the file itself"); };
  const WeightSource found = weight_sources(Layout::open_clip, source.weights, refuse).front();
  const std::string against = contradiction(spec, found.config);
  if (!against.empty()) throw FileError(found.config_file + ": " + against);
  const TensorMap file = load_tensors(found.file).tensors;
  const Layout layout = source.layout ? *source.layout : clip_layout(file, found.file);
  NetworkPtr network = make_network(make_plan(spec), placement);
  adopt_weights(*network, import_weights(network->plan(), layout, file, found.file), found.file);
  network->eval();
  return network;
}

ClipImages::ClipImages(const ClipSource& source, ClipFit fit, const Placement& placement)
    : spec_(image_spec(source)),
      normalisation_(normalisation_of(source)),
      fit_(fit),
      tower_(is_model_folder(source.weights) ? load_part(source.weights, "image_encoder", make_plan(spec_), placement)
                                             : load_clip_tower(spec_, source, placement)) {}

Tensor ClipImages::embed(const Tensor& pictures_u8) const {
  check_pictures(pictures_u8);
  std::vector<Tensor> rows = {at::empty({0, width()}, at::kFloat)};
  for (int64_t i = 0; i < pictures_u8.size(0); i += pictures_resized_at_once) {
    const Tensor pixels = clip_pixels(pictures_u8.slice(0, i, i + pictures_resized_at_once), size(), fit_);
    rows.push_back(embed_pictures(*tower_, standardised(pixels / 255, normalisation_)).to(at::kFloat));
    if (!is_finite(rows.back())) throw std::runtime_error("the image tower: an embedding is not finite");
  }
  return at::cat(rows);
}

}  // namespace mds
