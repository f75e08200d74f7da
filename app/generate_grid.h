// The one picture that `mdsearch generate --grid` writes.
#pragma once

#include "app/generate_request.h"

namespace mds {

struct GridRequest {
  const GenerateOptions& options;
  const DrawRequest& drawing;
  const std::vector<ModelRun>& runs;
};

// Each picture has its seed below it. One model: a row for each prompt with the prompt below it, or nearly square, each
// picture with its own prompt, where a prompt has one picture. Several: a row for each prompt, and `count` columns for
// each model with its name above them. pictures[m][i] is the i-th of model m.
Image grid_of(const GridRequest& request, const std::vector<std::vector<Image>>& pictures);

// How the grid is made: prompts and models one a line, and so each model's sampler.
PictureText making_of(const GridRequest& request);

// UsageError where the grid would exceed a picture's limits. A warning on stderr where there is no font for its words.
void check_grid(const GridRequest& request);

}  // namespace mds
