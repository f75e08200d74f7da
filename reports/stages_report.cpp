// The stages of a training chain, from many steps to one, laid out like Tables 4 and 5 of the MobileDiffusion paper;
// and the curve of guidance.
#include <algorithm>
#include <map>
#include <optional>

#include "reports/drawings.h"

namespace mds {
namespace {

std::vector<Column> columns_of(const std::string& distance) {
  return {{.name = "model", .weight = Weight::identity},
          {.name = "hash", .audience = Audience::programs},
          {.name = "stage", .weight = Weight::major},
          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
          {.name = "iterations", .weight = Weight::minor},
          {.name = "steps", .weight = Weight::identity},
          {.name = "guidance", .digits = 1, .weight = Weight::identity},
          {.name = "fd", .header = distance + " ↓", .digits = 4, .weight = Weight::identity},
          interval_column("fd_interval"),
          {.name = "of_first", .header = "of the first %", .scale = 100, .digits = 0},
          {.name = "clip", .header = "clip ↑", .digits = 4, .weight = Weight::major},
          interval_column("clip_interval"),
          {.name = "n", .weight = Weight::least},
          {.name = "latency_ms", .header = "latency ms", .digits = 1, .weight = Weight::major},
          interval_column("latency_interval"),
          {.name = "mark", .header = "", .weight = Weight::identity},
          {.name = "conditions", .audience = Audience::programs}};
}

// Latencies of whole pictures on one machine by one program: the pair that most of a table's drawings have, and the
// newest program where several pairs are equally frequent.
class DrawingLatencies {
 public:
  DrawingLatencies(const Database& database, const std::vector<Drawing>& drawings) {
    std::map<Setting, std::vector<PipelineTiming>> by_setting;
    for (auto& timing : pipeline_timings(database))
      if (std::any_of(drawings.begin(), drawings.end(), [&](const Drawing& d) { return fits(timing, d); }))
        by_setting[timing.setting].push_back(std::move(timing));
    for (auto& [setting, timings] : by_setting)
      if (timings.size() >= timings_.size()) timings_ = std::move(timings);
  }

  const TimingSummary* of(const Drawing& drawing) const {
    const auto found = std::find_if(timings_.begin(), timings_.end(),
                                    [&](const PipelineTiming& timing) { return fits(timing, drawing); });
    return found == timings_.end() ? nullptr : &found->timing;
  }

  std::string footnote() const {
    return timings_.empty() ? "latency ms: not measured; `mdsearch profile --model DIR` measures it."
                            : "latency ms: a whole picture from words to pixels, median, on " +
                                  to_string(timings_.front().setting) + ".";
  }

 private:
  static bool fits(const PipelineTiming& timing, const Drawing& drawing) {
    const PipelineRow& drawn = timing.pipeline;
    return drawn.part == PipelinePart::whole && drawn.model == drawing.model.hash && drawn.steps == drawing.steps &&
           drawn.calls == drawing.calls && drawn.sampler == drawing.sampler;
  }

  std::vector<PipelineTiming> timings_;
};

// What all rows of one network have in common.
struct Shared {
  const Drawing& first;
  const DrawingLatencies& latencies;
  Json conditions;
};

std::vector<Json> row_of(const Drawing& drawing, const Shared& shared, const std::string& mark) {
  const ScoreRow& fd = drawing.distance;
  const auto& clip = drawing.clip;
  const Drawing& first = shared.first;
  const TimingSummary* latency = shared.latencies.of(drawing);
  const auto ms = [](const std::optional<double>& ns) { return ns ? std::optional(*ns * 1e-6) : std::nullopt; };
  return {drawing.model.name,
          drawing.model.hash,
          drawing.model.stage,
          drawing.model.params,
          drawing.model.iterations,
          drawing.steps,
          drawing.guidance,
          fd.value,
          interval_cell(fd.low, fd.high, 4),
          first.distance.value > 0 ? Json(fd.value / first.distance.value) : Json(),
          clip ? Json(clip->value) : Json(),
          clip ? interval_cell(clip->low, clip->high, 4) : Json(),
          fd.n,
          latency ? Json(latency->median_ns * 1e-6) : Json(),
          latency ? interval_cell(ms(latency->low_ns), ms(latency->high_ns), 1) : Json(),
          mark,
          shared.conditions};
}

bool nearer(const Drawing& x, const Drawing& y) { return x.distance.value < y.distance.value; }

Table empty_table(const DrawingGroup& group, const DrawingLatencies& latencies, const std::string& title) {
  return {
      .title = title,
      .columns = columns_of(group.drawings.front().distance.name),
      .rows = {},
      .footnotes = {"Protocol but for the sampler: " + protocol_words(group.conditions) + ".", latencies.footnote()}};
}

const Drawing& best_of(const std::vector<Drawing>& curve) {
  return *std::min_element(curve.begin(), curve.end(), nearer);
}

std::vector<Table> stages_tables(const Database& database, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& group : drawing_groups(database, options)) {
    const DrawingLatencies latencies(database, group.drawings);
    const auto curves = guidance_curves(group);
    Table table = empty_table(group, latencies, "Stages of training, each at its best guidance");
    const Drawing* first = nullptr;  // of the network
    for (const auto& curve : curves) {
      const Drawing& best = best_of(curve);
      if (!first || first->model.params != best.model.params) first = &best;
      table.rows.push_back(row_of(best, {*first, latencies, json_or_null(group.conditions)}, ""));
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace

constinit const Report stages_report{.name = "stages",
                                     .summary = "a training chain stage by stage: steps, distance, text-image score",
                                     .tables = stages_tables,
                                     .lacking = no_drawings};

namespace {

std::vector<Table> guidance_tables(const Database& database, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& group : drawing_groups(database, options)) {
    const DrawingLatencies latencies(database, group.drawings);
    for (const auto& curve : guidance_curves(group)) {
      if (curve.size() < 2) continue;
      const Drawing& first = curve.front();
      Table table =
          empty_table(group, latencies, first.model.name + " over guidance, " + std::to_string(first.steps) + " steps");
      for (const auto& drawing : curve)
        table.rows.push_back(row_of(drawing, {first, latencies, json_or_null(group.conditions)},
                                    &drawing == &best_of(curve) ? "best" : ""));
      tables.push_back(std::move(table));
    }
  }
  return tables;
}

PagePlots guidance_page_plots(const Database& database, const ReportOptions& options) {
  std::string body;
  for (const auto& group : drawing_groups(database, options)) {
    auto curves = guidance_curves(group);
    std::erase_if(curves, [](const auto& curve) { return curve.size() < 2; });
    if (curves.empty()) continue;
    for (const auto& plot : guidance_plots(curves))
      body += plot_figure(plot,
                          "<b>" + escape_html(plot["y"].get<std::string>()) + "</b> over guidance, with 95% intervals");
  }
  return {.html = body.empty() ? "" : "<div class=\"plots\">" + body + "</div>\n"};
}

}  // namespace

constinit const Report guidance_report{.name = "guidance",
                                       .summary = "distance and text-image score of a model over guidance",
                                       .tables = guidance_tables,
                                       .lacking = no_drawings,
                                       .plots = guidance_page_plots};

}  // namespace mds
