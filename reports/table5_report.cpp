// Models with the latency of a picture and of its parts, followed by the figures that the paper prints. One table for
// each machine, program and setting.
#include <algorithm>
#include <map>

#include "reports/report.h"

namespace mds {
namespace {

struct PipelineLine {
  std::string model{}, hash{};
  bool literature = false;
  Json text_ms{}, decoder_ms{}, unet_step_ms{}, steps{}, overall_ms{}, low_ms{}, high_ms{}, mark{};
  std::string source{};
};

// One line for each timing of a whole picture.
std::vector<PipelineLine> measured_lines(const ModelRow& model, const std::vector<PipelineTiming>& timings) {
  const auto part_ms = [&](PipelinePart part, int64_t calls) {
    for (const auto& timing : timings)
      if (timing.pipeline.part == part && timing.pipeline.calls == calls) return Json(timing.timing.median_ns * 1e-6);
    return Json();
  };
  std::vector<PipelineLine> lines;
  for (const auto& whole : timings) {
    if (whole.pipeline.part != PipelinePart::whole) continue;
    lines.push_back({.model = model.name,
                     .hash = model.hash,
                     .text_ms = part_ms(PipelinePart::text, 0),
                     .decoder_ms = part_ms(PipelinePart::decoder, 0),
                     .unet_step_ms = part_ms(PipelinePart::unet_step, whole.pipeline.calls),
                     .steps = whole.pipeline.steps,
                     .overall_ms = whole.timing.median_ns * 1e-6,
                     .low_ms = to_json(milliseconds(whole.timing.low_ns)),
                     .high_ms = to_json(milliseconds(whole.timing.high_ns)),
                     .mark = to_string(whole.timing.evidence),
                     .source = whole.pipeline.calls == 2 ? "measured, guided" : "measured"});
  }
  std::sort(lines.begin(), lines.end(), [](const PipelineLine& x, const PipelineLine& y) { return x.steps > y.steps; });
  return lines;
}

std::vector<PipelineLine> printed_lines(const Database& database) {
  std::map<std::string, std::map<std::string, double>> by_network;
  std::map<std::string, std::string> conditions;
  for (const auto& figure : printed_figures(database)) {
    if (figure.source != literature_table5) continue;
    by_network[figure.network][figure.name] = figure.value;
    conditions[figure.network] = figure.conditions;
  }
  std::vector<PipelineLine> lines;
  for (const auto& [network, values] : by_network) {
    const auto value = [&](const char* name) { return values.contains(name) ? Json(values.at(name)) : Json(); };
    lines.push_back({.model = network,
                     .literature = true,
                     .text_ms = value("text_ms"),
                     .decoder_ms = value("decoder_ms"),
                     .unet_step_ms = value("unet_step_ms"),
                     .steps = value("steps"),
                     .overall_ms = value("overall_ms"),
                     .source = std::string(literature_table5) + ", " + conditions.at(network)});
  }
  return lines;
}

Table table_of(const std::vector<PipelineLine>& lines, const std::string& setting) {
  Table table{.title = "Latency of a picture" + (setting.empty() ? "" : ": " + setting),
              .columns = {{.name = "model", .weight = Weight::identity},
                          {.name = "hash", .audience = Audience::programs},
                          {.name = "literature", .audience = Audience::programs},
                          {.name = "printed", .header = "", .audience = Audience::people, .weight = Weight::identity},
                          {.name = "text_ms", .header = "text ms", .digits = 2},
                          {.name = "decoder_ms", .header = "decoder ms", .digits = 2},
                          {.name = "unet_step_ms", .header = "UNet step ms", .digits = 2, .weight = Weight::major},
                          {.name = "steps", .weight = Weight::major},
                          {.name = "overall_ms", .header = "overall ms", .digits = 2, .weight = Weight::identity},
                          interval_column("overall_interval"),
                          {.name = "mark", .header = "timing"},
                          {.name = "source"},
                          {.name = "setting", .audience = Audience::programs}},
              .footnotes = {"† literature: printed in the source named, never measured here. Latencies of differing "
                            "devices do not compare.",
                            "UNet step: of a guided model both calls. Overall: timed as one, from words to pixels."}};
  const auto number = [](const Json& value) { return value.is_null() ? std::nullopt : std::optional<double>(value); };
  for (const auto& line : lines)
    table.rows.push_back({line.model, line.hash, line.literature, line.literature ? "†" : " ", line.text_ms,
                          line.decoder_ms, line.unet_step_ms, line.steps, line.overall_ms,
                          interval_cell(number(line.low_ms), number(line.high_ms), 2), line.mark, line.source,
                          line.literature ? "" : setting});
  add_marks_footnote(table, "mark");
  return table;
}

std::vector<Table> table5_tables(const Database& database, const ReportOptions& options) {
  std::map<Setting, std::map<std::string, std::vector<PipelineTiming>>> by_setting;
  for (const auto& timing : pipeline_timings(database))
    by_setting[timing.setting][timing.pipeline.model].push_back(timing);
  std::vector<Table> tables;
  for (const auto& [setting, by_model] : by_setting) {
    std::vector<PipelineLine> lines;
    for (const auto& model : all_models(database)) {
      const bool wanted = model.name.starts_with(options.network) || model.hash.starts_with(options.network);
      if (!wanted || !by_model.contains(model.hash)) continue;
      for (auto& line : measured_lines(model, by_model.at(model.hash))) lines.push_back(std::move(line));
    }
    if (!lines.empty()) tables.push_back(table_of(lines, to_string(setting)));
  }
  const auto printed = printed_lines(database);
  if (tables.empty()) return {table_of(printed, "")};
  for (const auto& row : table_of(printed, "").rows) tables.back().rows.push_back(row);
  return tables;
}

}  // namespace

constinit const Report table5_report{.name = "table5",
                                     .summary = "latency of whole pictures: text encoder, decoder, UNet step, overall",
                                     .tables = table5_tables,
                                     .lacking = always_some};

}  // namespace mds
