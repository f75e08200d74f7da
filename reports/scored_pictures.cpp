#include "reports/scored_pictures.h"

#include <algorithm>

namespace mds {

std::string shared_conditions(const DrawingGroup& group) {
  Json shared = json_or_null(group.conditions);
  for (const char* of_the_score : {"score", "extractor", "weights_hash", "resizer", "interval", "reference_hash"})
    shared.erase(of_the_score);
  return shared.dump();
}

std::vector<DistanceGroups> distance_groups(const Database& database, const ReportOptions& options) {
  auto groups = drawing_groups(database, options);
  const auto larger = [](const DrawingGroup& x, const DrawingGroup& y) {
    return x.drawings.size() > y.drawings.size();
  };
  std::ranges::stable_sort(groups, larger);
  std::vector<std::pair<std::string, DistanceGroups>> families;  // by what their pictures share
  for (auto& group : groups) {
    const std::string shared = shared_conditions(group), name = group.drawings.front().distance.name;
    auto family = std::ranges::find_if(
        families, [&](const auto& each) { return each.first == shared && !each.second.contains(name); });
    if (family == families.end()) family = families.insert(family, {shared, {}});
    family->second[name] = std::move(group);
  }
  std::vector<DistanceGroups> list;
  for (auto& [shared, family] : families) list.push_back(std::move(family));
  return list;
}

std::string leading(const DistanceGroups& groups) {
  return groups.contains("fd_emoji_clip") ? "fd_emoji_clip" : groups.begin()->first;
}

bool same_pictures(const Drawing& x, const Drawing& y) {
  return x.model.hash == y.model.hash && x.steps == y.steps && x.way == y.way && x.guidance == y.guidance &&
         x.distance.eval_seed == y.distance.eval_seed;
}

ScoredPictures with_all_distances(const Drawing& drawing, const DistanceGroups& groups) {
  ScoredPictures scored;
  for (const auto& [name, group] : groups)
    for (const auto& each : group.drawings)
      if (same_pictures(each, drawing)) scored.by_distance.emplace(name, each);
  return scored;
}

}  // namespace mds
