#include "app/generate_request.h"

#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "app/usage_error.h"
#include "data/prompt_file.h"
#include "data/utf8.h"
#include "experiments/output.h"
#include "networks/found_file.h"
#include "pipeline/image.h"

namespace mds {
namespace {

constexpr size_t most_pictures = 100000;
constexpr int64_t most_at_once = 64;

void check_texts(const GenerateOptions& options) {
  if (options.prompts.empty()) throw UsageError("needs --prompt TEXT or --prompts FILE");
  for (size_t i = 0; i < options.prompts.size(); ++i)
    if (!is_utf8(options.prompts[i])) throw UsageError("prompt " + std::to_string(i + 1) + " is not UTF-8");
  if (!is_utf8(options.negative)) throw UsageError("--negative is not UTF-8");
}

// A name with an ending means a file, unless such a folder exists: "--out h.gif" should not create a folder.
void check_ending(const std::string& out) {
  const std::string ending = std::filesystem::path(out).extension().string();
  const bool is_ending = ending.size() > 1 && std::isalpha(static_cast<unsigned char>(ending[1]));
  if (is_ending && !picture_format(out) && !std::filesystem::is_directory(out))
    throw UsageError("--out is \"" + out + "\"; a picture ends in " + written_endings +
                     ", and the name of a new folder with a dot ends in \"/\"");
}

void check_files(const GenerateOptions& options, size_t pictures) {
  check_ending(options.out);
  require_within("--quality", options.write.quality, between(1, 100));
  if (!picture_format("x." + options.folder_format))
    throw UsageError("--picture-format is \"" + options.folder_format + "\"; allowed: png, jpg, webp");
  if (options.grid && !options.one_file())
    throw UsageError(std::string("--grid writes one picture: --out must end in ") + written_endings);
  if (!options.grid && options.one_file() && pictures > 1)
    throw UsageError(std::to_string(pictures) + " pictures do not fit into " + options.out +
                     "; give a folder, or --grid");
  if (!options.grid && options.models.size() > 1)
    throw UsageError(std::to_string(options.models.size()) + " models are compared by --grid alone");
}

}  // namespace

TileOptions GenerateOptions::tiles() const {
  if (tile == 0 && overlap >= 0) throw UsageError("--overlap needs --tile");
  return {.tile = tile, .overlap = overlap >= 0 ? std::optional(overlap) : std::nullopt};
}

CommandLine generate_command_line(GenerateOptions& options) {
  CommandLine line{.usage = "mdsearch generate --model DIR --prompt T [options] --out F",
                   .example = "mdsearch generate --model weights/emoji-md --prompt \"red heart\" --out out/heart.png",
                   .positional = {}};
  auto add = line.options.add_options();
  add("model", po::value(&options.models)->required()->composing()->value_name("DIR"),
      "Model folder; may repeat with --grid, which shows a column of each");
  add("prompt", po::value(&options.prompts)->composing()->value_name("TEXT"), "Text to draw; may repeat");
  add("prompts", po::value(&options.prompts_file)->value_name("FILE"),
      "File of prompts: one a line, or .jsonl with \"prompt\", \"text\" or \"caption\"");
  add("negative", po::value(&options.negative)->value_name("TEXT"), "Text that guidance steers pictures away from");
  add("count", number(&options.count, between(1, double(most_pictures))),
      "Pictures of each prompt; picture i has the seed --seed + i");
  add("batch", number(&options.batch, between(1, most_at_once)), "Pictures that are drawn together");
  add("dtype", one_of(&options.precision, names_of<Precision>())->default_value("fp32"),
      "Type of the UNet's and the decoder's weights and computation");
  add("tile", number(&options.tile, at_least(1), "the whole picture at once"),
      "Decodes in tiles of N latent pixels a side, which saves memory");
  add("overlap", number(&options.overlap, at_least(0), "as many as the decoder's reach asks for"),
      "Latent pixels that neighbouring tiles share");
  add("grid", po::bool_switch(&options.grid), "Puts all pictures into one file, with their prompts and seeds");
  add("out", po::value(&options.out)->required()->value_name("PATH"),
      "A file for one picture or a grid, in the format of its ending (.png, .jpg, .jpeg or .webp), else a folder; "
      "pictures that are there already are kept");
  add("picture-format", one_of(&options.folder_format, {"png", "jpg", "webp"})->default_value("png"),
      "Format of the pictures in a folder");
  add("quality", number(&options.write.quality, between(1, 100)), "Quality of jpg and webp");
  add("overwrite", po::bool_switch(&options.write.overwrite), "Replaces pictures that were made in another way");
  po::options_description sampler("Sampler, in place of the model's own");
  add_described_options<SamplerConfig>(sampler, options.sampler);
  line.options.add(sampler);
  add_size_options(line.options, options.size);
  add_compute_options(line.options, options.compute);
  return line;
}

DrawRequest request_of(GenerateOptions& options) {
  if (!options.prompts_file.empty())
    for (const auto& prompt : load_prompts(found_file(options.prompts_file))) options.prompts.push_back(prompt);
  check_texts(options);
  require_within("--count", options.count, between(1, double(most_pictures / options.prompts.size())));
  DrawRequest request{
      .prompts = {}, .seeds = {}, .negative = options.negative, .batch = options.batch, .tiles = options.tiles()};
  for (const auto& prompt : options.prompts)
    for (size_t i = 0; i < options.count; ++i) {
      request.seeds.push_back(options.compute.seed + request.prompts.size());
      request.prompts.push_back(prompt);
    }
  check_files(options, request.prompts.size());
  return request;
}

void prepare_output(const GenerateOptions& options) {
  std::vector<std::string> inputs = options.models;
  inputs.push_back(options.prompts_file);
  refuse_input_as_output("--out", options.out, inputs);
  const std::filesystem::path out(options.out), folder = options.one_file() ? out.parent_path() : out;
  const std::string shown = folder.empty() ? "." : folder.string();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) throw FileError(shown + ": cannot be made: " + error.message());
  if (::access(shown.c_str(), W_OK | X_OK) != 0)
    throw FileError(shown + ": cannot be written to: " + std::strerror(errno));
  if (options.one_file() && std::filesystem::is_directory(out))
    throw FileError(options.out + ": is a folder; expected a file");
}

DrawnFiles files_of(const GenerateOptions& options, size_t pictures) {
  DrawnFiles files{.place = options.out, .files = {}, .options = options.write};
  files.ready = [](const std::string& file) { std::cout << file << std::endl; };
  if (options.one_file()) files.files = {options.out};
  for (size_t i = 0; i < pictures && !options.one_file(); ++i)
    files.files.push_back(numbered(options.out, i, "." + options.folder_format));
  return files;
}

}  // namespace mds
