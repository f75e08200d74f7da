// The paper's Table 5: the latency of a picture and of its parts for the paper's networks, each followed by the figures
// that the paper prints; for a stored model that is named, one table for each machine, program and setting.
#include <algorithm>
#include <array>
#include <map>

#include "reports/paper_networks.h"

namespace mds {
namespace {

struct PipelineLine {
  std::string model{}, hash{};
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

Table table_of(const std::vector<PipelineLine>& lines, const std::string& setting) {
  Table table{.title = "Latency of a picture" + (setting.empty() ? "" : ": " + setting),
              .columns = {{.name = "model", .weight = Weight::identity},
                          {.name = "hash", .audience = Audience::programs},
                          {.name = "text_ms", .header = "text ms", .digits = 2},
                          {.name = "decoder_ms", .header = "decoder ms", .digits = 2},
                          {.name = "unet_step_ms", .header = "UNet step ms", .digits = 2, .weight = Weight::major},
                          {.name = "steps", .weight = Weight::major},
                          {.name = "overall_ms", .header = "overall ms", .digits = 2, .weight = Weight::identity},
                          interval_column("overall_interval"),
                          {.name = "mark", .header = "timing"},
                          {.name = "source"},
                          {.name = "setting", .audience = Audience::programs}},
              .footnotes = {"UNet step: of a guided model both calls. Overall: timed as one, from words to pixels."}};
  const auto number = [](const Json& value) { return value.is_null() ? std::nullopt : std::optional<double>(value); };
  for (const auto& line : lines)
    table.rows.push_back({line.model, line.hash, line.text_ms, line.decoder_ms, line.unet_step_ms, line.steps,
                          line.overall_ms, interval_cell(number(line.low_ms), number(line.high_ms), 2), line.mark,
                          line.source, setting});
  add_marks_footnote(table, "mark");
  return table;
}

// Pictures of stored models, as `mdsearch profile --model` timed them.
std::vector<Table> model_tables(const Database& database, const ReportOptions& options) {
  std::map<Setting, std::map<std::string, std::vector<PipelineTiming>>> by_setting;
  for (const auto& timing : pipeline_timings(database))
    by_setting[timing.setting][timing.pipeline.model].push_back(timing);
  std::vector<Table> tables;
  for (const auto& [setting, by_model] : by_setting) {
    std::vector<PipelineLine> lines;
    for (const auto& model : all_models(database)) {
      if (!is_asked(options, model.name, model.hash) || !by_model.contains(model.hash)) continue;
      for (auto& line : measured_lines(model, by_model.at(model.hash))) lines.push_back(std::move(line));
    }
    if (!lines.empty()) tables.push_back(table_of(lines, to_string(setting)));
  }
  return tables;
}

// A row of the paper's table and the network of ours in its place.
struct PaperPicture {
  const char *printed, *unet;
  int64_t steps;
};
constexpr std::array paper_pictures{PaperPicture{"SnapFusion", "snapfusion", 8}, PaperPicture{"UFOGen", "sd15", 1},
                                    PaperPicture{"MobileDiffusion, 8 steps", "mobilediffusion", 8},
                                    PaperPicture{"MobileDiffusion, 1 step", "mobilediffusion", 1},
                                    PaperPicture{"MobileDiffusion-Lite, 1 step", "mobilediffusion-lite", 1}};
constexpr const char* compared_with = "UFOGen";  // whose time the others are divided by

struct PictureParts {
  Json text_ms{}, decoder_ms{}, unet_step_ms{}, overall_ms{};
};

PictureParts measured_parts(const SettingLatencies& latencies, const PaperPicture& picture) {
  const auto& network = *std::ranges::find_if(
      paper_networks(), [&](const PaperNetwork& each) { return each.unet == std::string(picture.unet); });
  PictureParts parts{.text_ms = latencies.milliseconds(network.texts.front()),
                     .decoder_ms = latencies.milliseconds(network.decoder),
                     .unet_step_ms = latencies.milliseconds(picture.unet)};
  if (!parts.text_ms.is_null() && !parts.decoder_ms.is_null() && !parts.unet_step_ms.is_null())
    parts.overall_ms = parts.text_ms.get<double>() + parts.decoder_ms.get<double>() +
                       double(picture.steps) * parts.unet_step_ms.get<double>();
  return parts;
}

Table paper_table(const Database& database, const SettingLatencies& latencies) {
  Table table{.title = "A picture of 512 x 512: its parts timed here, and as printed",
              .columns = {{.name = "model", .weight = Weight::identity},
                          {.name = "literature", .audience = Audience::programs},
                          {.name = "mark", .header = "", .audience = Audience::people, .weight = Weight::identity},
                          {.name = "text_ms", .header = "text ms", .digits = 1},
                          {.name = "decoder_ms", .header = "decoder ms", .digits = 1},
                          {.name = "unet_step_ms", .header = "UNet step ms", .digits = 1, .weight = Weight::major},
                          {.name = "steps", .weight = Weight::major},
                          {.name = "overall_ms", .header = "overall ms", .digits = 1, .weight = Weight::identity},
                          {.name = "ratio", .header = "of UFOGen", .digits = 3, .weight = Weight::major},
                          {.name = "of_printed", .header = "of printed", .digits = 2, .weight = Weight::major},
                          {.name = "setting", .audience = Audience::programs}}};
  const auto figures = printed_figures(database);
  const auto figure = [&](const char* network, const char* name) {
    return printed_value(figures, {literature_table5, network, name});
  };
  const Json first = measured_parts(latencies, paper_pictures[1]).overall_ms;
  for (const auto& picture : paper_pictures) {
    const auto [text, decoder, step, overall] = measured_parts(latencies, picture);
    const Json ratio = ratio_of(overall, first);
    const Json printed = ratio_of(figure(picture.printed, "overall_ms"), figure(compared_with, "overall_ms"));
    table.rows.push_back({std::string(picture.unet), false, " ", text, decoder, step, picture.steps, overall, ratio,
                          ratio_of(ratio, printed), overall.is_null() ? "" : to_string(latencies.setting)});
    table.rows.push_back({picture.printed, true, "†", figure(picture.printed, "text_ms"),
                          figure(picture.printed, "decoder_ms"), figure(picture.printed, "unet_step_ms"),
                          figure(picture.printed, "steps"), figure(picture.printed, "overall_ms"), printed, Json(),
                          ""});
  }
  table.footnotes = {
      setting_words(latencies),
      "Overall: the sum of text encoder, steps and decoder at full width with random weights; without guidance, as the "
      "models of few steps run.",
      std::string("† literature: ") + literature_table5 +
          ", never measured here: iPhone 15 Pro, SnapFusion on an iPhone 14 Pro. UFOGen is Stable Diffusion's UNet in "
          "one step, here sd15; SnapFusion's own decoder is not public, here Stable Diffusion's.",
      "of printed: our ratio to UFOGen over the printed one. Models trained here stand in `mdsearch report stages`."};
  return table;
}

std::vector<Table> table5_tables(const Database& database, const ReportOptions& options) {
  if (!options.network.empty()) return model_tables(database, options);
  std::vector<Table> tables;
  for (const auto& latencies : latencies_of(database, options, paper_parts()))
    tables.push_back(paper_table(database, latencies));
  return tables;
}

}  // namespace

constinit const Report table5_report{
    .name = "table5",
    .summary = "latency of whole pictures: text encoder, decoder, UNet step, overall",
    .tables = table5_tables,
    .lacking = "holds no timing of this model; `mdsearch profile --model DIR` measures one",
    .reads = "network all"};

}  // namespace mds
