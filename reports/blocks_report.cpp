// Blocks alone: what each costs on a device, as a table and, on its page, as maps of heat: what is varied against the
// sites where it was, and the channels of a site against its extent.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "networks/lone_block.h"
#include "reports/block_table.h"
#include "reports/html.h"
#include "reports/plots.h"
#include "reports/report.h"

namespace mds {
namespace {

using CellsOfSetting = std::map<Setting, std::vector<BlockCell>>;

// Sorts by kind, then from large maps to small ones, then from plain blocks to others.
void sort_cells(std::vector<ReadCell>& cells) {
  const auto order = [](const ReadCell& read) {
    const PlanStep& step = read.step;
    return std::tuple(kind_of(step.block), -step.site.in.positions(), step.site.in.channels, step.path.size(),
                      step.path);
  };
  std::ranges::sort(cells, {}, order);
}

std::vector<BlockCell> sorted(const std::vector<BlockCell>& cells) {
  auto read = read_cells(cells);
  sort_cells(read);
  std::vector<BlockCell> list;
  for (auto& each : read) list.push_back(std::move(each.cell));
  for (const auto& cell : cells)  // those that are not read are only counted
    if (std::ranges::find(list, cell.block_json, &BlockCell::block_json) == list.end()) list.push_back(cell);
  return list;
}

// Of the newest program the setting with the most blocks, or every one.
CellsOfSetting chosen(const Database& database, const ReportOptions& options) {
  CellsOfSetting all;
  for (auto& cell : block_cells(database, [](const Setting&) { return true; }))
    all[cell.setting].push_back(std::move(cell));
  if (options.all || all.size() < 2) return all;
  const auto best = std::ranges::max_element(
      all, {}, [](const auto& entry) { return std::tuple(entry.first.env_id, entry.second.size()); });
  return {{best->first, best->second}};
}

std::vector<Table> blocks_tables(const Database& database, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& [setting, cells] : chosen(database, options)) tables.push_back(block_table(sorted(cells)));
  return tables;
}

HeatCell heat_of(const ReadCell& read) {
  const TimingSummary& timing = read.cell.timing;
  return {timing.median_ns * 1e-6, milliseconds(timing.low_ns), milliseconds(timing.high_ns), timing.n,
          to_string(timing.evidence)};
}

// What is varied over the sites at which more than one block of the kind was timed.
HeatMap by_variation(const std::vector<ReadCell>& cells) {
  std::map<std::string, int> blocks_at;
  for (const auto& read : cells) ++blocks_at[words_of(read.step.site)];
  HeatMap map{.x = "site", .y = "block"};
  for (const auto& read : cells) {
    const std::string site = words_of(read.step.site), words = words_of(read.step.block, read.step.site);
    if (blocks_at[site] > 1) map.set(words.empty() ? "(defaults)" : words, site, heat_of(read));
  }
  return map;
}

// Extents over channels, of the block that was timed at the most sites.
HeatMap by_size(const std::vector<ReadCell>& cells) {
  std::map<std::string, std::vector<const ReadCell*>> by_words;
  for (const auto& read : cells)
    if (read.step.site.skip_channels == 0) by_words[words_of(read.step.block, read.step.site)].push_back(&read);
  HeatMap map{.x = "channels", .y = "map"};
  const auto most = std::ranges::max_element(by_words, {}, [](const auto& entry) { return entry.second.size(); });
  if (most == by_words.end()) return map;
  auto list = most->second;
  std::set<int64_t> channels;
  for (const ReadCell* read : list) channels.insert(read->step.site.in.channels);
  for (const int64_t each : channels) map.columns.push_back(std::to_string(each));
  for (const ReadCell* read : list) {
    const Shape& in = read->step.site.in;
    map.set(std::to_string(in.height) + "x" + std::to_string(in.width), std::to_string(in.channels), heat_of(*read));
  }
  return map;
}

std::string figures_of(const std::vector<ReadCell>& cells, const std::string& setting) {
  const std::string kind(kind_of(cells.front().step.block));
  std::string body;
  for (const auto& [map, what] :
       {std::pair{by_variation(cells), "what is varied, at each site"}, std::pair{by_size(cells), "channels and maps"}})
    if (map.cells() > 1)
      body += plot_figure(heat_plot(map), "<b>" + escape_html(kind) + "</b>: " + what + ", median ms; " +
                                              escape_html(setting) + ". The darker, the slower, by the logarithm.");
  return body.empty() ? "" : "<div class=\"plots\">\n" + body + "</div>\n";
}

PagePlots blocks_plots(const Database& database, const ReportOptions& options) {
  std::string body;
  for (const auto& [setting, cells] : chosen(database, options)) {
    std::map<std::string, std::vector<ReadCell>> by_kind;
    for (auto& read : read_cells(cells))
      if (!read.cell.timing.rejected()) by_kind[std::string(kind_of(read.step.block))].push_back(std::move(read));
    for (auto& [kind, list] : by_kind) {
      sort_cells(list);
      body += figures_of(list, to_string(setting));
    }
  }
  return {.html = body};
}

}  // namespace

constinit const Report blocks_report{
    .name = "blocks",
    .summary = "latency of blocks alone, by kind, site and what is varied",
    .tables = blocks_tables,
    .lacking = "holds no latency of a block; `mdsearch profile --sweep configs/profile/blocks.json` measures some",
    .reads = "all",
    .plots = blocks_plots};

}  // namespace mds
