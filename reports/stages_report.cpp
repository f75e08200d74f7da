// The stages of a training chain, from many steps to one, as Tables 4 and 5 of the MobileDiffusion paper lay them out;
// and the curve of guidance.
#include <algorithm>

#include "reports/drawings.h"

namespace mds {
namespace {

std::vector<Column> columns_of(const std::string& distance) {
  return {{.name = "model"},
          {.name = "hash", .audience = Audience::programs},
          {.name = "stage"},
          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
          {.name = "iterations"},
          {.name = "steps"},
          {.name = "guidance", .digits = 1},
          {.name = "fd", .header = distance + " ↓", .digits = 4},
          {.name = "fd_interval", .header = "95%", .right = true},
          {.name = "of_first", .header = "of the first %", .scale = 100, .digits = 0},
          {.name = "clip", .header = "clip ↑", .digits = 4},
          {.name = "clip_interval", .header = "95%", .right = true},
          {.name = "n"},
          {.name = "latency_ms", .header = "latency ms", .digits = 1},
          {.name = "mark", .header = ""}};
}

std::vector<Json> row_of(const Drawing& drawing, const Drawing& first, const std::string& mark) {
  const ScoreRow& fd = drawing.distance;
  const auto& clip = drawing.clip;
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
          Json(),
          mark};
}

bool alike(const Drawing& x, const Drawing& y) {
  return x.model.hash == y.model.hash && x.steps == y.steps && x.distance.eval_seed == y.distance.eval_seed;
}

bool nearer(const Drawing& x, const Drawing& y) { return x.distance.value < y.distance.value; }

Table empty_table(const DrawingGroup& group, const std::string& title) {
  return {.title = title,
          .columns = columns_of(group.drawings.front().distance.name),
          .rows = {},
          .footnotes = {"Protocol but for the sampler: " + group.conditions,
                        "latency ms: not measured by `evaluate`; \"-\"."}};
}

// Hands on each run of drawings that differ by guidance alone.
void for_each_curve(const DrawingGroup& group, const auto& take) {
  const auto& drawings = group.drawings;
  for (auto begin = drawings.begin(); begin != drawings.end();) {
    const auto end = std::find_if(begin, drawings.end(), [&](const Drawing& d) { return !alike(d, *begin); });
    take(begin, end);
    begin = end;
  }
}

}  // namespace

std::vector<Table> stages_report(const Store& store, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& group : drawing_groups(store, options)) {
    Table table = empty_table(group, "Stages of training, each at its best guidance");
    const Drawing* first = nullptr;
    for_each_curve(group, [&](auto begin, auto end) {
      const Drawing& best = *std::min_element(begin, end, nearer);
      if (!first) first = &best;
      table.rows.push_back(row_of(best, *first, ""));
    });
    tables.push_back(std::move(table));
  }
  return tables;
}

std::vector<Table> guidance_report(const Store& store, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& group : drawing_groups(store, options))
    for_each_curve(group, [&](auto begin, auto end) {
      if (end - begin < 2) return;
      Table table =
          empty_table(group, begin->model.name + " over guidance, " + std::to_string(begin->steps) + " steps");
      const auto best = std::min_element(begin, end, nearer);
      for (auto drawing = begin; drawing != end; ++drawing)
        table.rows.push_back(row_of(*drawing, *begin, drawing == best ? "best" : ""));
      tables.push_back(std::move(table));
    });
  return tables;
}

}  // namespace mds
