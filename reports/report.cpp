#include "reports/report.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr std::array list{
    Report{"sweep", "candidates of a sweep with their scores, states and latency", sweep_report},
    Report{"pareto", "cost against score, and who is on the front", pareto_report},
    Report{"table1", "networks: our counts beside the figures that the paper prints", table1_report},
    Report{"table2", "decoders: quality and latency of ours beside the figures that the paper prints", table2_report},
    Report{"ladder", "networks between Stable Diffusion's UNet and MobileDiffusion, step by step", ladder_report},
    Report{"training", "trainings of their own: state, loss, images a second", training_report},
    Report{"parity", "our networks against those of other libraries", parity_report},
    Report{"scores", "scores of pictures and models, a table for each protocol", scores_report},
    Report{"stages", "a training chain stage by stage: steps, distance, text-image score", stages_report},
    Report{"guidance", "distance and text-image score of a model over guidance", guidance_report},
    Report{"table5", "latency of whole pictures: text encoder, decoder, UNet step, overall", table5_report},
    Report{"table6", "latency of every block of the profiled networks", table6_report},
};

}  // namespace

std::span<const Report> all_reports() { return list; }

const Report& find_report(const std::string& name) {
  for (const auto& report : list)
    if (name == report.name) return report;
  throw UsageError("report " + name + ": valid: " + listed(list, &Report::name));
}

std::optional<ArchRow> shipped_arch(const Store& store, const ReportOptions& options, const std::string& network) {
  const auto hash = options.shipped.find(network);
  return hash == options.shipped.end() ? std::nullopt : store.find_arch(hash->second);
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

Column gflops_column() { return {.name = "gflops", .header = "GFLOP/s", .digits = 1}; }

void add_rejected_footnote(Table& table, const std::vector<NetworkProfile>& profiles,
                           const std::set<std::string>& hashes) {
  std::set<std::string> names;
  for (const auto& profile : profiles)
    if (hashes.contains(profile.hash) && profile.has_rejected())
      names.insert(profile.name.empty() ? short_hash(profile.hash) : profile.name);
  if (names.empty()) return;
  table.footnotes.push_back("Left out: timings marked rejected (interquartile range above 25% of the median) of " +
                            listed(names) + "; report table6 shows them.");
}

std::string thousands(int64_t value) {
  std::string digits = std::to_string(value);
  for (int64_t at = int64_t(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) digits.insert(size_t(at), ",");
  return digits;
}

}  // namespace mds
