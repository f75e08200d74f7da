// Autoencoders under `mdsearch evaluate`: what their two halves make of pictures, as files that can be compared.
#pragma once

#include "app/evaluate_options.h"
#include "metrics/picture_set.h"
#include "pipeline/model.h"

namespace mds {

struct EvaluatedAutoencoder {
  std::string folder, hash;
  std::string name;      // of its training run, else of the folder
  ModelCard card;        // with both halves
  std::string pictures;  // folder for what it returns
};

// The models of --model, in the order given. UsageError where two have one name or not one size, and for a --size that
// is not theirs.
std::vector<EvaluatedAutoencoder> autoencoders_of(const EvaluateOptions& options);

// The pictures of --reference (those of --split) at the autoencoders' size: OUT/input/00000.png and on. Captions are
// the pairs', without --split the names of the files.
PictureSet autoencoder_input(const EvaluateOptions& options, int64_t size);

// What the model returns, under the names of the input.
PictureSet returned_pictures(const EvaluatedAutoencoder& model, const PictureSet& input);

// `rows` of the pictures, evenly spread over the set and so picked by nobody: a column of the input and one of each
// model, under its name.
void save_sheet(const std::string& file, const PictureSet& input, const std::vector<EvaluatedAutoencoder>& models,
                int64_t rows);

}  // namespace mds
