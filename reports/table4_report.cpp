// The paper's Table 4: the models that it compares by FID, as printed, and every stored model of ours with its sampler,
// steps, data and scores, each score under its own name.
#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>

#include "reports/scored_pictures.h"

namespace mds {
namespace {

struct ModelLine {
  std::string model{}, folder{}, hash{}, sampler{}, data{};
  bool literature = false;
  Json steps{}, guidance{}, params{}, pictures{}, set{}, training_pairs{}, fid_30k{};
  std::map<std::string, double> scores{};
};

// Of data sets, and of files of latents that were made of one.
std::string data_name(const std::string& data) {
  const std::filesystem::path path(data);
  return path.extension() == ".safetensors" ? path.stem().string() : data;
}

// "MobileDiffusion" of "MobileDiffusion, 8 steps": the steps have a column.
std::string without_steps(const std::string& network) {
  return std::regex_replace(network, std::regex(", \\d+ steps?$"), "");
}

std::vector<ModelLine> printed_lines(const Database& database) {
  std::map<std::string, ModelLine> by_model;
  for (const auto& figure : printed_figures(database)) {
    if (figure.source != literature_table4) continue;
    ModelLine& line = by_model[figure.network];
    line.model = without_steps(figure.network);
    line.sampler = figure.conditions;
    line.literature = true;
    if (figure.name == "steps") line.steps = int64_t(figure.value);
    if (figure.name == "params") line.params = figure.value;
    if (figure.name == "training_pairs") {
      line.training_pairs = figure.value;
      line.data = shown(figure.value, {.name = "", .scale = 1e-6, .digits = 0}) + " M pairs";
    }
    if (figure.name == "fid_30k") line.fid_30k = figure.value;
  }
  std::vector<ModelLine> lines;
  for (auto& [name, line] : by_model) lines.push_back(std::move(line));
  std::ranges::stable_sort(lines, [](const auto& a, const auto& b) { return a.fid_30k < b.fid_30k; });
  return lines;
}

ModelLine line_of(const Drawing& drawing, const DistanceGroups& groups) {
  ModelLine line{.model = model_name(drawing.model.name),
                 .folder = drawing.model.name,
                 .hash = drawing.model.hash,
                 .sampler = drawing.sampler,
                 .data = data_name(drawing.model.data),
                 .steps = drawing.steps,
                 .guidance = drawing.guidance,
                 .params = drawing.model.params,
                 .pictures = drawing.distance.n};
  for (const auto& [name, scored] : with_all_distances(drawing, groups).by_distance)
    for (const auto& score : {std::optional(scored.distance), scored.clip, scored.binding})
      if (score) line.scores[score->name] = score->value;
  return line;
}

// Each model at its best guidance by the leading distance or, where it lacks that one, by another.
std::vector<ModelLine> lines_of(const DistanceGroups& groups) {
  std::vector<std::string> names{leading(groups)};
  for (const auto& [name, group] : groups)
    if (name != names.front()) names.push_back(name);
  std::vector<ModelLine> lines;
  std::set<std::string> known;
  for (const auto& name : names)
    for (const auto& curve : guidance_curves(groups.at(name))) {
      const Drawing& best = nearest_of(curve);
      if (known.insert(Json{best.model.hash, best.steps, best.way, best.distance.eval_seed}.dump()).second)
        lines.push_back(line_of(best, groups));
    }
  return lines;
}

std::vector<Column> model_columns(const std::vector<std::string>& scores) {
  std::vector<Column> columns{
      {.name = "model", .weight = Weight::identity},
      {.name = "folder", .audience = Audience::programs},
      {.name = "hash", .audience = Audience::programs},
      {.name = "literature", .audience = Audience::programs},
      {.name = "mark", .header = "", .audience = Audience::people, .weight = Weight::identity},
      {.name = "sampler"},
      {.name = "steps", .weight = Weight::identity},
      {.name = "guidance", .digits = 1, .weight = Weight::minor},
      {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1, .weight = Weight::major},
      {.name = "data", .weight = Weight::major},
      {.name = "pictures", .weight = Weight::minor},
      {.name = "set", .weight = Weight::identity},
      {.name = "training_pairs", .audience = Audience::programs},
      {.name = "fid_30k", .header = "FID 30K ↓", .digits = 2, .weight = Weight::identity}};
  for (const auto& name : scores) {
    columns.push_back(score_column(name, 4));
    if (name == scores.front()) columns.back().weight = Weight::identity;
  }
  return columns;
}

std::vector<Json> row_of(const ModelLine& line, const std::vector<std::string>& scores) {
  std::vector<Json> row{
      line.model,    line.folder, line.hash,           line.literature, line.literature ? "†" : " ",
      line.sampler,  line.steps,  line.guidance,       line.params,     line.data.empty() ? Json() : Json(line.data),
      line.pictures, line.set,    line.training_pairs, line.fid_30k};
  for (const auto& name : scores) row.push_back(line.scores.contains(name) ? Json(line.scores.at(name)) : Json());
  return row;
}

std::vector<Table> table4_tables(const Database& database, const ReportOptions& options) {
  std::vector<ModelLine> lines;
  std::vector<std::string> sets;
  std::set<std::string> names;
  for (const auto& groups : distance_groups(database, options)) {
    sets.push_back("Set " + std::to_string(sets.size() + 1) + ": " +
                   protocol_words(shared_conditions(groups.begin()->second)) + ".");
    for (auto& line : lines_of(groups)) {
      line.set = sets.size();
      for (const auto& [name, value] : line.scores) names.insert(name);
      lines.push_back(std::move(line));
    }
  }
  if (options.network.empty()) std::ranges::copy(printed_lines(database), std::back_inserter(lines));
  const auto scores = scores_in_order(names, decisive_score(names, ""));
  Table table{.title = "Models by what they draw: scored here, and as printed", .columns = model_columns(scores)};
  for (const auto& line : lines) table.rows.push_back(row_of(line, scores));
  table.footnotes = {
      std::string("† literature: ") + literature_table4 +
          ", zero-shot FID of 30,000 pictures of COCO, never measured here.",
      "Ours: each stored model at its best guidance, UNet parameters alone, and the data sets that it was trained on. "
      "Scores of one name and one set of pictures compare; `mdsearch report stages` has their intervals."};
  table.footnotes.insert(table.footnotes.end(), sets.begin(), sets.end());
  return {table};
}

}  // namespace

constinit const Report table4_report{.name = "table4",
                                     .summary = "models by what they draw: sampler, steps and every score",
                                     .tables = table4_tables,
                                     .lacking = no_drawings,
                                     .reads = "network"};

}  // namespace mds
