// Latency per block; one table for each network and setting, so that times of different builds are never added. Where
// all blocks and the whole network were timed, the residual row is the whole minus the sum of the blocks.
#include <algorithm>
#include <tuple>

#include "reports/html.h"
#include "reports/plots.h"
#include "reports/report.h"
#include "spec/error.h"

namespace mds {
namespace {

std::vector<Json> row_of(const NetworkProfile& profile, const BlockTiming& block, const std::string& mark) {
  const double total = profile.whole ? profile.whole->median_ns : profile.blocks_ns();
  const Setting& setting = profile.setting;
  std::vector<Json> row{profile.name, profile.hash, block.path,   block.kind,
                        block.in,     block.out,    block.params, block.macs_valid};
  if (const auto& timing = block.timing)
    row.insert(row.end(),
               {timing->median_ns * 1e-6, to_json(milliseconds(timing->low_ns)), to_json(milliseconds(timing->high_ns)),
                to_json(timing->iqr_share), timing->n, total > 0 ? Json(timing->median_ns / total) : Json(),
                to_json(gflops(block.macs_valid, setting.batch, timing->median_ns)), mark});
  else
    row.insert(row.end(), {Json(), Json(), Json(), Json(), 0, Json(), Json(), mark});
  row.insert(row.end(), {setting.device, setting.dtype, std::string(name_of(setting.kernels)), setting.threads,
                         setting.batch, to_string(setting.build)});
  return row;
}

std::string mark_text(const std::optional<TimingSummary>& timing) {
  return timing ? to_string(timing->evidence) : "not timed";
}

// The sum of all timed blocks.
BlockTiming sum_of(const NetworkProfile& profile) {
  BlockTiming sum{.path = "(blocks)", .kind = "sum", .timing = TimingSummary{.median_ns = profile.blocks_ns()}};
  for (const auto& block : profile.blocks)
    if (block.timing) sum.params += block.params, sum.macs_valid += block.macs_valid;
  return sum;
}

void add_rows(Table& table, const NetworkProfile& profile) {
  const std::string caution = profile.has_rejected() ? ", with rejected" : "";
  for (const auto& block : profile.blocks) table.rows.push_back(row_of(profile, block, mark_text(block.timing)));
  table.rows.push_back(row_of(profile, sum_of(profile), (profile.complete() ? "sum" : "sum of those timed") + caution));
  if (!profile.whole) return;
  if (profile.complete()) {
    const TimingSummary rest{.median_ns = profile.whole->median_ns - profile.blocks_ns()};
    table.rows.push_back(
        row_of(profile, {.path = "(residual)", .kind = "residual", .timing = rest}, "derived" + caution));
  }
  const BlockTiming whole{.path = "(whole)",
                          .kind = "end_to_end",
                          .params = profile.params,
                          .macs_valid = profile.macs_valid,
                          .timing = profile.whole};
  table.rows.push_back(row_of(profile, whole, mark_text(whole.timing)));
}

Table table_of(const NetworkProfile& profile) {
  Table table{
      .title = (profile.name.empty() ? short_hash(profile.hash) : profile.name) + ": " + to_string(profile.setting),
      .columns = {{.name = "network", .audience = Audience::programs},
                  {.name = "hash", .audience = Audience::programs},
                  {.name = "path", .weight = Weight::identity},
                  {.name = "kind"},
                  {.name = "in", .weight = Weight::minor},
                  {.name = "out", .weight = Weight::minor},
                  {.name = "params", .header = "params K", .scale = 1e-3, .digits = 0},
                  {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 3, .weight = Weight::major},
                  {.name = "median_ms", .header = "median ms", .digits = 3, .weight = Weight::identity},
                  {.name = "low_ms", .header = "low", .digits = 3, .weight = Weight::minor},
                  {.name = "high_ms", .header = "high", .digits = 3, .weight = Weight::minor},
                  {.name = "iqr_share", .header = "IQR %", .scale = 100, .digits = 1, .weight = Weight::least},
                  {.name = "n", .weight = Weight::least},
                  {.name = "share", .header = "share %", .scale = 100, .digits = 1, .weight = Weight::major},
                  gflops_column(),
                  {.name = "mark", .weight = Weight::major},
                  {.name = "device", .audience = Audience::programs},
                  {.name = "dtype", .audience = Audience::programs},
                  {.name = "kernels", .audience = Audience::programs},
                  {.name = "threads", .audience = Audience::programs},
                  {.name = "batch", .audience = Audience::programs},
                  {.name = "build", .audience = Audience::programs}},
      .footnotes = {median_footnote, gflops_footnote, "Build: " + to_string(profile.setting.build) + "."}};
  add_rows(table, profile);
  add_marks_footnote(table, "mark");
  return table;
}

}  // namespace

std::vector<NetworkProfile> profiles_of(const Database& database, const std::string& network) {
  auto profiles = network_profiles(database);
  if (network.empty()) return profiles;
  std::erase_if(profiles,
                [&](const auto& profile) { return profile.name != network && !profile.hash.starts_with(network); });
  if (profiles.empty()) throw StoreError(database.file() + ": holds no latency of a network \"" + network + "\"");
  return profiles;
}

namespace {

// The profile to show where none was named: of the newest program, one of all blocks before others, and of those that
// of MobileDiffusion.
NetworkProfile chosen(const std::vector<NetworkProfile>& profiles) {
  return *std::ranges::max_element(profiles, {}, [](const NetworkProfile& profile) {
    return std::tuple(profile.complete(), profile.name == "mobilediffusion", profile.setting.env_id);
  });
}

std::vector<Table> table6_tables(const Database& database, const ReportOptions& options) {
  auto profiles = profiles_of(database, options.network);
  std::erase_if(profiles, [](const auto& profile) { return profile.blocks.empty(); });
  const size_t found = profiles.size();
  if (options.network.empty() && !options.all && found > 1) profiles = {chosen(profiles)};
  std::vector<Table> tables;
  for (const auto& profile : profiles) tables.push_back(table_of(profile));
  if (tables.size() < found)
    tables.back().footnotes.push_back("One of " + std::to_string(found) +
                                      " profiles of networks and settings; name a network, or all, to see others.");
  return tables;
}

// Shows the paper's own networks if they were profiled, else the first few.
PagePlots table6_plots(const Database& database, const ReportOptions& options) {
  auto profiles = profiles_of(database, options.network);
  std::erase_if(profiles, [](const auto& profile) { return profile.blocks_ns() <= 0; });
  std::stable_sort(profiles.begin(), profiles.end(), [](const auto& a, const auto& b) {
    return a.name.starts_with("mobilediffusion") > b.name.starts_with("mobilediffusion");
  });
  if (profiles.size() > 6) profiles.resize(6);
  std::map<Setting, std::vector<NamedProfile>> by_setting;
  for (auto& profile : profiles)
    by_setting[profile.setting].push_back(
        {{profile.name.empty() ? short_hash(profile.hash) : profile.name}, std::move(profile)});
  std::string body;
  for (const auto& [setting, networks] : by_setting)
    body += plot_figure(latency_plot(networks), "Median latency of each block, " + escape_html(to_string(setting)) +
                                                    "; rejected timings are "
                                                    "left out.");
  return {.html = body};
}

}  // namespace

constinit const Report table6_report{.name = "table6",
                                     .summary = "latency of every block of the profiled networks",
                                     .tables = table6_tables,
                                     .lacking = "holds no latency; `mdsearch profile NAME --blocks` measures one",
                                     .plots = table6_plots};

}  // namespace mds
