// Latency per block; one table for each network and setting, so that times of different builds are never added. Where
// all blocks and the whole network were timed, the residual row is the whole minus the sum of the blocks.
#include <algorithm>
#include <tuple>

#include "reports/html.h"
#include "reports/plots.h"
#include "reports/report.h"
#include "reports/speed.h"
#include "spec/error.h"

namespace mds {
namespace {

struct Line {
  BlockTiming block{};
  Work work{};
  std::string mark{};
};

std::vector<Json> row_of(const NetworkProfile& profile, const Line& line) {
  const auto& [block, work, mark] = line;
  const double total = profile.whole ? profile.whole->median_ns : profile.blocks_ns();
  const Setting& setting = profile.setting;
  std::vector<Json> row{profile.name, profile.hash, block.path,   block.kind,
                        block.in,     block.out,    block.params, block.macs_valid};
  if (const auto& timing = block.timing)
    row.insert(row.end(),
               {timing->median_ns * 1e-6, to_json(milliseconds(timing->low_ns)), to_json(milliseconds(timing->high_ns)),
                to_json(timing->iqr_share), timing->n, total > 0 ? Json(timing->median_ns / total) : Json()});
  else
    row.insert(row.end(), {Json(), Json(), Json(), Json(), 0, Json()});
  std::ranges::copy(speed_cells(work, block.timing ? block.timing->median_ns : 0), std::back_inserter(row));
  row.emplace_back(mark);
  std::ranges::copy(setting_cells(setting), std::back_inserter(row));
  return row;
}

std::string mark_text(const std::optional<TimingSummary>& timing) {
  return timing ? to_string(timing->evidence) : "not timed";
}

std::vector<Line> block_lines(const NetworkProfile& profile) {
  std::vector<Line> lines;
  for (const auto& block : profile.blocks) {
    const auto roof = block.timing ? block.timing->roof : std::nullopt;
    const Work work = work_of(block.block_json, block.macs_valid, {profile.setting.dtype, profile.setting.batch}, roof);
    lines.push_back({block, work, mark_text(block.timing)});
  }
  return lines;
}

// The sum of all timed blocks.
Line sum_of(const std::vector<Line>& lines) {
  Line sum{.block = {.path = "(blocks)", .kind = "sum", .timing = TimingSummary{}}, .work = no_work()};
  for (const auto& [block, work, mark] : lines) {
    if (!block.timing) continue;
    sum.block.params += block.params, sum.block.macs_valid += block.macs_valid;
    sum.block.timing->median_ns += block.timing->median_ns;
    sum.work += work;
  }
  return sum;
}

void add_rows(Table& table, const NetworkProfile& profile) {
  const std::string caution = profile.has_rejected() ? ", with rejected" : "";
  const auto add = [&](const Line& line) { table.rows.push_back(row_of(profile, line)); };
  const auto blocks = block_lines(profile);
  for (const auto& line : blocks) add(line);
  Line sum = sum_of(blocks);
  sum.mark = (profile.complete() ? "sum" : "sum of those timed") + caution;
  add(sum);
  if (!profile.whole) return;
  if (profile.complete()) {
    const TimingSummary rest{.median_ns = profile.whole->median_ns - profile.blocks_ns()};
    add({.block = {.path = "(residual)", .kind = "residual", .timing = rest}, .mark = "derived" + caution});
  }
  Line whole{.block = {.path = "(whole)",
                       .kind = "end_to_end",
                       .params = profile.params,
                       .macs_valid = profile.macs_valid,
                       .timing = profile.whole},
             .work = no_work(),
             .mark = mark_text(profile.whole)};
  for (const auto& line : blocks) whole.work += line.work;
  add(whole);
}

Table table_of(const NetworkProfile& profile) {
  Table table{
      .title = (profile.name.empty() ? short_hash(profile.hash) : profile.name) + ": " + to_string(profile.setting),
      .columns = {{.name = "network", .audience = Audience::programs},
                  {.name = "hash", .audience = Audience::programs},
                  {.name = "path", .weight = Weight::identity},
                  {.name = "kind"},
                  {.name = "in", .weight = Weight::least},
                  {.name = "out", .weight = Weight::least},
                  {.name = "params", .header = "params K", .scale = 1e-3, .digits = 0, .weight = Weight::minor},
                  {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 3, .weight = Weight::major},
                  {.name = "median_ms", .header = "median ms", .digits = 3, .weight = Weight::identity},
                  {.name = "low_ms", .header = "low", .digits = 3, .weight = Weight::minor},
                  {.name = "high_ms", .header = "high", .digits = 3, .weight = Weight::minor},
                  {.name = "iqr_share", .header = "IQR %", .scale = 100, .digits = 1, .weight = Weight::least},
                  {.name = "n", .weight = Weight::least},
                  {.name = "share", .header = "share %", .scale = 100, .digits = 1, .weight = Weight::major}},
      .footnotes = {median_footnote}};
  std::ranges::copy(speed_columns(), std::back_inserter(table.columns));
  table.columns.push_back({.name = "mark", .weight = Weight::major});
  std::ranges::copy(setting_columns(), std::back_inserter(table.columns));
  std::vector<Roof> roofs;
  for (const auto& block : profile.blocks)
    if (block.timing && block.timing->roof) roofs.push_back(*block.timing->roof);
  std::ranges::copy(speed_footnotes(roofs, profile.setting.dtype), std::back_inserter(table.footnotes));
  table.footnotes.push_back("Build: " + to_string(profile.setting.build) + ".");
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
                                     .lacking = "holds no latency; `mdsearch profile NETWORK --blocks` measures one",
                                     .reads = "network all",
                                     .plots = table6_plots};

}  // namespace mds
