// Scores of any pictures, of models that draw a list of captions, or of autoencoders; each score has its protocol.
#pragma once

#include "experiments/evaluation/request.h"
#include "experiments/listener.h"
#include "networks/autoencoder.h"
#include "search/store/scores.h"

namespace mds {

// The subject that was measured, and its scores.
struct EvaluatedPictures {
  std::string subject, name;  // hash and folder of a model or of pictures
  int64_t iteration = 0;      // of the model's training
  std::vector<LabelledScore> scores;
  std::optional<ModelRow> model{};
  std::optional<ModelTrainingRow> training{};
  std::optional<DecoderSpec> decoder{};  // of an autoencoder
};

struct EvaluationFailure {
  std::string subject, score, reason;  // no score: nothing of the subject was scored
};

struct EvaluationResult {
  std::vector<EvaluatedPictures> evaluations{};
  std::vector<EvaluationFailure> failures{};
  Json skipped = Json::array();  // pictures that could not be read: {"of", "file", "reason"}
};

// Scores are stored as soon as their pictures are scored, and stay if a later one fails. Where nothing can be scored,
// the first failure is thrown. RequestError where the request contradicts itself; nothing is drawn or written then.
EvaluationResult evaluate(const EvaluationRequest& request, Listener& listener);

}  // namespace mds
