// Draws pictures with an opened model.
#pragma once

#include <functional>
#include <string>

#include "experiments/listener.h"
#include "networks/placement.h"
#include "pipeline/generator.h"
#include "pipeline/image.h"
#include "search/store/scores.h"
#include "spec/fields.h"

namespace mds {

// A model that is ready to draw, and how it draws.
struct ModelRun {
  std::string folder, hash;
  Generator generator;
  SamplerConfig sampler;
  std::string dtype;
  std::string loras{};    // hash and weight of each, as pictures say how they were made
  std::string warning{};  // of LoRAs that are missing, or hold other layers than the model's
  Extent asked{};         // picture size that the user asked for; 0: the model's own

  // "512" or "768x512" where it differs from the model's own size, else empty.
  std::string other_size() const { return asked == Extent{} ? "" : to_string(generator.size()); }
};

struct ModelRequest {
  std::string folder;
  Placement placement{};  // of UNet and decoder; text encoders are in fp32
  GivenFields sampler{};  // override the model's own
  TileOptions tiles{};
  Extent pixels{};       // picture size; 0: the model's own
  PackedFiles packed{};  // where large packed weights are kept
  std::vector<LoraChoice> loras{};
};

// Reads the card, the headers of the weights and the LoRAs. RequestError where the model cannot sample or decode as
// requested; FileError where one of its files is missing or truncated.
ModelRun open_model(const ModelRequest& request);

// Passes on each picture as soon as it is finished, in order. Warns of prompts that are cut and of a negative prompt
// without effect. Returns false where the listener stopped it.
bool draw(const ModelRun& run, const DrawRequest& request, const std::function<void(size_t, Image)>& take,
          Listener& listener);

// How picture i of the request is made: all fields that its pixels depend on, by name.
PictureText making_of(const ModelRun& run, const DrawRequest& request, size_t i);

// What the folder's card says about the training; models that were not trained by mdsearch have no stage.
ModelRow model_row(const std::string& folder, const std::string& hash, const ModelCard& card);
std::optional<ModelTrainingRow> training_row(const std::string& hash, const ModelCard& card);

std::string numbered(const std::string& folder, size_t i, const std::string& ending = ".png");  // FOLDER/00007.png

}  // namespace mds
