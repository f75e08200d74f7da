#include "reports/plots.h"

#include <algorithm>
#include <cmath>

namespace mds {
namespace {

std::string with_direction(const std::string& metric) {
  const auto better = direction_of(metric);
  return better ? metric + (*better == Better::lower ? " ↓" : " ↑") : metric;
}

Json series_of(const PlotName& name) {
  Json series{{"name", name.label}, {"points", Json::array()}};
  if (!name.section.empty()) series["candidate"] = name.section;
  if (name.colour) series["colour"] = *name.colour;
  return series;
}

// Adds [x, y, low, high, n]; a point that is not finite cannot be plotted.
void add_point(Json& series, double x, const MetricRow& score) {
  if (std::isfinite(x) && std::isfinite(score.value))
    series["points"].push_back({x, score.value, to_json(score.low), to_json(score.high), score.n});
}

Json xy_plot(const std::string& x, const std::string& y) {
  return {{"kind", "xy"}, {"x", x}, {"y", y}, {"series", Json::array()}};
}

}  // namespace

Json learning_curves_plot(const std::string& metric, const std::vector<CurveLine>& lines) {
  Json plot = xy_plot("iterations", with_direction(metric));
  plot["fromZero"] = true;
  for (const auto& line : lines) {
    Json series = series_of(line.name);
    series["line"] = true;
    for (const auto& point : line.points) add_point(series, double(point.iteration), point);
    if (!series["points"].empty()) plot["series"].push_back(std::move(series));
  }
  return plot;
}

Json cost_plot(const std::string& metric, const std::vector<CostDot>& dots) {
  Json plot = xy_plot("GMACs of the full-scale network, valid taps", with_direction(metric));
  Json front = series_of({.label = "front"});
  front.update({{"line", true}, {"dashed", true}, {"bare", true}});
  for (const auto& [name, point] : dots) {
    const double gmacs = double(point.candidate.macs_valid) * 1e-9;
    Json series = series_of(name);
    series["whiskers"] = true;
    add_point(series, gmacs, point.score);
    if (series["points"].empty()) continue;
    if (name.colour && point.front) {
      series["named"] = {0};
      add_point(front, gmacs, point.score);
    }
    plot["series"].push_back(std::move(series));
  }
  if (front["points"].size() > 1) plot["series"].push_back(std::move(front));
  return plot;
}

Json latency_plot(const std::vector<NamedProfile>& networks) {
  Json rows = Json::array();
  for (const auto& [name, profile] : networks) {
    Json row{{"name", name.label}, {"parts", Json::array()}};
    if (!name.section.empty()) row["candidate"] = name.section;
    for (const auto& block : profile.blocks)
      if (const auto& timing = block.timing; timing && !timing->rejected())
        row["parts"].push_back({block.path, block.kind, timing->median_ns * 1e-6, to_json(milliseconds(timing->low_ns)),
                                to_json(milliseconds(timing->high_ns)), timing->n});
    if (!row["parts"].empty()) rows.push_back(std::move(row));
  }
  return {{"kind", "bars"}, {"x", "sum of the blocks' medians, ms"}, {"rows", std::move(rows)}};
}

std::vector<Json> guidance_plots(const std::vector<std::vector<Drawing>>& curves) {
  Json distances = xy_plot("guidance", with_direction(curves.front().front().distance.name));
  Json clips = xy_plot("guidance", "");
  const auto point = [](const ScoreRow& score) {
    return MetricRow{.name = score.name, .value = score.value, .n = score.n, .low = score.low, .high = score.high};
  };
  for (size_t i = 0; i < curves.size(); ++i) {
    const Drawing& first = curves[i].front();
    const PlotName name{first.model.name + ", " + std::to_string(first.steps) + " steps", "",
                        i < palette_size ? std::optional(int(i)) : std::nullopt};
    Json distance = series_of(name), clip = distance;
    distance["line"] = clip["line"] = distance["whiskers"] = clip["whiskers"] = true;
    for (const auto& drawing : curves[i]) {
      add_point(distance, drawing.guidance, point(drawing.distance));
      if (!drawing.clip) continue;
      add_point(clip, drawing.guidance, point(*drawing.clip));
      clips["y"] = with_direction(drawing.clip->name);
    }
    distances["series"].push_back(std::move(distance));
    if (!clip["points"].empty()) clips["series"].push_back(std::move(clip));
  }
  if (clips["series"].empty()) return {std::move(distances)};
  return {std::move(distances), std::move(clips)};
}

void HeatMap::set(const std::string& row, const std::string& column, const HeatCell& cell) {
  for (auto [names, name] : {std::pair{&rows, row}, std::pair{&columns, column}})
    if (std::ranges::find(*names, name) == names->end()) names->push_back(name);
  at[{row, column}] = cell;
}

Json heat_plot(const HeatMap& map) {
  Json plot{{"kind", "heat"}, {"x", map.x}, {"y", map.y}, {"columns", map.columns}, {"rows", Json::array()}};
  for (const auto& name : map.rows) {
    Json row{{"name", name}, {"cells", Json::array()}};
    for (const auto& column : map.columns) {
      const auto found = map.at.find({name, column});
      if (found == map.at.end()) {
        row["cells"].push_back(nullptr);
        continue;
      }
      const HeatCell& cell = found->second;
      row["cells"].push_back({cell.ms, to_json(cell.low_ms), to_json(cell.high_ms), cell.n, cell.mark});
    }
    plot["rows"].push_back(std::move(row));
  }
  return plot;
}

std::vector<PlotName> plain_names(const std::vector<SweepCandidate>& rows) {
  std::vector<PlotName> names;
  for (size_t i = 0; i < rows.size(); ++i)
    names.push_back({label(rows[i]), "", i < palette_size ? std::optional(int(i)) : std::nullopt});
  return names;
}

}  // namespace mds
