// mdsearch generate: pictures from a model folder, as PNG files that tell in text chunks how they were made.
#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "app/options.h"
#include "app/progress.h"
#include "app/run.h"
#include "data/resize.h"
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
  if (options.count < 1 || options.count > most_each)
    throw UsageError("--count is " + std::to_string(options.count) + "; allowed: 1 to " + std::to_string(most_each));
  DrawRequest request;
  for (const auto& prompt : options.prompts)
    for (size_t i = 0; i < options.count; ++i) {
      request.seeds.push_back(options.compute.seed + request.prompts.size());
      request.prompts.push_back(prompt);
    }
  if (options.grid && !options.one_file()) throw UsageError("--grid writes one picture: --out must end in .png");
  if (!options.grid && options.one_file() && request.prompts.size() > 1)
    throw UsageError(std::to_string(request.prompts.size()) + " pictures do not fit into " + options.out + "; give a folder, or --grid");
  return request;
}

// The card's sampler with the command line's values in place of some of its own.
SamplerConfig sampler_of(const SamplerConfig& defaults, const GenerateOptions& options, const po::variables_map& given) {
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

std::vector<Image> draw(const Generator& generator, const DrawRequest& request, const SamplerConfig& sampler) {
  const size_t n = request.prompts.size();
  Progress progress("pictures", int64_t(n) * sampler.steps);
  std::vector<Image> images;
  for (size_t i = 0; i < n; i += pictures_at_once) {
    const size_t end = std::min(i + pictures_at_once, n);
    const DrawRequest part{{request.prompts.begin() + i, request.prompts.begin() + end}, {request.seeds.begin() + i, request.seeds.begin() + end}};
    const Tensor pictures = generator.draw(part, sampler, [&](int64_t steps) {
      progress.show(int64_t(i) * sampler.steps + steps * int64_t(end - i), "", /*every=*/int64_t(end - i) * sampler.steps);
    });
    for (int64_t k = 0; k < pictures.size(0); ++k) images.push_back(to_image(pictures[k]));
  }
  return images;
}

PngText text_chunks(const std::string& prompt, uint64_t seed, const SamplerConfig& sampler, const std::string& model) {
  const Json json = to_json(sampler);
  return {{"prompt", prompt}, {"seed", std::to_string(seed)}, {"steps", json["steps"].dump()}, {"guidance", json["guidance"].dump()},
          {"spacing", std::string(name_of(sampler.spacing))}, {"model", model}, {"software", "mdsearch"}};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

void write(const GenerateOptions& options, const DrawRequest& request, const std::vector<Image>& images, const std::function<PngText(const std::string&, uint64_t)>& text) {
  const auto save = [](const std::string& file, const Image& image, const PngText& chunks) {
    save_png(file, image, chunks);
    std::cout << file << "\n";
  };
  if (options.one_file()) {
    const int64_t columns = options.count > 1 ? int64_t(options.count) : int64_t(std::ceil(std::sqrt(double(images.size()))));
    return save(options.out, tile(images, columns), text(joined(options.prompts), request.seeds[0]));
  }
  for (size_t i = 0; i < images.size(); ++i) {
    char name[16];
    std::snprintf(name, sizeof name, "/%05zu.png", i);
    save(options.out + name, images[i], text(request.prompts[i], request.seeds[i]));
  }
}

CommandLine command_line(GenerateOptions& options) {
  CommandLine line{.usage = "mdsearch generate --model DIR --prompt T [options] --out F",
                   .example = "mdsearch generate --model weights/emoji --prompt \"red heart\" --out out/heart.png"};
  line.options.add_options()("model", po::value(&options.model)->required()->value_name("DIR"), "model folder")(
      "prompt", po::value(&options.prompts)->composing()->value_name("T"), "what to draw; may repeat")(
      "prompts", po::value(&options.prompts_file)->value_name("FILE"), "prompts, one a line")(
      "steps", po::value(&options.steps)->value_name("N"), "sampling steps; default: the model's")(
      "guidance", po::value(&options.guidance)->value_name("W"), "classifier-free guidance, 1: none; default: the model's")(
      "spacing", po::value(&options.spacing)->value_name("S"), "timesteps: trailing (default) or leading")(
      "count", po::value(&options.count)->default_value(1)->value_name("N"), "pictures a prompt; picture i of all has seed + i")(
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
  const auto folder = options.one_file() ? std::filesystem::path(options.out).parent_path() : std::filesystem::path(options.out);
  if (!folder.empty()) std::filesystem::create_directories(folder);
  const std::string model = model_hash(options.model);
  write(options, request, draw(generator, request, sampler),
        [&](const std::string& prompt, uint64_t seed) { return text_chunks(prompt, seed, sampler, model); });
  return 0;
}

}  // namespace mds
