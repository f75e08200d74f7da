// Pictures from an opened model: what `mdsearch generate` and `mdsearch evaluate` share.
#pragma once

#include <functional>
#include <string>

#include "app/generate_request.h"
#include "pipeline/image.h"
#include "search/store/rows.h"

namespace mds {

// How one model draws.
struct ModelRun {
  std::string folder, hash;
  Generator generator;
  SamplerConfig sampler;
  Extent asked{};  // size of a picture that was asked for; 0: the model's own

  // "512" or "768x512" where it is not the model's own, else empty.
  std::string other_size() const { return asked == Extent{} ? "" : to_string(generator.size()); }
};

struct ModelRequest {
  std::string folder;
  at::ScalarType dtype = at::kFloat;
  GivenFields sampler{};  // in place of the model's own
  TileOptions tiles{};
  Extent pixels{};  // of a picture; 0: the model's own
};

// Reads the card alone. UsageError where the model cannot sample or decode as it is asked to.
ModelRun open_model(const ModelRequest& request);

// Hands each picture on, in order; progress and cut prompts go to stderr.
void draw(const ModelRun& run, const DrawRequest& request, const std::function<void(size_t, Image)>& take);

// How picture i of the request is made.
PngText text_chunks(const DrawRequest& request, size_t i, const ModelRun& run);

// What the folder's card tells of the training; models that this program did not train have no stage.
ModelRow model_row(const std::string& folder, const std::string& hash, const ModelCard& card);

// What a model is called: its folder, or where that is "model", as training names it, the folder around.
std::string model_name(const std::string& folder);

std::string numbered(const std::string& folder, size_t i);  // FOLDER/00007.png

}  // namespace mds
