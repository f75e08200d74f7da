// The pictures of a model for a list of captions, drawn where they do not exist yet.
#pragma once

#include "experiments/evaluation/drawn_files.h"
#include "experiments/evaluation/request.h"

namespace mds {

// One model of an evaluation, and the folder for its pictures.
struct EvaluatedModel {
  ModelRun run;
  std::string pictures;  // folder
  int64_t batch = 1;     // pictures drawn together
  WriteOptions write{};
};

// What is drawn: the list of captions, repeated with different noise, as one set.
struct CaptionList {
  std::vector<std::string> captions;
  int64_t repeats = 1;
  std::vector<std::string> repeated() const;
};

// The folders of --model; a folder without model.json means the model folders in it. FileError where there are none.
std::vector<std::string> model_folders(const std::vector<std::string>& given);

// The models of --model, in the order of their training iterations. RequestError where two of them would use the same
// folder for pictures.
std::vector<EvaluatedModel> models_of(const EvaluationRequest& request);

// The pictures 00000.png, ... of the captions, the whole list repeated, in the model's folder; they may not exist yet.
PictureSet set_of(const EvaluatedModel& model, const CaptionList& list);

// Draws those that do not exist yet: see draw_files.
void draw_set(const EvaluatedModel& model, const PictureSet& set, uint64_t seed, Listener& listener);

// The part of a protocol that says how the model draws.
ScoreProtocol drawing_protocol(const EvaluatedModel& model, const CaptionList& list);

}  // namespace mds
