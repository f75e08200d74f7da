// The data of a page's plots, in the form that page/plots.js describes: learning curves, cost against score, latency
// per block, distance and text-image score over guidance, durations by two things that were varied.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "reports/drawings.h"

namespace mds {

inline constexpr int palette_size = 8;  // of page.css

// The look of a candidate in all plots.
struct PlotName {
  std::string label{};
  std::string section{};        // id of the section it links to; empty: none
  std::optional<int> colour{};  // index into the palette; absent: grey
};

struct CurveLine {
  PlotName name{};
  std::vector<MetricRow> points{};
};
Json learning_curves_plot(const std::string& metric, const std::vector<CurveLine>& lines);

struct CostDot {
  PlotName name{};
  CostPoint point{};
};
// The front is computed from the coloured dots only, because only these are comparable.
Json cost_plot(const std::string& metric, const std::vector<CostDot>& dots);

struct NamedProfile {
  PlotName name{};
  NetworkProfile profile{};
};
Json latency_plot(const std::vector<NamedProfile>& networks);  // without rejected timings

// Distances over guidance, then text-image scores where there are any; each curve has at least one drawing.
std::vector<Json> guidance_plots(const std::vector<std::vector<Drawing>>& curves);

// Durations by two things that were varied, each row and column by its name, in the order in which they come.
struct HeatCell {
  double ms = 0;
  std::optional<double> low_ms{}, high_ms{};
  int64_t n = 0;
  std::string mark{};
};
struct HeatMap {
  std::string x{}, y{};
  std::vector<std::string> columns{}, rows{};
  std::map<std::pair<std::string, std::string>, HeatCell> at{};  // by row and column

  void set(const std::string& row, const std::string& column, const HeatCell& cell);
  size_t cells() const { return at.size(); }
};
Json heat_plot(const HeatMap& map);

// Names in the order of the rows; the first have colours.
std::vector<PlotName> plain_names(const std::vector<SweepCandidate>& rows);

}  // namespace mds
