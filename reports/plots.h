// The three plots of a report page as SVG: learning curves, cost against score, latency per block.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace mds {

struct CurveLine {
  std::string label{};
  bool running_on = true;  // false: stopped or failed, drawn in grey
  std::vector<MetricRow> points{};
};

std::string learning_curves_svg(const std::string& metric, const std::vector<CurveLine>& lines);
std::string cost_svg(const std::vector<CostGroup>& groups);  // of one metric, furthest trained first
std::string latency_svg(const NetworkProfile& profile);

}  // namespace mds
