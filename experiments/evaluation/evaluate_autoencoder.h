// Autoencoders in `mdsearch evaluate`: the reconstructions by their two halves, as files that can be compared.
#pragma once

#include "experiments/evaluation/request.h"
#include "metrics/picture_set.h"
#include "pipeline/model.h"

namespace mds {

struct EvaluatedAutoencoder {
  std::string folder, hash;
  std::string name;      // of its training run, or else of the folder
  ModelCard card;        // with both halves
  std::string pictures;  // folder for its reconstructions
};

// The models of --model, in the order given. RequestError where two have the same name or different sizes, or where
// --size differs from theirs.
std::vector<EvaluatedAutoencoder> autoencoders_of(const EvaluationRequest& request);

// Writes the pictures of --reference (those of --split) at the autoencoders' size as OUT/input/00000.png and so on.
// Captions are those of the pairs; without --split they are the files' names.
PictureSet autoencoder_input(const EvaluationRequest& request, int64_t size);

// Writes the model's reconstructions under the names of the input.
PictureSet returned_pictures(const EvaluatedAutoencoder& model, const PictureSet& input, const Placement& placement);

// Writes `rows` pictures, evenly spaced in the set so that nobody selects them: a column of the input and one of each
// model, with its name above.
void save_sheet(const std::string& file, const PictureSet& input, const std::vector<EvaluatedAutoencoder>& models,
                int64_t rows);

}  // namespace mds
