// Section 3.2 of the MobileDiffusion paper as networks: each step's counts next to the figures that the paper prints.
#include "reports/ladder.h"

namespace mds {
namespace {

Json change(int64_t from, int64_t to) { return double(to) / double(from) - 1; }

// Cells with the counts and their change from the rung before; null where one of the networks is not stored.
std::vector<Json> counted(const std::optional<ArchRow>& arch, const std::optional<ArchRow>& from) {
  if (!arch) return std::vector<Json>(5);
  std::vector<Json> cells{arch->params, nullptr, arch->macs, arch->macs_valid, nullptr};
  if (!from) return cells;
  cells[1] = change(from->params, arch->params);
  cells[4] = change(from->macs_valid, arch->macs_valid);
  return cells;
}

Column percent(const char* name, const char* header) {
  return {.name = name, .header = header, .scale = 100, .digits = 1};
}

std::vector<Table> ladder_tables(const Database& database, const ReportOptions& options) {
  const auto figures = printed_figures(database);
  Table table{
      .title = "Section 3.2: from Stable Diffusion's UNet to MobileDiffusion",
      .columns = {{.name = "step", .weight = Weight::identity},
                  {.name = "network", .weight = Weight::identity},
                  {.name = "change", .weight = Weight::minor},
                  {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1, .weight = Weight::major},
                  percent("params_change", "%"),
                  {.name = "macs", .header = "GMACs dense", .scale = 1e-9, .digits = 1, .weight = Weight::least},
                  {.name = "macs_valid", .header = "GMACs valid", .scale = 1e-9, .digits = 1, .weight = Weight::major},
                  percent("macs_valid_change", "% "),
                  percent("printed_params_change", "params % †"),
                  percent("printed_compute_change", "compute % †"),
                  {.name = "printed_fid", .header = "FID †", .digits = 2},
                  {.name = "printed_clip", .header = "CLIP †", .digits = 3}}};
  std::string lacking;
  for (const auto& rung : ladder_rungs) {
    const auto arch = shipped_arch(database, options, rung.network);
    if (!arch) lacking += (lacking.empty() ? "" : " ") + std::string(rung.network);
    std::vector<Json> row{rung.name, rung.network, rung.change};
    for (auto& cell : counted(arch, shipped_arch(database, options, rung.from))) row.push_back(std::move(cell));
    for (const char* name : {"params_change", "compute_change", "fid", "clip"})
      row.push_back(printed_value(figures, {literature_ladder, rung.network, name}));
    table.rows.push_back(std::move(row));
  }
  table.footnotes = {
      "Networks 1 to 8 and the rejected ones are ours: the paper prints no counts for them. Changes are against the "
      "step before, those of a rejected network against the step that it varies.",
      std::string("† literature: ") + literature_ladder +
          ". Its compute figures are efficiencies, of run time in step 1; its FID is of 30,000 COCO pictures."};
  if (!lacking.empty())
    table.footnotes.push_back("Not in this database: " + lacking +
                              "; `mdsearch spec NETWORK --record --db FILE` stores one.");
  std::vector<Table> tables{table};
  for (auto& scores : ladder_score_tables(database, options)) tables.push_back(std::move(scores));
  return tables;
}

}  // namespace

constinit const Report ladder_report{
    .name = "ladder",
    .summary = "networks between Stable Diffusion's UNet and MobileDiffusion, step by step",
    .tables = ladder_tables,
    .lacking = always_some,
    .reads = "sweep"};

}  // namespace mds
