// Every distance of the same pictures: what several networks that look at them say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/drawings.h"

namespace mds {

// One model's pictures with every distance that was measured of them.
struct ScoredPictures {
  std::map<std::string, Drawing> by_distance{};
  const Drawing& drawing(const std::string& distance) const { return by_distance.at(distance); }
};

// Groups whose pictures were drawn and compared alike, and differ only in the network that looks at them.
using DistanceGroups = std::map<std::string, DrawingGroup>;  // by the distance's name

// What drawing_groups finds, the largest first. Where a distance was measured in two ways, the smaller group is apart.
std::vector<DistanceGroups> distance_groups(const Database& database, const ReportOptions& options);

// The distance by which drawings are chosen: that of all other reports, where there is one.
std::string leading(const DistanceGroups& groups);

// How all the pictures of the groups were drawn but for the sampler, as JSON.
std::string shared_conditions(const DrawingGroup& group);

// Whether both tell of the same pictures, whatever their distances.
bool same_pictures(const Drawing& x, const Drawing& y);

ScoredPictures with_all_distances(const Drawing& drawing, const DistanceGroups& groups);

}  // namespace mds
