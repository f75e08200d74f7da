#include "reports/drawings.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include "spec/guidance.h"
#include "spec/stage_kind.h"

namespace mds {
namespace {

auto place_of(const Drawing& drawing) {
  return std::tuple(-drawing.model.params, stage_place(drawing.model.stage), drawing.model.name, drawing.model.hash,
                    -drawing.steps, drawing.way, drawing.distance.eval_seed, drawing.guidance);
}

// Identifies who drew the pictures and how: equal for a distance and a text-image score of the same pictures.
std::string drawn_by(const ScoreRow& score, const StoredProtocol& protocol) {
  return Json{score.subject,
              protocol.value<std::string>("sampler"),
              protocol.value<std::string>("prompts_hash"),
              protocol.value("repeats", int64_t(1)),
              score.eval_seed,
              protocol.value<std::string>("dtype"),
              protocol.value<std::string>("drawn_size")}
      .dump();
}

// The protocol's sampler as an object; empty where it is not one.
Json sampler_of(const StoredProtocol& protocol) {
  Json sampler = json_or_null(protocol.value<std::string>("sampler"));
  return sampler.is_object() ? sampler : Json::object();
}

std::string way_of(Json sampler) {
  sampler.erase("guidance");
  return sampler.dump();
}

bool is_distance(const ScoreRow& score) {
  const ScoreKind* kind = score_kind(score.name);
  return kind && kind->measure == Measure::log_distance;
}

std::string conditions_of(const ScoreRow& score, Json protocol) {
  for (const char* of_the_sampler : {"sampler", "steps", "guidance"}) protocol.erase(of_the_sampler);
  protocol["score"] = score.name;
  return protocol.dump();
}

}  // namespace

std::vector<DrawingGroup> drawing_groups(const Database& database, const ReportOptions& options) {
  std::map<std::string, ModelRow> models;
  for (const auto& model : all_models(database))
    if (is_asked(options, model.name, model.hash)) models[model.hash] = model;
  std::map<std::string, ScoreRow> clips, bindings;
  std::vector<std::pair<ScoreRow, StoredProtocol>> distances;
  for (const auto& score : all_scores(database)) {
    if (!models.contains(score.subject)) continue;
    const StoredProtocol protocol = stored_protocol(database, score.protocol);
    if (compares(score.name, Compared::caption)) clips.emplace(drawn_by(score, protocol), score);
    if (score.name.starts_with("binding")) bindings.emplace(drawn_by(score, protocol), score);
    if (is_distance(score)) distances.emplace_back(score, protocol);
  }
  std::map<std::string, DrawingGroup> groups;
  for (const auto& [score, protocol] : distances) {
    const auto by_drawing = [by = drawn_by(score, protocol)](const std::map<std::string, ScoreRow>& scores) {
      const auto found = scores.find(by);
      return found == scores.end() ? std::nullopt : std::optional(found->second);
    };
    DrawingGroup& group = groups[conditions_of(score, protocol.json)];
    group.conditions = conditions_of(score, protocol.json);
    const Json sampler = sampler_of(protocol);
    const double guidance = protocol.value("guidance", 0.0);
    group.drawings.push_back(
        {.model = models.at(score.subject),
         .steps = protocol.value("steps", int64_t(0)),
         .guidance = guidance,
         .calls = calls_a_step(
             guided_sides(guidance, stored_value(sampler, "rescale", 0.0, protocol.place.child("sampler")))),
         .way = way_of(sampler),
         .sampler = stored_value(sampler, "sampler", std::string("ddim"), protocol.place.child("sampler")),
         .distance = score,
         .clip = by_drawing(clips),
         .binding = by_drawing(bindings)});
  }
  std::vector<DrawingGroup> ordered;
  for (auto& [conditions, group] : groups) {
    std::sort(group.drawings.begin(), group.drawings.end(),
              [](const Drawing& x, const Drawing& y) { return place_of(x) < place_of(y); });
    ordered.push_back(std::move(group));
  }
  return ordered;
}

std::vector<std::vector<Drawing>> guidance_curves(const DrawingGroup& group) {
  const auto alike = [](const Drawing& x, const Drawing& y) {
    return x.model.hash == y.model.hash && x.steps == y.steps && x.way == y.way &&
           x.distance.eval_seed == y.distance.eval_seed;
  };
  std::vector<std::vector<Drawing>> curves;
  for (const auto& drawing : group.drawings) {
    if (curves.empty() || !alike(curves.back().front(), drawing)) curves.emplace_back();
    curves.back().push_back(drawing);
  }
  return curves;
}

const Drawing& nearest_of(const std::vector<Drawing>& curve) {
  return *std::min_element(curve.begin(), curve.end(),
                           [](const Drawing& x, const Drawing& y) { return x.distance.value < y.distance.value; });
}

std::string model_name(const std::string& folder) {
  std::filesystem::path path = std::filesystem::absolute(folder + "/").lexically_normal().parent_path();
  if (path.filename() == "model" && path.parent_path().has_filename()) path = path.parent_path();
  return path.filename().string();
}

}  // namespace mds
