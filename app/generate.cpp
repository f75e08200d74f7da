// mdsearch generate: pictures from model folders, as PNG files that tell in text chunks how they were made.
#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <set>
#include <sstream>

#include "app/generate_grid.h"
#include "app/progress.h"
#include "app/run.h"
#include "data/resize.h"
#include "profiler/memory.h"

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;

// Reads every card, and checks all that can be checked before a network runs.
std::vector<ModelRun> open_models(const GenerateOptions& options) {
  std::vector<ModelRun> runs;
  for (const auto& folder : options.models) {
    Generator generator(folder, options.dtype());
    const SamplerConfig sampler = with_given(generator.defaults(), options.sampler);
    try {
      generator.check(sampler, options.tiles());
    } catch (const ConfigError& error) {
      throw UsageError(error.what());
    }
    runs.push_back({folder, model_hash(folder), std::move(generator), sampler});
  }
  if (options.grid) check_grid(options, runs);
  return runs;
}

// Hands each picture on, in order.
void draw(const ModelRun& run, const DrawRequest& request, const std::function<void(size_t, Image)>& take) {
  const int64_t steps = run.sampler.steps, pictures = int64_t(request.prompts.size());
  Progress progress("pictures x steps", pictures * steps);
  std::set<std::string> warned;
  DrawListener listener;
  listener.picture = [&](size_t i, const Tensor& picture) { take(i, to_image(picture)); };
  listener.evaluated = [&](int64_t done) { progress.show(done, "", /*every=*/request.batch * steps); };
  listener.cut = [&](const std::string& text, const Truncation& truncation) {
    if (warned.insert(text).second)
      std::cerr << "warning: prompt " << shown(text) << " is " << to_string(truncation) << "\n";
  };
  run.generator.draw(request, run.sampler, listener);
}

// The sampler's fields as they are shown in JSON, texts without quotes.
void add_fields(PngText& text, const SamplerConfig& sampler) {
  const Json json = to_json(sampler);
  for (const auto& [name, value] : json.items())
    text.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
}

PngText text_chunks(const DrawRequest& request, size_t i, const ModelRun& run) {
  PngText text{{"prompt", request.prompts[i]}, {"seed", std::to_string(request.seeds[i])}};
  if (!request.negative.empty()) text.emplace_back("negative", request.negative);
  add_fields(text, run.sampler);
  text.emplace_back("model", run.hash);
  text.emplace_back("software", "mdsearch");
  return text;
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

std::string numbered(const std::string& folder, size_t i) {
  std::ostringstream name;
  name << folder << "/" << std::setw(5) << std::setfill('0') << i << ".png";
  return name.str();
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
