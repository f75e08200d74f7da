// Pictures of a model for a list of captions, drawn where they are not there yet.
#pragma once

#include "app/drawing.h"
#include "app/evaluate_options.h"

namespace mds {

// One model of an evaluation and where its pictures go.
struct EvaluatedModel {
  ModelRun run;
  std::string pictures;  // folder
  std::string dtype;     // of UNet and decoder
  int64_t batch = 1;     // pictures drawn together
};

// What is drawn: the captions, so many times with other noise, all as one set.
struct CaptionList {
  std::vector<std::string> captions;
  int64_t repeats = 1;
  std::vector<std::string> repeated() const;
};

// The folders of --model; one without model.json stands for the model folders in it. FileError where there are none.
std::vector<std::string> model_folders(const std::vector<std::string>& given);

// The models of --model, in the order of their training iterations. UsageError where two of them would draw into one
// folder.
std::vector<EvaluatedModel> models_of(const EvaluateOptions& options);

// Draws the pictures 00000.png, ... of the captions, the whole list repeated, into the model's folder. A picture that
// is there and whole, and tells that it was made alike, is kept; one that was made otherwise is a UsageError, before
// anything is drawn; one that is broken is drawn anew.
PictureSet drawn_pictures(const EvaluatedModel& model, const CaptionList& list, uint64_t seed);

// How the model draws.
ScoreProtocol drawing_protocol(const EvaluatedModel& model, const CaptionList& list);

}  // namespace mds
