// mdsearch generate: pictures from a model folder, as PNG files that tell in text chunks how they were made.
#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "app/options.h"
#include "app/progress.h"
#include "app/run.h"
#include "data/resize.h"
#include "data/utf8.h"
#include "pipeline/generator.h"

namespace mds {
namespace {

constexpr size_t pictures_at_once = 8;
constexpr size_t most_pictures = 100000;

struct GenerateOptions {
  std::string model, prompts_file, out, spacing;
  std::vector<std::string> prompts;
  int64_t steps = 0;
  double guidance = 0;
  size_t count = 1;
  bool grid = false;
  ComputeOptions compute;

  bool one_file() const { return out.ends_with(".png"); }
};

std::vector<std::string> lines_of(const std::string& file) {
  std::istringstream text(load_bytes(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) throw FileError(file + ": holds no prompt; expected one a line");
  return lines;
}

// The prompt of each picture: `count` pictures of the first, then of the second.
DrawRequest request_of(GenerateOptions& options) {
  if (!options.prompts_file.empty())
    for (const auto& line : lines_of(options.prompts_file)) options.prompts.push_back(line);
  const size_t most_each = most_pictures / std::max<size_t>(1, options.prompts.size());
  if (options.prompts.empty()) throw UsageError("needs --prompt TEXT or --prompts FILE");
  require_within("--count", options.count, between(1, double(most_each)));
  for (size_t i = 0; i < options.prompts.size(); ++i)
    if (!is_utf8(options.prompts[i])) throw UsageError("prompt " + std::to_string(i + 1) + " is not UTF-8");
  DrawRequest request;
  for (const auto& prompt : options.prompts)
    for (size_t i = 0; i < options.count; ++i) {
      request.seeds.push_back(options.compute.seed + request.prompts.size());
      request.prompts.push_back(prompt);
    }
  if (options.grid && !options.one_file()) throw UsageError("--grid writes one picture: --out must end in .png");
  if (!options.grid && options.one_file() && request.prompts.size() > 1)
    throw UsageError(std::to_string(request.prompts.size()) + " pictures do not fit into " + options.out +
                     "; give a folder, or --grid");
  return request;
}

// The card's sampler with the command line's values in place of some of its own.
SamplerConfig sampler_of(const SamplerConfig& defaults, const GenerateOptions& options,
                         const po::variables_map& given) {
  Json json = to_json(defaults);
  if (given.count("steps")) json["steps"] = options.steps;
  if (given.count("guidance")) json["guidance"] = options.guidance;
  if (given.count("spacing")) json["spacing"] = options.spacing;
  try {
    return from_json<SamplerConfig>(json, "command line");
  } catch (const ConfigError& error) {
    throw UsageError(error.what());
  }
}

// Hands each picture on as soon as it is drawn, in order.
void draw(const Generator& generator, const DrawRequest& request, const SamplerConfig& sampler,
          const std::function<void(size_t, Image)>& take) {
  const size_t n = request.prompts.size();
  Progress progress("pictures x steps", int64_t(n) * sampler.steps);
  for (size_t begin = 0; begin < n; begin += pictures_at_once) {
    DrawRequest part;
    for (size_t i = begin; i < std::min(begin + pictures_at_once, n); ++i) {
      part.prompts.push_back(request.prompts[i]);
      part.seeds.push_back(request.seeds[i]);
    }
    const int64_t count = int64_t(part.seeds.size());
    const at::Tensor pictures = generator.draw(part, sampler, [&](int64_t steps) {
      progress.show(int64_t(begin) * sampler.steps + steps * count, "", /*every=*/count * sampler.steps);
    });
    for (int64_t k = 0; k < count; ++k) take(begin + size_t(k), to_image(pictures[k]));
  }
}

PngText text_chunks(const std::string& prompt, uint64_t seed, const SamplerConfig& sampler, const std::string& model) {
  const Json json = to_json(sampler);
  return {{"prompt", prompt},
          {"seed", std::to_string(seed)},
          {"steps", json["steps"].dump()},
          {"guidance", json["guidance"].dump()},
          {"spacing", std::string(name_of(sampler.spacing))},
          {"model", model},
          {"software", "mdsearch"}};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
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

// One row a prompt, or nearly square where each prompt has one picture.
int64_t columns_of(const GenerateOptions& options, size_t pictures, int64_t size) {
  const int64_t n = int64_t(pictures),
                columns = options.count > 1 ? int64_t(options.count) : int64_t(std::ceil(std::sqrt(double(n))));
  const int64_t most = max_image_side / (size + 2), rows = (n + columns - 1) / columns;
  if (columns > most || rows > most)
    throw UsageError("--grid would be " + std::to_string(columns) + " x " + std::to_string(rows) +
                     " pictures; allowed: " + std::to_string(most) + " a side");
  return columns;
}

CommandLine command_line(GenerateOptions& options) {
  CommandLine line{
      .usage = "mdsearch generate --model DIR --prompt T [options] --out F",
      .example = "mdsearch generate --model weights/emoji-proxy --prompt \"red heart\" --out out/heart.png",
      .positional = {}};
  line.options.add_options()("model", po::value(&options.model)->required()->value_name("DIR"), "model folder")(
      "prompt", po::value(&options.prompts)->composing()->value_name("T"), "what to draw; may repeat")(
      "prompts", po::value(&options.prompts_file)->value_name("FILE"), "prompts, one a line")(
      "steps", po::value(&options.steps)->value_name("N"), "sampling steps; default: the model's")(
      "guidance", po::value(&options.guidance)->value_name("W"),
      "classifier-free guidance, 1: none; default: the model's")(
      "spacing", po::value(&options.spacing)->value_name("S"), "timesteps: trailing (default) or leading")(
      "count", po::value(&options.count)->default_value(1)->value_name("N"), "pictures a prompt; picture i: seed + i")(
      "grid", po::bool_switch(&options.grid), "all pictures in one file")(
      "out", po::value(&options.out)->required()->value_name("F"), "file.png for one picture or a grid, else a folder");
  add_compute_options(line.options, options.compute);
  return line;
}

}  // namespace

int run_generate(int argc, char** argv) {
  GenerateOptions options;
  po::variables_map given;
  if (!parse(command_line(options), argc, argv, given)) return 0;
  apply(options.compute);
  const DrawRequest request = request_of(options);
  const Generator generator(options.model);
  const SamplerConfig sampler = sampler_of(generator.defaults(), options, given);
  const int64_t columns = options.grid ? columns_of(options, request.prompts.size(), generator.size()) : 1;
  const auto folder =
      options.one_file() ? std::filesystem::path(options.out).parent_path() : std::filesystem::path(options.out);
  if (!folder.empty()) std::filesystem::create_directories(folder);
  const std::string model = model_hash(options.model);
  std::vector<Image> grid;
  draw(generator, request, sampler, [&](size_t i, Image image) {
    if (options.grid) return grid.push_back(std::move(image));
    save(options.one_file() ? options.out : numbered(options.out, i), image,
         text_chunks(request.prompts[i], request.seeds[i], sampler, model));
  });
  if (options.grid)
    save(options.out, tile(grid, columns), text_chunks(joined(options.prompts), request.seeds[0], sampler, model));
  return 0;
}

}  // namespace mds
