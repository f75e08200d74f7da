// The tables of ways to fewer steps: what they hold, and how they are made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/drawings.h"
#include "reports/trainings.h"

namespace mds {

// One model's pictures with every distance that was measured of them.
struct Distilled {
  std::map<std::string, Drawing> by_distance{};
  const Drawing& drawing(const std::string& distance) const { return by_distance.at(distance); }
};

// Groups whose pictures were drawn and compared alike, and differ only in the network that looks at them.
using DistanceGroups = std::map<std::string, DrawingGroup>;  // by the distance's name

// The distance by which drawings are chosen: that of all other reports, where there is one.
std::string leading(const DistanceGroups& groups);

// Whether both tell of the same pictures, whatever their distances.
bool same_pictures(const Drawing& x, const Drawing& y);

// Models that were trained alike but for the seed, and draw alike.
struct Method {
  std::string name{};
  std::vector<Distilled> seeds{};
};

// The methods beside the network that all of them were distilled from, first row to last.
Table distillation_table(const Database& database, const ModelTrainings& trainings, const DistanceGroups& groups,
                         const std::vector<Method>& methods);

// The FID of published methods on each data set, and over that of their teacher.
Table published_distillations(const Database& database);

}  // namespace mds
