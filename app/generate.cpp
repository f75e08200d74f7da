// mdsearch generate: draws pictures with model folders, into files that say how they were made.
#include "experiments/evaluation/generate.h"

#include <iostream>

#include "app/compute_options.h"
#include "app/lora_option.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/terminal_listener.h"

namespace mds {
namespace {

constexpr const char *packed_automatically = "auto", *not_packed = "none";  // other than a folder

struct GenerateOptions {
  GenerateRequest request;
  int64_t tile = 0, overlap = -1;
  SizeOptions size;
  ComputeOptions compute;
  std::string packed = packed_automatically;

  TileOptions tiles() const;
};

TileOptions GenerateOptions::tiles() const {
  if (tile == 0 && overlap >= 0) throw UsageError("--overlap needs --tile");
  return {.tile = tile, .overlap = overlap >= 0 ? std::optional(overlap) : std::nullopt};
}

void add_init_options(po::options_description& options, InitFiles& init) {
  const auto strength = [&](const std::string& share) { init.strength = number_of_flag(share, between(0, 1)); };
  auto add = options.add_options();
  add("init", po::value(&init.picture)->value_name("FILE"), "Picture to begin with, in place of noise alone");
  add("strength", po::value<std::string>()->value_name("S")->notifier(strength),
      "Share of the steps that are taken over --init, 0 to 1: the less, the nearer it stays (default: 0.8; with --mask "
      "1)");
  add("mask", po::value(&init.mask)->value_name("FILE"),
      "Picture of the size of --init: white where it is drawn anew, black where it is kept");
  add("encoder", po::value(&init.encoder)->value_name("DIR"),
      "Model folder whose vae_encoder encodes --init (default: the model's own, or that of its training)");
}

void add_layout_options(po::options_description& group, GenerateRequest& request) {
  auto add = group.add_options();
  add("box", po::value(&request.boxes)->composing()->value_name("x0,y0,x1,y1=PHRASE"),
      "Box in which the phrase is drawn, by shares of the width and height from the upper left corner; may repeat; for "
      "models that read layouts");
  add("layout", po::value(&request.layout_file)->value_name("FILE"),
      "File of boxes in place of --box: .json with one layout, or .jsonl with one for each prompt");
  add("grounding-steps", number(&request.grounding_steps, between(0, 1)),
      "Share of the steps, the first ones, in which boxes are read");
}

void add_control_options(po::options_description& group, ControlRequest& control) {
  auto add = group.add_options();
  add("adapter", po::value(&control.adapters)->composing()->value_name("DIR"),
      "Folder of an adapter, which the control picture steers");
  add("control", po::value(&control.source.edges)->value_name("FILE"),
      "Control picture: white edges on black; or a folder of captioned ones, all of which are drawn");
  add("control-from", po::value(&control.source.photo)->value_name("FILE"),
      "Picture whose edges are the control picture; or a folder of captioned ones");
  add("control-split", po::value(&control.split)->value_name("NAME"),
      "Part of a folder of controls that is a data set: train or held_out (default: all)");
  add("canny-low", number(&control.source.thresholds.low, between(0, CannyThresholds::most)),
      "Gradient above which a pixel continues an edge");
  add("canny-high", number(&control.source.thresholds.high, between(0, CannyThresholds::most)),
      "Gradient above which a pixel begins an edge");
  add("control-scale", number(&control.scale, between(-10, 10)), "Factor of what the adapters add");
}

CommandLine command_line(GenerateOptions& options) {
  GenerateRequest& request = options.request;
  CommandLine line{.usage = "mdsearch generate --model DIR --prompt T [options] --out F",
                   .example = "mdsearch generate --model weights/emoji-md --prompt \"red heart\" --out out/heart.png",
                   .positional = {}};
  auto add = line.options.add_options();
  add("model", po::value(&request.models)->required()->composing()->value_name("DIR"),
      "Model folder; may repeat with --grid, which shows a column of each");
  add("prompt", po::value(&request.prompts)->composing()->value_name("TEXT"), "Text to draw; may repeat");
  add("prompts", po::value(&request.prompts_file)->value_name("FILE"),
      "File of prompts: one a line, or .jsonl with \"prompt\", \"text\" or \"caption\"");
  add_lora_option(line.options, &request.loras);
  add("negative", po::value(&request.negative)->value_name("TEXT"), "Text that guidance steers pictures away from");
  add_layout_options(line.options, request);
  add("count", number(&request.count, between(1, double(most_pictures))),
      "Pictures of each prompt; picture i has the seed --seed + i");
  add("batch", number(&request.batch, between(1, most_at_once)), "Pictures that are drawn together");
  add("dtype", choice(&options.compute.dtype), "Type of the UNet's and the decoder's weights and computation");
  add("tile", number(&options.tile, at_least(1), "the whole picture at once"),
      "Decodes in tiles of N latent pixels a side, which saves memory");
  add("overlap", number(&options.overlap, at_least(0), "as many as the decoder's reach asks for"),
      "Latent pixels that neighbouring tiles share");
  add_control_options(line.options, request.control);
  add_init_options(line.options, request.init);
  add("grid", po::bool_switch(&request.grid), "Puts all pictures into one file, with their prompts and seeds");
  add("out", po::value(&request.out)->required()->value_name("PATH"),
      "A file for one picture or a grid, in the format of its ending (.png, .jpg, .jpeg or .webp), else a folder; "
      "pictures that are there already are kept");
  add("picture-format", one_of(&request.picture_format, {"png", "jpg", "webp"})->default_value("png"),
      "Format of the pictures in a folder");
  add("quality", number(&request.write.quality, between(1, 100)), "Quality of jpg and webp");
  add("overwrite", po::bool_switch(&request.write.overwrite), "Replaces pictures that were made in another way");
  add_described_options<SamplerConfig>(line.options, request.sampler);
  const auto cache = [&](const std::string& every) { request.sampler["cache_interval"] = every; };
  add("cache", po::value<std::string>()->value_name("N")->notifier(cache), "The same as --cache_interval");
  add_size_options(line.options, options.size);
  add_compute_options(line.options, options.compute);
  add_kernels_option(line.options, options.compute);
  add("packed", po::value(&options.packed)->default_value(options.packed)->value_name("DIR"),
      "Folder where packed weights are kept, so that later runs load in an instant; auto: out/cache/packed, of parts "
      "from 16 MB on; none: they are not kept");
  return line;
}

PackedFiles packed_files(const std::string& packed, const ComputeOptions& compute) {
  if (packed == not_packed) return {};
  if (packed == packed_automatically) return {.folder = packed_folder, .least_bytes = large_weights};
  if (compute.kernels != Kernels::prepared || compute.device != "cpu")
    throw UsageError("--packed is \"" + packed + "\"; weights are packed with --kernels prepared --device cpu alone");
  return {.folder = packed};
}

}  // namespace

int run_generate(int argc, char** argv) {
  GenerateOptions options;
  po::variables_map given;
  if (!parse(command_line(options), argc, argv, given)) return 0;
  GenerateRequest& request = options.request;
  request.placement = apply(options.compute);
  request.packed = packed_files(options.packed, options.compute);
  request.tiles = options.tiles();
  request.pixels = options.size.picture();
  request.seed = options.compute.seed;
  TerminalListener listener;
  generate(request, [](const std::string& file) { std::cout << file << std::endl; }, listener);
  return 0;
}

}  // namespace mds
