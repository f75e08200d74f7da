// What models drew and the scores of it: the rows for the reports on stages and on guidance.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace mds {

// Pictures of one model under one sampler setting, with a distance and, if measured, a text-image score.
struct Drawing {
  ModelRow model{};
  int64_t steps = 0;
  double guidance = 0;
  int64_t calls = 1;  // of the UNet in each step
  std::string way{};  // the sampler's settings except guidance
  std::string sampler = "ddim";
  ScoreRow distance{};
  std::optional<ScoreRow> clip{}, binding{};
};

// Drawings whose distances have the same name, and the same protocol except for the sampler, so they are comparable.
struct DrawingGroup {
  std::string conditions{};  // this protocol, as JSON
  std::vector<Drawing> drawings{};
};

// Drawings of the models of `options.network` (the beginning of a folder's name or hash; empty: all). They are grouped
// by network, recognised by its number of parameters, which no stage changes, from many to few. Within a network the
// order is: kind of stage (spec/stage_kind.h), name of the model, steps from many to few, sampler settings,
// seed, guidance.
std::vector<DrawingGroup> drawing_groups(const Database& database, const ReportOptions& options);

// Groups of drawings that differ only in guidance, and are sorted by it: the groups one after the other, each with at
// least one drawing.
std::vector<std::vector<Drawing>> guidance_curves(const DrawingGroup& group);

// The drawing of a curve with the least distance.
const Drawing& nearest_of(const std::vector<Drawing>& curve);

// The name of a model: that of its folder or, where this is "model", as training calls it, of the folder above.
std::string model_name(const std::string& folder);

}  // namespace mds
