#include "experiments/evaluation/grid.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "data/picture_table.h"
#include "reports/drawings.h"
#include "spec/listed.h"

namespace mds {
namespace {

struct Cells {
  int64_t columns, rows;
};

Cells cells_of(const GridRequest& request) {
  const int64_t models = int64_t(request.runs.size()), prompts = int64_t(request.prompts.size()),
                count = int64_t(request.count);
  if (models > 1 || count > 1) return {models * count, prompts};
  const int64_t columns = int64_t(std::ceil(std::sqrt(double(prompts))));
  return {columns, (prompts + columns - 1) / columns};
}

// "emoji-md (6.2M) 1 step"
std::string heading(const ModelRun& run) {
  const double millions = double(cost(make_plan(*run.generator.card().unet)).params) / 1e6;
  char size[32];
  std::snprintf(size, sizeof size, millions < 10 ? " (%.1fM)" : " (%.0fM)", millions);
  return model_name(run.folder) + size + " " + std::to_string(run.sampler.steps) +
         (run.sampler.steps == 1 ? " step" : " steps");
}

// The texts of the table, and its number of columns.
PictureTable words_of(const GridRequest& request) {
  const bool square = request.runs.size() == 1 && request.count == 1;
  PictureTable table{.columns = cells_of(request).columns};
  if (!square) table.captions = request.prompts;
  if (request.runs.size() > 1)
    for (const auto& run : request.runs) table.headings.insert(table.headings.end(), request.count, heading(run));
  for (size_t prompt = 0; prompt < request.prompts.size(); ++prompt)
    for (size_t column = 0; column < request.runs.size() * request.count; ++column) {
      const size_t picture = prompt * request.count + column % request.count;
      table.labels.push_back((square ? request.prompts[prompt] + "\n" : "") + "seed " +
                             std::to_string(request.drawing.seeds[picture]));
    }
  return table;
}

// The values, one per line.
std::string lines(const auto& items, const auto& value) { return listed(items, value, "\n"); }

std::string value_of(const PictureText& text, const std::string& key) {
  for (const auto& [name, value] : text)
    if (name == key) return value;
  return "";
}

}  // namespace

PictureText making_of(const GridRequest& request) {
  const auto& [prompts, count, drawing, runs] = request;
  PictureText text = making_of(runs[0], drawing, 0);
  std::vector<PictureText> of_runs;
  for (const auto& run : runs) of_runs.push_back(making_of(run, drawing, 0));
  for (auto& [key, value] : text) {
    if (key == "prompt") value = lines(request.prompts, std::identity());
    if (key == "layout") {
      value = lines(prompts, [&, i = size_t(0)](const std::string&) mutable {
        return to_json(drawing.layouts[count * i++]).dump();
      });
      continue;
    }
    if (key != "prompt" && key != "seed" && key != "negative" && key != "dtype" && key != "software")
      value = lines(of_runs, [&, name = key](const PictureText& of_run) { return value_of(of_run, name); });
  }
  const auto [columns, rows] = cells_of(request);
  text.emplace_back("count", std::to_string(request.count));
  text.emplace_back("grid", std::to_string(columns) + " x " + std::to_string(rows));
  return text;
}

void check_grid(const GridRequest& request, Listener& listener) {
  ImageSize largest;
  for (const auto& run : request.runs) {
    const auto [height, width] = run.generator.size();
    largest = {.width = std::max(largest.width, width), .height = std::max(largest.height, height)};
  }
  try {
    check_table(words_of(request), largest);
  } catch (const ConfigError& error) {
    throw RequestError(std::string("`grid`: ") + error.what());
  }
  if (!std::filesystem::exists(usual_font))
    listener.warn("the font " + std::string(usual_font) +
                  " is missing, so the grid has no words; the package fonts-dejavu-core has it");
}

Image grid_of(const GridRequest& request, const std::vector<std::vector<Image>>& pictures) {
  PictureTable table = words_of(request);
  const size_t count = request.count;
  for (size_t prompt = 0; prompt < request.prompts.size(); ++prompt)
    for (const auto& own : pictures)
      for (size_t i = 0; i < count; ++i) table.pictures.push_back(own[prompt * count + i]);
  return picture_table(table);
}

}  // namespace mds
