#include "reports/drawings.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace mds {
namespace {

constexpr std::array chain{"base", "relu", "distil", "ufogen"};

auto place_of(const Drawing& drawing) {
  const auto stage = std::find(chain.begin(), chain.end(), drawing.model.stage) - chain.begin();
  return std::tuple(stage, drawing.model.name, -drawing.steps, drawing.guidance, drawing.distance.eval_seed);
}

// Who drew: what a distance and a text-image score of the same pictures share.
std::string drawn_by(const ScoreRow& score, const Json& protocol) {
  return Json{score.subject, protocol.value("sampler", ""), protocol.value("prompts_hash", ""), score.eval_seed}.dump();
}

bool is_distance(const ScoreRow& score) { return score.name.starts_with("fd_") || score.name.starts_with("fid"); }

std::string conditions_of(const ScoreRow& score, Json protocol) {
  for (const char* of_the_sampler : {"sampler", "steps", "guidance"}) protocol.erase(of_the_sampler);
  protocol["score"] = score.name;
  return protocol.dump();
}

}  // namespace

std::vector<DrawingGroup> drawing_groups(const Store& store, const ReportOptions& options) {
  std::map<std::string, ModelRow> models;
  for (const auto& model : store.models())
    if (model.name.starts_with(options.network) || model.hash.starts_with(options.network)) models[model.hash] = model;
  std::map<std::string, ScoreRow> clips;
  std::vector<std::pair<ScoreRow, Json>> distances;
  for (const auto& score : store.scores()) {
    if (!models.contains(score.subject)) continue;
    const Json protocol = Json::parse(protocol_json(store, score.protocol));
    if (score.name.starts_with("clip_")) clips.emplace(drawn_by(score, protocol), score);
    if (is_distance(score)) distances.emplace_back(score, protocol);
  }
  std::map<std::string, DrawingGroup> groups;
  for (const auto& [score, protocol] : distances) {
    const auto clip = clips.find(drawn_by(score, protocol));
    DrawingGroup& group = groups[conditions_of(score, protocol)];
    group.conditions = conditions_of(score, protocol);
    group.drawings.push_back({.model = models.at(score.subject),
                              .steps = protocol.value("steps", int64_t(0)),
                              .guidance = protocol.value("guidance", 0.0),
                              .distance = score,
                              .clip = clip == clips.end() ? std::nullopt : std::optional(clip->second)});
  }
  std::vector<DrawingGroup> ordered;
  for (auto& [conditions, group] : groups) {
    std::sort(group.drawings.begin(), group.drawings.end(),
              [](const Drawing& x, const Drawing& y) { return place_of(x) < place_of(y); });
    ordered.push_back(std::move(group));
  }
  return ordered;
}

}  // namespace mds
