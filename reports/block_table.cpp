#include "reports/block_table.h"

#include <algorithm>

#include "networks/lone_block.h"
#include "reports/report.h"
#include "reports/speed.h"
#include "spec/error.h"

namespace mds {
namespace {

std::vector<Column> block_columns() {
  std::vector<Column> columns{
      {.name = "kind", .weight = Weight::identity},
      {.name = "site", .weight = Weight::identity},
      {.name = "block", .weight = Weight::identity},
      {.name = "out", .weight = Weight::least},
      {.name = "params", .header = "params K", .scale = 1e-3, .digits = 0, .weight = Weight::least},
      {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 3, .weight = Weight::major},
      {.name = "median_ms", .header = "median ms", .digits = 3, .weight = Weight::identity},
      {.name = "low_ms", .header = "low", .digits = 3, .weight = Weight::minor},
      {.name = "high_ms", .header = "high", .digits = 3, .weight = Weight::minor}};
  std::ranges::copy(speed_columns(), std::back_inserter(columns));
  columns.insert(columns.end(), {{.name = "n", .weight = Weight::least},
                                 {.name = "mark", .weight = Weight::major},
                                 {.name = "spec", .audience = Audience::programs}});
  std::ranges::copy(setting_columns(), std::back_inserter(columns));
  return columns;
}

std::vector<Json> row_of(const ReadCell& read) {
  const auto& [cell, step] = read;
  const Setting& setting = cell.setting;
  const TimingSummary& timing = cell.timing;
  const Cost total = cost(step);
  std::vector<Json> row{std::string(kind_of(step.block)),
                        words_of(step.site) + (step.link == Link::add ? ", adds a skip" : ""),
                        words_of(step.block, step.site),
                        to_string(step.out),
                        total.params,
                        total.macs_valid,
                        timing.median_ns * 1e-6,
                        to_json(milliseconds(timing.low_ns)),
                        to_json(milliseconds(timing.high_ns))};
  const Work work = work_of(step, {setting.dtype, setting.batch}, timing.roof);
  std::ranges::copy(speed_cells(work, timing.median_ns), std::back_inserter(row));
  row.insert(row.end(), {timing.n, to_string(timing.evidence), cell.block_json});
  std::ranges::copy(setting_cells(setting), std::back_inserter(row));
  return row;
}

}  // namespace

std::vector<ReadCell> read_cells(const std::vector<BlockCell>& cells) {
  std::vector<ReadCell> read;
  for (const auto& cell : cells) try {
      read.push_back({cell, step_of(cell.block_json)});
    } catch (const ConfigError&) {  // of another program's kinds
    }
  return read;
}

Table block_table(const std::vector<BlockCell>& cells) {
  Table table{.columns = block_columns(), .footnotes = {median_footnote}};
  const auto read = read_cells(cells);
  std::vector<Roof> roofs;
  for (const auto& each : read) {
    table.rows.push_back(row_of(each));
    if (each.cell.timing.roof) roofs.push_back(*each.cell.timing.roof);
  }
  if (!cells.empty()) {
    std::ranges::copy(speed_footnotes(roofs, cells.front().setting.dtype), std::back_inserter(table.footnotes));
    table.title = "Blocks alone: " + to_string(cells.front().setting);
    table.footnotes.push_back("Build: " + to_string(cells.front().setting.build) + ".");
  }
  if (read.size() < cells.size())
    table.footnotes.push_back("Left out: " + std::to_string(cells.size() - read.size()) +
                              " stored blocks that this program does not know.");
  add_marks_footnote(table, "mark");
  return table;
}

}  // namespace mds
