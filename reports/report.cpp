#include "reports/report.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "spec/error.h"

namespace mds {
namespace {

constexpr std::array list{
    Report{"sweep", "candidates of a sweep with their scores, states and latency", sweep_report},
    Report{"pareto", "cost against score, and who is on the front", pareto_report},
    Report{"table1", "networks: our counts beside the figures that the paper prints", table1_report},
    Report{"table6", "latency of every block of the profiled networks", table6_report},
};

}  // namespace

std::span<const Report> all_reports() { return list; }

const Report& find_report(const std::string& name) {
  std::string names;
  for (const auto& report : list) {
    if (name == report.name) return report;
    names += (names.empty() ? "" : ", ") + std::string(report.name);
  }
  throw UsageError("report " + name + ": valid: " + names);
}

int digits_for(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  return largest > 0 ? std::clamp(3 - int(std::floor(std::log10(largest))), 0, 6) : 0;
}

Json interval_cell(const std::optional<double>& low, const std::optional<double>& high, int digits) {
  if (!low || !high) return nullptr;
  const Column column{.name = "", .digits = digits};
  return "[" + shown(*low, column) + ", " + shown(*high, column) + "]";
}

std::string thousands(int64_t value) {
  std::string digits = std::to_string(value);
  for (int64_t at = int64_t(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) digits.insert(size_t(at), ",");
  return digits;
}

}  // namespace mds
