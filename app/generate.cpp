// mdsearch generate: pictures from model folders, as PNG files that tell in text chunks how they were made.
#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <iostream>

#include "app/drawing.h"
#include "app/generate_grid.h"
#include "app/run.h"
#include "profiler/memory.h"

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;

// Reads every card, and checks all that can be checked before a network runs.
std::vector<ModelRun> open_models(const GenerateOptions& options) {
  std::vector<ModelRun> runs;
  for (const auto& folder : options.models)
    runs.push_back(open_model({.folder = folder,
                               .dtype = options.dtype(),
                               .sampler = options.sampler,
                               .tiles = options.tiles(),
                               .pixels = options.size.picture()}));
  if (options.grid) check_grid(options, runs);
  return runs;
}

// Of a grid: prompts and models one a line, the sampler of the first model.
PngText text_chunks(const GenerateOptions& options, const DrawRequest& request, const std::vector<ModelRun>& runs) {
  PngText text = text_chunks(request, 0, runs[0]);
  const auto joined = [](const auto& lines, auto&& line) {
    std::string all;
    for (const auto& each : lines) all += (all.empty() ? "" : "\n") + line(each);
    return all;
  };
  for (auto& [key, value] : text) {
    if (key == "prompt") value = joined(options.prompts, [](const std::string& prompt) { return prompt; });
    if (key == "model") value = joined(runs, [](const ModelRun& run) { return run.hash; });
    if (key == "steps") value = joined(runs, [](const ModelRun& run) { return std::to_string(run.sampler.steps); });
  }
  return text;
}

void save(const std::string& file, const Image& image, const PngText& text) {
  save_png(file, image, text);
  std::cout << file << std::endl;
}

// Peak memory is what the kernel counts as resident: also pages of mapped files.
void tell_use(size_t pictures, Clock::time_point start) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::fprintf(stderr, "%zu %s in %.1f s", pictures, pictures == 1 ? "picture" : "pictures", seconds);
  if (const auto peak = peak_resident_bytes()) std::fprintf(stderr, ", peak memory %.2f GB", double(*peak) / 1e9);
  std::fprintf(stderr, "\n");
}

}  // namespace

int run_generate(int argc, char** argv) {
  GenerateOptions options;
  po::variables_map given;
  if (!parse(generate_command_line(options), argc, argv, given)) return 0;
  const auto start = Clock::now();
  apply(options.compute);
  const DrawRequest request = request_of(options);
  const std::vector<ModelRun> runs = open_models(options);
  prepare_output(options);
  std::vector<std::vector<Image>> grid;
  for (const auto& run : runs) {
    if (options.grid) grid.emplace_back();
    draw(run, request, [&](size_t i, Image image) {
      if (options.grid) return grid.back().push_back(std::move(image));
      save(options.one_file() ? options.out : numbered(options.out, i), image, text_chunks(request, i, run));
    });
  }
  if (options.grid) save(options.out, grid_of(options, runs, grid), text_chunks(options, request, runs));
  tell_use(request.prompts.size() * runs.size(), start);
  return 0;
}

}  // namespace mds
