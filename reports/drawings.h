// What models drew and how it scored: the rows behind the reports of stages and of guidance.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace mds {

// One model's pictures under one sampler setting, with a distance and, where it was taken, a text-image score.
struct Drawing {
  ModelRow model{};
  int64_t steps = 0;
  double guidance = 0;
  int64_t calls = 1;  // of the UNet, a step
  std::string way{};  // the sampler's settings but for guidance
  std::string sampler = "ddim";
  ScoreRow distance{};
  std::optional<ScoreRow> clip{};
};

// Drawings whose distances have one name and one protocol but for the sampler: they can be compared.
struct DrawingGroup {
  std::string conditions{};  // that protocol, as JSON
  std::vector<Drawing> drawings{};
};

// Of the models of `options.network` (the beginning of a folder's name or hash; empty: all). One network after another,
// told apart by their parameters, whose number no stage changes, from many to few; of each, ordered by their training:
// a stage's kind as base, relu, distil, ufogen, then the model's name, steps from many to few, the way steps are taken,
// the seed, and guidance.
std::vector<DrawingGroup> drawing_groups(const Store& store, const ReportOptions& options);

// Drawings that differ by guidance alone, by guidance: in each group one run after the other, at least one drawing
// each.
std::vector<std::vector<Drawing>> guidance_curves(const DrawingGroup& group);

}  // namespace mds
