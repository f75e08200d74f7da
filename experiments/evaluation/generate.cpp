#include "experiments/evaluation/generate.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "data/prompt_file.h"
#include "data/utf8.h"
#include "experiments/evaluation/grid.h"
#include "experiments/output.h"
#include "metrics/picture_set.h"
#include "networks/found_file.h"
#include "profiler/memory.h"

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;

void check_texts(const GenerateRequest& request) {
  if (request.prompts.empty()) throw RequestError("needs `prompt` TEXT or `prompts` FILE");
  for (size_t i = 0; i < request.prompts.size(); ++i)
    if (!is_utf8(request.prompts[i])) throw RequestError("prompt " + std::to_string(i + 1) + " is not UTF-8");
  if (!is_utf8(request.negative)) throw RequestError("`negative` is not UTF-8");
}

// One layout for each prompt, or none.
std::vector<PictureLayout> layouts_of(const GenerateRequest& request) {
  if (!request.boxes.empty() && !request.layout_file.empty())
    throw RequestError("`box` and `layout` both say where things stand; give one of them");
  require_within("`grounding_steps`", request.grounding_steps, between(0, 1));
  std::vector<PictureLayout> layouts;
  if (!request.layout_file.empty()) layouts = load_layouts(found_file(request.layout_file));
  if (!request.boxes.empty()) layouts.emplace_back();
  for (const auto& box : request.boxes) layouts[0].push_back(parse_box(box));
  for (const PictureLayout& layout : layouts)
    for (const PlacedPhrase& placed : layout)
      if (!is_utf8(placed.phrase)) throw RequestError("the phrase of a box is not UTF-8");
  if (layouts.size() == 1) layouts.resize(request.prompts.size(), layouts[0]);
  if (!layouts.empty() && layouts.size() != request.prompts.size())
    throw RequestError("`layout` " + request.layout_file + " holds " + std::to_string(layouts.size()) +
                       " layouts for " + std::to_string(request.prompts.size()) +
                       " prompts; needed: one for all, or one a prompt");
  return layouts;
}

// A name with an ending means a file, unless such a folder exists: "--out h.gif" should not create a folder.
void check_ending(const std::string& out) {
  const std::string ending = std::filesystem::path(out).extension().string();
  const bool is_ending = ending.size() > 1 && std::isalpha(static_cast<unsigned char>(ending[1]));
  if (is_ending && !picture_format(out) && !std::filesystem::is_directory(out))
    throw RequestError("`out` is \"" + out + "\"; a picture ends in " + written_endings +
                       ", and the name of a new folder with a dot ends in \"/\"");
}

void check_files(const GenerateRequest& request, size_t pictures) {
  check_ending(request.out);
  require_within("`quality`", request.write.quality, between(1, 100));
  if (!mds::picture_format("x." + request.picture_format))
    throw RequestError("`picture_format` is \"" + request.picture_format + "\"; allowed: png, jpg, webp");
  if (request.grid && !request.one_file())
    throw RequestError(std::string("`grid` writes one picture: `out` must end in ") + written_endings);
  if (!request.grid && request.one_file() && pictures > 1)
    throw RequestError(std::to_string(pictures) + " pictures do not fit into " + request.out +
                       "; give a folder, or `grid`");
  if (!request.grid && request.models.size() > 1)
    throw RequestError(std::to_string(request.models.size()) + " models are compared by `grid` alone");
}

// The captioned pictures of a folder of controls; nothing where there is one picture or none.
std::optional<PictureSet> controls_in(const GenerateRequest& request) {
  const std::string& place = request.control.source.file();
  if (!std::filesystem::is_directory(place)) return {};
  if (!request.prompts.empty() || !request.prompts_file.empty() || request.count != 1)
    throw RequestError(place +
                       " is a folder of controls, of which each caption is drawn once; allowed: no `prompt`, no "
                       "`prompts` and a `count` of 1");
  return list_captioned(place, request.control.split);
}

// The prompt and seed of each picture: `count` pictures of each prompt in turn. Adds the file's prompts to the request.
DrawRequest drawing_of(GenerateRequest& request) {
  if (!request.prompts_file.empty())
    for (const auto& prompt : load_prompts(found_file(request.prompts_file))) request.prompts.push_back(prompt);
  check_texts(request);
  require_within("`count`", request.count, between(1, double(most_pictures / request.prompts.size())));
  const std::vector<PictureLayout> layouts = layouts_of(request);
  DrawRequest drawing{.prompts = {},
                      .seeds = {},
                      .negative = request.negative,
                      .batch = request.batch,
                      .tiles = request.tiles,
                      .grounding_steps = request.grounding_steps};
  for (size_t i = 0; i < request.prompts.size(); ++i)
    for (size_t j = 0; j < request.count; ++j) {
      drawing.seeds.push_back(request.seed + drawing.prompts.size());
      drawing.prompts.push_back(request.prompts[i]);
      if (!layouts.empty()) drawing.layouts.push_back(layouts[i]);
    }
  check_files(request, drawing.prompts.size());
  return drawing;
}

// Creates the folder for the pictures.
void prepare_output(const GenerateRequest& request) {
  std::vector<std::string> inputs = request.models;
  inputs.push_back(request.prompts_file);
  for (const auto& lora : request.loras) inputs.push_back(lora.file);
  for (const auto& file : {request.layout_file, request.init.picture, request.init.mask}) inputs.push_back(file);
  refuse_input_as_output("`out`", request.out, inputs);
  const std::filesystem::path out(request.out), folder = request.one_file() ? out.parent_path() : out;
  const std::string shown = folder.empty() ? "." : folder.string();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) throw FileError(shown + ": cannot be made: " + error.message());
  if (::access(shown.c_str(), W_OK | X_OK) != 0)
    throw FileError(shown + ": cannot be written to: " + std::strerror(errno));
  if (request.one_file() && std::filesystem::is_directory(out))
    throw FileError(request.out + ": is a folder; expected a file");
}

DrawnFiles files_of(const GenerateRequest& request, const std::optional<PictureSet>& controls, size_t pictures,
                    const std::function<void(const std::string&)>& ready) {
  DrawnFiles files{.place = request.out, .files = {}, .options = request.write, .ready = ready};
  if (request.one_file()) files.files = {request.out};
  const std::string ending = "." + request.picture_format;
  for (size_t i = 0; i < pictures && !request.one_file(); ++i)
    files.files.push_back(controls ? request.out + "/" + controls->names[i] + ending
                                   : numbered(request.out, i, ending));
  return files;
}

// Returns how many pictures were drawn.
size_t draw_grid(const GridRequest& grid, const GenerateRequest& request, Listener& listener) {
  const PictureText making = making_of(grid);
  if (find_picture(request.out, making, request.write) == Found::same) {
    listener.say(request.out + " is kept, as it is there already");
    return 0;
  }
  std::vector<std::vector<Image>> pictures;
  for (const auto& run : grid.runs) {
    auto& own = pictures.emplace_back();
    const auto take = [&](size_t, Image image) { own.push_back(std::move(image)); };
    if (!draw(run, grid.drawing, take, listener))
      throw std::runtime_error("was interrupted; a grid is written when its last picture is finished, so " +
                               request.out + " is not there");
  }
  listener.warn(write_picture(request.out, grid_of(grid, pictures), making, request.write));
  return grid.drawing.prompts.size() * grid.runs.size();
}

void check_layouts(const ModelRun& run, const std::vector<PictureLayout>& layouts) {
  try {
    run.generator.check(layouts);
  } catch (const ConfigError& error) {
    throw RequestError(run.folder + ": " + error.what());
  }
}

// Peak memory is what the kernel counts as resident, which includes pages of mapped files.
std::string use_text(size_t pictures, double seconds) {
  char text[96];
  std::snprintf(text, sizeof text, "%zu %s in %.1f s", pictures, pictures == 1 ? "picture" : "pictures", seconds);
  std::string line = text;
  if (const auto peak = peak_resident_bytes()) {
    std::snprintf(text, sizeof text, ", peak memory %.2f GB", double(*peak) / 1e9);
    line += text;
  }
  return line;
}

// Of one picture, or of all that are listed, each as large as the model draws.
Tensor controls_for(const ModelRun& run, const ControlSource& source, const std::optional<PictureSet>& listed,
                    Listener& listener) {
  bool told = false;
  const auto load = [&](const ControlSource& one) {
    return load_control(one, run.generator.size(), [&](const std::string& sentence) {
      if (!std::exchange(told, true)) listener.say(sentence);
    });
  };
  if (!listed) return load(source);
  std::vector<Tensor> rows;
  for (const auto& file : listed->files) rows.push_back(load(source.of(file)).slice(1, 0, 1));
  return at::cat(rows).expand({-1, 3, -1, -1});
}

// The adapters for a model. RequestError where adapters and controls are not both there.
std::vector<AdapterUse> adapters_for(const ModelRun& run, const ControlRequest& request,
                                     const std::optional<PictureSet>& listed, Listener& listener) {
  if (request.adapters.empty() != !request.source.given())
    throw RequestError(request.adapters.empty()
                           ? "a control picture is read by an adapter; needed: `adapter` FOLDER"
                           : "an adapter reads a picture; needed: `control` or `control_from` FILE");
  std::vector<AdapterUse> uses;
  if (request.adapters.empty()) return uses;
  const Tensor control = controls_for(run, request.source, listed, listener);
  for (const auto& name : request.adapters) {
    const std::string folder = found_file(name);
    check_adapter_folder(folder, *run.generator.card().unet);
    uses.push_back({.folder = folder, .control_NCHW = control, .scale = request.scale, .hash = model_hash(folder)});
  }
  return uses;
}

// The picture that drawing begins with, where there is one. RequestError where it does not fit the models.
std::optional<InitPicture> init_for(const std::vector<ModelRun>& runs, const InitFiles& files, Listener& listener) {
  if (!files.given()) {
    if (files.mask.empty() && files.encoder.empty() && !files.strength) return std::nullopt;
    throw RequestError("`mask`, `strength` and `encoder` are of a picture to begin with; needed: `init` FILE");
  }
  try {
    InitPicture init = load_init(files, runs[0].generator.size(), [&](const std::string& told) { listener.say(told); });
    for (const ModelRun& run : runs) run.generator.check(init, run.sampler);
    return init;
  } catch (const ConfigError& error) {
    throw RequestError(error.what());
  }
}

}  // namespace

size_t generate(GenerateRequest request, const std::function<void(const std::string&)>& ready, Listener& listener) {
  const auto start = Clock::now();
  const std::optional<PictureSet> controls = controls_in(request);
  if (controls) request.prompts = controls->captions;
  DrawRequest drawing = drawing_of(request);
  std::vector<ModelRun> runs;
  for (const auto& folder : request.models)
    runs.push_back(open_model({.folder = folder,
                               .placement = request.placement,
                               .sampler = request.sampler,
                               .tiles = request.tiles,
                               .pixels = request.pixels,
                               .packed = request.packed,
                               .loras = request.loras}));
  drawing.adapters = adapters_for(runs[0], request.control, controls, listener);
  drawing.init = init_for(runs, request.init, listener);
  for (const ModelRun& run : runs) check_layouts(run, drawing.layouts);
  const GridRequest grid{request.prompts, request.count, drawing, runs};
  if (request.grid) check_grid(grid, listener);
  prepare_output(request);
  const size_t drawn =
      request.grid ? draw_grid(grid, request, listener)
                   : draw_files(runs[0], drawing, files_of(request, controls, drawing.prompts.size(), ready), listener);
  if (request.grid) ready(request.out);
  if (drawn > 0) listener.say(use_text(drawn, std::chrono::duration<double>(Clock::now() - start).count()));
  return drawn;
}

}  // namespace mds
