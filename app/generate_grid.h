// The one picture that `mdsearch generate --grid` writes.
#pragma once

#include "app/drawing.h"

namespace mds {

// One model: a row for each prompt, or nearly square where each prompt has one picture. Several: a row for each prompt
// with the prompt below it, and `count` columns for each model with its name above them. pictures[m][i] is the i-th
// of model m.
Image grid_of(const GenerateOptions& options, const std::vector<ModelRun>& runs,
              const std::vector<std::vector<Image>>& pictures);

// UsageError where the grid would exceed a picture's limits.
void check_grid(const GenerateOptions& options, const std::vector<ModelRun>& runs);

}  // namespace mds
