// A row for each way to fewer steps: what it keeps of its teacher, and what it took.
#include <algorithm>

#include "reports/distillation.h"
#include "reports/paired.h"
#include "spec/listed.h"
#include "spec/student.h"

namespace mds {
namespace {

// A value of each seed: the mean, with Student's interval, or of one seed with its own.
struct OverSeeds {
  Json value{}, interval{};
};
struct Shown {
  double scale = 1;
  int digits = 0;
};
OverSeeds over_seeds(const std::vector<PairedChange>& seeds, const Shown& as) {
  std::vector<double> values;
  for (const auto& seed : seeds)
    if (seed.value) values.push_back(*seed.value);
  if (values.empty() || values.size() != seeds.size()) return {};
  if (values.size() == 1) return {values.front(), interval_cell(seeds.front(), as.scale, as.digits)};
  const Interval interval = student_interval(values);
  return {(interval.low + interval.high) / 2,
          interval_cell(interval.low * as.scale, interval.high * as.scale, as.digits)};
}

PairedChange own(const std::optional<ScoreRow>& score) {
  return score ? PairedChange{score->value, Interval{score->low, score->high}} : PairedChange{};
}

class DistillationTable {
 public:
  DistillationTable(const Database& database, const ModelTrainings& trainings, const DistanceGroups& groups,
                    ScoredPictures teacher)
      : database_(database), trainings_(trainings), teacher_(std::move(teacher)), leading_(leading(groups)) {
    names_.push_back(leading_);
    for (const auto& [name, group] : groups)
      if (name != leading_) names_.push_back(name);
    const ModelRow& model = teacher_.drawing(leading_).model;
    table_ = {.title = "Distilled from " + model_name(model.name) + ", " +
                       shown(model.params, {.name = "", .scale = 1e-6, .digits = 2}) + " M parameters",
              .columns = columns(),
              .rows = {},
              .footnotes = {"Protocol but for the sampler: " + protocol_words(groups.at(leading_).conditions) + "."}};
  }

  void add(const Method& method) {
    const Drawing& first = method.seeds.front().drawing(leading_);
    std::vector<std::string> models;
    for (const auto& seed : method.seeds) models.push_back(model_name(seed.drawing(leading_).model.name));
    std::vector<Json> row{method.name, listed(models), first.model.stage, int64_t(method.seeds.size()),
                          first.steps, first.guidance};
    for (const auto& name : names_) add_distance(row, method.seeds, name);
    add_agreement(row, method.seeds);
    add_cost(row, method.seeds);
    table_.rows.push_back(std::move(row));
  }

  Table take() {
    table_.footnotes.emplace_back(
        "%: the distance over that of the first row. 95%: over training seeds where there are several, else "
        "of the paired bootstrap, which resamples the captions of both alike.");
    table_.footnotes.emplace_back(
        "min: minutes of the training's iterations; chain: with those of all trainings since the base. Memory: the "
        "most "
        "that the process held, or had on a GPU.");
    if (lacks_interval_) table_.footnotes.emplace_back(no_paired_interval);
    return std::move(table_);
  }

 private:
  std::vector<Column> columns() const {
    std::vector<Column> columns{
        {.name = "method", .weight = Weight::identity},    {.name = "models", .weight = Weight::minor},
        {.name = "stage", .audience = Audience::programs}, {.name = "seeds", .weight = Weight::minor},
        {.name = "steps", .weight = Weight::identity},     {.name = "guidance", .digits = 1, .weight = Weight::least}};
    for (const auto& name : names_) {
      columns.push_back(score_column(name, 4));
      columns.push_back(interval_column(name + "_interval"));
      columns.push_back(
          {.name = name + "_of_teacher", .header = "%", .scale = 100, .digits = 0, .weight = Weight::major});
      columns.push_back(interval_column(name + "_of_teacher_interval"));
      columns.back().weight = Weight::major;
    }
    columns.insert(
        columns.end(),
        {{.name = "clip", .header = "clip ↑", .digits = 4, .weight = Weight::major},
         {.name = "clip_change", .header = "change", .digits = 4, .follows = true},
         interval_column("clip_change_interval"),
         {.name = "binding", .header = "binding ↑", .digits = 3, .weight = Weight::major},
         interval_column("binding_interval"),
         {.name = "iterations"},
         {.name = "seconds", .header = "min", .scale = 1. / 60, .digits = 1},
         {.name = "chain_seconds", .header = "chain min", .scale = 1. / 60, .digits = 1, .weight = Weight::minor},
         {.name = "peak_bytes", .header = "memory GB", .scale = 1e-9, .digits = 2, .weight = Weight::minor}});
    return columns;
  }

  bool is_teacher(const ScoredPictures& one) const {
    return same_pictures(one.drawing(leading_), teacher_.drawing(leading_));
  }

  void add_over_seeds(std::vector<Json>& row, const std::vector<ScoredPictures>& seeds, const Shown& as,
                      auto&& of) const {
    std::vector<PairedChange> changes;
    for (const auto& seed : seeds) changes.push_back(of(seed));
    const auto [value, interval] = over_seeds(changes, as);
    row.insert(row.end(), {value, interval});
  }

  void add_distance(std::vector<Json>& row, const std::vector<ScoredPictures>& seeds, const std::string& name) {
    const auto has = [&](const ScoredPictures& one) { return one.by_distance.contains(name); };
    if (!std::ranges::all_of(seeds, has)) return void(row.insert(row.end(), 4, nullptr));
    add_over_seeds(row, seeds, {1, 4}, [&](const ScoredPictures& one) { return own(one.drawing(name).distance); });
    add_over_seeds(row, seeds, {100, 0}, [&](const ScoredPictures& one) {
      if (is_teacher(one)) return PairedChange{.value = 1};
      if (!has(teacher_)) return PairedChange{};
      const auto change = paired_ratio(database_, one.drawing(name).distance, teacher_.drawing(name).distance);
      lacks_interval_ = lacks_interval_ || !change.interval;
      return change;
    });
  }

  void add_agreement(std::vector<Json>& row, const std::vector<ScoredPictures>& seeds) const {
    const auto& base = teacher_.drawing(leading_).clip;
    std::vector<PairedChange> clips;
    for (const auto& seed : seeds) clips.push_back(own(seed.drawing(leading_).clip));
    row.push_back(over_seeds(clips, {1, 4}).value);
    add_over_seeds(row, seeds, {1, 4}, [&](const ScoredPictures& one) {
      const auto& clip = one.drawing(leading_).clip;
      return clip && base && !is_teacher(one) ? paired_difference(database_, *clip, *base) : PairedChange{};
    });
    add_over_seeds(row, seeds, {1, 3}, [&](const ScoredPictures& one) { return own(one.drawing(leading_).binding); });
  }

  // Means over seeds; the memory is the most.
  void add_cost(std::vector<Json>& row, const std::vector<ScoredPictures>& seeds) const {
    std::vector<PairedChange> own_s, chain_s;
    std::optional<double> peak;
    for (const auto& seed : seeds) {
      const std::string& model = seed.drawing(leading_).model.hash;
      const auto cost = trainings_.cost(model), chain = trainings_.cost_since_base(model);
      own_s.push_back({.value = cost ? std::optional(cost->seconds) : std::nullopt});
      chain_s.push_back({.value = chain ? std::optional(chain->seconds) : std::nullopt});
      if (cost && cost->peak_bytes) peak = std::max(peak.value_or(0), *cost->peak_bytes);
    }
    row.insert(row.end(), {seeds.front().drawing(leading_).model.iterations, over_seeds(own_s, {}).value,
                           over_seeds(chain_s, {}).value, peak ? Json(*peak) : Json()});
  }

  const Database& database_;
  const ModelTrainings& trainings_;
  ScoredPictures teacher_;
  std::string leading_;
  std::vector<std::string> names_;
  Table table_;
  bool lacks_interval_ = false;
};

}  // namespace

Table distillation_table(const Database& database, const ModelTrainings& trainings, const DistanceGroups& groups,
                         const std::vector<Method>& methods) {
  DistillationTable table(database, trainings, groups, methods.front().seeds.front());
  for (const auto& method : methods) table.add(method);
  return table.take();
}

}  // namespace mds
