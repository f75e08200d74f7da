// Pictures from an opened model: what `mdsearch generate` and `mdsearch evaluate` share.
#pragma once

#include <functional>
#include <string>

#include "app/options.h"
#include "pipeline/generator.h"
#include "pipeline/image.h"
#include "search/store/rows.h"

namespace mds {

// How one model draws.
struct ModelRun {
  std::string folder, hash;
  Generator generator;
  SamplerConfig sampler;
  std::string dtype;
  Extent asked{};  // size of a picture that was asked for; 0: the model's own

  // "512" or "768x512" where it is not the model's own, else empty.
  std::string other_size() const { return asked == Extent{} ? "" : to_string(generator.size()); }
};

struct ModelRequest {
  std::string folder;
  std::string dtype = "fp32";  // of UNet and decoder: fp32 or bf16
  GivenFields sampler{};       // in place of the model's own
  TileOptions tiles{};
  Extent pixels{};  // of a picture; 0: the model's own
};

// Reads the card and the headers of the weights. UsageError where the model cannot sample or decode as it is asked to,
// FileError where a file of it is missing or cut off.
ModelRun open_model(const ModelRequest& request);

// Hands each picture on as soon as it is finished, in order. Progress, prompts that are cut and a negative prompt
// without effect go to stderr. Returns false where an interrupt (SIGINT, SIGTERM) came first.
bool draw(const ModelRun& run, const DrawRequest& request, const std::function<void(size_t, Image)>& take);

// How picture i of the request is made: every field that its pixels depend on, by name.
PictureText making_of(const ModelRun& run, const DrawRequest& request, size_t i);

// What the folder's card tells of the training; models that this program did not train have no stage.
ModelRow model_row(const std::string& folder, const std::string& hash, const ModelCard& card);

// What a model is called: its folder, or where that is "model", as training names it, the folder around.
std::string model_name(const std::string& folder);

std::string numbered(const std::string& folder, size_t i, const std::string& ending = ".png");  // FOLDER/00007.png

}  // namespace mds
