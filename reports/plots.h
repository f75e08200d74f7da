// The plots of a report page as SVG: learning curves, cost against score, latency per block, distance and text-image
// score over guidance.
#pragma once

#include <string>
#include <vector>

#include "reports/drawings.h"

namespace mds {

struct CurveLine {
  std::string label{};
  bool running_on = true;  // false: stopped or failed, drawn in grey
  std::vector<MetricRow> points{};
};

std::string learning_curves_svg(const std::string& metric, const std::vector<CurveLine>& lines);
std::string cost_svg(const std::vector<CostGroup>& groups);  // of one metric, furthest trained first
// Distances at the left axis, text-image scores, dashed, at the right one; each curve has at least one drawing.
std::string guidance_svg(const std::vector<std::vector<Drawing>>& curves);
std::string latency_svg(const NetworkProfile& profile);

}  // namespace mds
