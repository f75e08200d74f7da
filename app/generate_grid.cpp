#include "app/generate_grid.h"

#include <algorithm>
#include <cmath>

#include "data/picture_table.h"

namespace mds {
namespace {

struct Cells {
  int64_t columns, rows;
};

Cells cells_of(const GenerateOptions& options) {
  const int64_t models = int64_t(options.models.size()), prompts = int64_t(options.prompts.size()),
                count = int64_t(options.count);
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

}  // namespace

void check_grid(const GenerateOptions& options, const std::vector<ModelRun>& runs) {
  Extent largest;
  for (const auto& run : runs) {
    largest.height = std::max(largest.height, run.generator.size().height);
    largest.width = std::max(largest.width, run.generator.size().width);
  }
  const auto [columns, rows] = cells_of(options);
  const int64_t most_columns = max_image_side / (largest.width + 2), most_rows = max_image_side / (largest.height + 2);
  if (columns > most_columns || rows > most_rows)
    throw UsageError("--grid would be " + std::to_string(columns) + " x " + std::to_string(rows) +
                     " pictures; allowed: " + std::to_string(most_columns) + " x " + std::to_string(most_rows));
}

Image grid_of(const GenerateOptions& options, const std::vector<ModelRun>& runs,
              const std::vector<std::vector<Image>>& pictures) {
  if (runs.size() == 1) return tile(pictures[0], cells_of(options).columns);
  PictureTable table{.headings = {}, .captions = options.prompts, .pictures = {}};
  for (const auto& run : runs) table.headings.insert(table.headings.end(), options.count, heading(run));
  for (size_t row = 0; row < options.prompts.size(); ++row)
    for (const auto& own : pictures)
      for (size_t i = 0; i < options.count; ++i) table.pictures.push_back(own[row * options.count + i]);
  return picture_table(table);
}

}  // namespace mds
