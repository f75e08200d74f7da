// The stages of a training chain, from many steps to one, laid out like Tables 4 and 5 of the MobileDiffusion paper;
// and the curve of guidance.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "reports/drawings.h"
#include "reports/html.h"
#include "reports/paired.h"
#include "reports/plots.h"
#include "reports/trainings.h"
#include "spec/listed.h"
#include "spec/stage_kind.h"

namespace mds {
namespace {

// A column of a change of a score, and its interval behind it.
void add_change(std::vector<Column>& columns, Column change) {
  const std::string interval = change.name + "_interval";
  const Weight weight = change.weight;
  columns.push_back(std::move(change));
  columns.push_back(interval_column(interval));
  columns.back().weight = weight;
}

std::vector<Column> columns_of(const std::string& distance, bool beside_base) {
  std::vector<Column> changes;
  add_change(changes, {.name = "of_first", .header = "of first %", .scale = 100, .digits = 0, .weight = Weight::major});
  if (beside_base) {
    add_change(changes,
               {.name = "of_equal", .header = "at equal %", .scale = 100, .digits = 0, .weight = Weight::major});
    changes.back().weight = Weight::usual;
    changes.push_back({.name = "equal_guidance", .audience = Audience::programs});
  }
  std::vector<Column> columns{
      {.name = "model", .weight = Weight::identity},
      {.name = "folder", .audience = Audience::programs},
      {.name = "hash", .audience = Audience::programs},
      {.name = "stage", .weight = Weight::major},
      {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2, .weight = Weight::minor},
      {.name = "iterations", .weight = Weight::minor},
      {.name = "steps", .weight = Weight::identity},
      {.name = "guidance", .digits = 1, .weight = Weight::identity},
      {.name = "fd", .header = distance + " ↓", .digits = 4, .weight = Weight::identity},
      interval_column("fd_interval")};
  columns.insert(columns.end(), changes.begin(), changes.end());
  columns.insert(columns.end(), {{.name = "clip", .header = "clip ↑", .digits = 4, .weight = Weight::major},
                                 interval_column("clip_interval")});
  add_change(columns, {.name = "clip_change", .header = "clip change", .digits = 4});
  columns.insert(columns.end(), {{.name = "n", .weight = Weight::least},
                                 {.name = "latency_ms", .header = "latency ms", .digits = 1},
                                 interval_column("latency_interval")});
  if (!beside_base) columns.push_back({.name = "mark", .header = "", .weight = Weight::identity});
  columns.push_back({.name = "conditions", .audience = Audience::programs});
  return columns;
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

// Fills a table of drawings; those of one network are compared with the network's first.
class StageRows {
 public:
  // `trainings`: tell at which guidance a drawing is also compared with the first model; null: it is not.
  StageRows(const Database& database, const DrawingGroup& group, const ModelTrainings* trainings)
      : database_(database), group_(group), trainings_(trainings), latencies_(database, group.drawings) {}

  Table empty_table(const std::string& title) const {
    return {.title = title,
            .columns = columns_of(group_.drawings.front().distance.name, trainings_),
            .rows = {},
            .footnotes = {"Protocol but for the sampler: " + protocol_words(group_.conditions) + ".",
                          latencies_.footnote()}};
  }

  void add(Table& table, const Drawing& drawing, const Drawing& first, const std::string& mark) {
    const ScoreRow& fd = drawing.distance;
    std::vector<Json> row{model_name(drawing.model.name),
                          drawing.model.name,
                          drawing.model.hash,
                          drawing.model.stage,
                          drawing.model.params,
                          drawing.model.iterations,
                          drawing.steps,
                          drawing.guidance,
                          fd.value,
                          interval_cell(fd.low, fd.high, 4)};
    const bool is_first = &drawing == &first;
    add_ratio(row, drawing, &first);
    if (trainings_) add_at_equal_guidance(row, drawing, first);
    add_clip(row, drawing, is_first ? nullptr : &first);
    add_latency(row, drawing);
    if (!trainings_) row.emplace_back(mark);
    row.push_back(json_or_null(group_.conditions));
    table.rows.push_back(std::move(row));
  }

  void end(Table& table) const {
    table.footnotes.push_back(
        "of first %: the distance over that of the network's first row; 95%: of the paired bootstrap, which resamples "
        "the captions of both alike.");
    if (trainings_)
      table.footnotes.push_back(
          "at equal %: the same over the first row's model at the guidance that the row was drawn with or, where it "
          "has learnt guidance, that it has learnt.");
    if (!undrawn_.empty()) table.footnotes.push_back("Not drawn for that: " + listed(undrawn_) + ".");
    if (!unknown_.empty())
      table.footnotes.push_back("Not known is the guidance in " + listed(unknown_) +
                                ": no training on the way is stored that absorbed one; evaluate the models that came "
                                "before into this database too.");
    if (lacks_interval_) table.footnotes.emplace_back(no_paired_interval);
  }

 private:
  // The drawing of the first row's model at this guidance, with the same noise as `like`.
  const Drawing* base_at(double guidance, const Drawing& first, const Drawing& like) const {
    const auto found = std::ranges::find_if(group_.drawings, [&](const Drawing& drawing) {
      return drawing.model.hash == first.model.hash && drawing.steps == first.steps && drawing.way == first.way &&
             drawing.distance.eval_seed == like.distance.eval_seed && drawing.guidance == guidance;
    });
    return found == group_.drawings.end() ? nullptr : &*found;
  }

  // The guidance of the pictures: that of the sampler or, where the network has learnt one, that.
  std::optional<double> guidance_in(const Drawing& drawing) const {
    const bool may_have_learnt = stage_place(drawing.model.stage) > stage_place("relu");
    if (drawing.guidance != 1 || !may_have_learnt) return drawing.guidance;
    const auto absorbed = trainings_->absorbed(drawing.model.hash);
    if (!absorbed || absorbed->low != absorbed->high) return std::nullopt;
    return absorbed->low;
  }

  // A ratio to itself is 1 and says nothing.
  void add_ratio(std::vector<Json>& row, const Drawing& drawing, const Drawing* base) {
    if (!base) return void(row.insert(row.end(), {nullptr, nullptr}));
    const bool itself = &drawing == base;
    const PairedChange change =
        itself ? PairedChange{.value = 1} : paired_ratio(database_, drawing.distance, base->distance);
    lacks_interval_ = lacks_interval_ || (!itself && !change.interval);
    row.insert(row.end(), {value_cell(change), interval_cell(change, 100, 0)});
  }

  void add_at_equal_guidance(std::vector<Json>& row, const Drawing& drawing, const Drawing& first) {
    const auto guidance = guidance_in(drawing);
    const Drawing* base = guidance ? base_at(*guidance, first, drawing) : nullptr;
    if (!guidance) unknown_.insert(model_name(drawing.model.name));
    if (guidance && !base)
      undrawn_.insert(model_name(first.model.name) + " at guidance " + shown(*guidance, {.name = "", .digits = 1}));
    add_ratio(row, drawing, base);
    row.push_back(guidance ? Json(*guidance) : Json());
  }

  void add_clip(std::vector<Json>& row, const Drawing& drawing, const Drawing* first) const {
    const auto& clip = drawing.clip;
    const bool both = clip && first && first->clip;
    const PairedChange change = both ? paired_difference(database_, *clip, *first->clip) : PairedChange{};
    row.insert(row.end(), {clip ? Json(clip->value) : Json(), clip ? interval_cell(clip->low, clip->high, 4) : Json(),
                           value_cell(change), interval_cell(change, 1, 4), drawing.distance.n});
  }

  void add_latency(std::vector<Json>& row, const Drawing& drawing) const {
    const TimingSummary* latency = latencies_.of(drawing);
    const auto ms = [](const std::optional<double>& ns) { return ns ? std::optional(*ns * 1e-6) : std::nullopt; };
    row.insert(row.end(), {latency ? Json(latency->median_ns * 1e-6) : Json(),
                           latency ? interval_cell(ms(latency->low_ns), ms(latency->high_ns), 1) : Json()});
  }

  const Database& database_;
  const DrawingGroup& group_;
  const ModelTrainings* trainings_;
  DrawingLatencies latencies_;
  std::set<std::string> undrawn_, unknown_;
  bool lacks_interval_ = false;
};

std::vector<Table> stages_tables(const Database& database, const ReportOptions& options) {
  const ModelTrainings trainings(database);
  std::vector<Table> tables;
  for (const auto& group : drawing_groups(database, options)) {
    StageRows rows(database, group, &trainings);
    Table table = rows.empty_table("Stages of training, each at its best guidance");
    const Drawing* first = nullptr;  // of the network
    const auto curves = guidance_curves(group);
    for (const auto& curve : curves) {
      const Drawing& best = nearest_of(curve);
      if (!first || first->model.params != best.model.params) first = &best;
      rows.add(table, best, *first, "");
    }
    rows.end(table);
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace

constinit const Report stages_report{.name = "stages",
                                     .summary = "a training chain stage by stage: steps, distance, text-image score",
                                     .tables = stages_tables,
                                     .lacking = no_drawings,
                                     .reads = "network"};

namespace {

std::vector<Table> guidance_tables(const Database& database, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& group : drawing_groups(database, options))
    for (const auto& curve : guidance_curves(group)) {
      if (curve.size() < 2) continue;
      const Drawing& first = curve.front();
      StageRows rows(database, group, nullptr);
      Table table = rows.empty_table(first.model.name + " over guidance, " + std::to_string(first.steps) + " steps");
      for (const auto& drawing : curve) rows.add(table, drawing, first, &drawing == &nearest_of(curve) ? "best" : "");
      rows.end(table);
      tables.push_back(std::move(table));
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
                                       .reads = "network",
                                       .plots = guidance_page_plots};

}  // namespace mds
