// The tables of ways to fewer steps: what they hold, and how they are made.
#pragma once

#include <string>
#include <vector>

#include "reports/scored_pictures.h"
#include "reports/trainings.h"

namespace mds {

// Models that were trained alike but for the seed, and draw alike.
struct Method {
  std::string name{};
  std::vector<ScoredPictures> seeds{};
};

// The methods beside the network that all of them were distilled from, first row to last.
Table distillation_table(const Database& database, const ModelTrainings& trainings, const DistanceGroups& groups,
                         const std::vector<Method>& methods);

// The FID of published methods on each data set, and over that of their teacher.
Table published_distillations(const Database& database);

}  // namespace mds
