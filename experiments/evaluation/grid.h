// All pictures of several prompts and models as one.
#pragma once

#include "experiments/evaluation/drawing.h"

namespace mds {

struct GridRequest {
  const std::vector<std::string>& prompts;
  size_t count;                // pictures of each prompt
  const DrawRequest& drawing;  // `count` pictures of each prompt in turn
  const std::vector<ModelRun>& runs;
};

// Each picture has its seed below it. One model: a row for each prompt with the prompt below; or, where each prompt has
// one picture, a nearly square grid with its prompt below each picture. Several models: a row for each prompt, and
// `count` columns for each model below its name. pictures[m][i] is picture i of model m.
Image grid_of(const GridRequest& request, const std::vector<std::vector<Image>>& pictures);

// How the grid is made: prompts and models, one per line, and so the sampler of each model.
PictureText making_of(const GridRequest& request);

// RequestError where the grid would exceed the limits of a picture. Warns where there is no font for its text.
void check_grid(const GridRequest& request, Listener& listener);

}  // namespace mds
