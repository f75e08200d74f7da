// The end of a sweep: determines the winner, or that of each class, and writes it to the folder best/ or best-CLASS/.
#pragma once

#include <string>

#include "experiments/sweep/scores.h"
#include "reports/table.h"

namespace mds {

// The winner with its score, the rule that chose it and the paths of what was written, for programs and for people.
// With several classes the first one's winner, and in "classes" all of them.
struct SweepEnd {
  Json json;
  std::vector<Table> tables;
  std::string text(Format format) const;
};

// For each winner, writes FOLDER/samples.png, pictures that the winner draws for the evaluation's captions, and
// FOLDER/best with spec.json (the full-scale network), proxy/ (the trained model folder) and report.html; each of them
// is replaced completely or not at all. `command` makes the network again. std::runtime_error where every candidate
// failed or stopped.
SweepEnd end_sweep(const SweepContext& sweep, const std::string& command);

}  // namespace mds
