// mdsearch data build|show|bench|encode|captions: builds a data set from installed packages, draws a contact sheet of
// one, times loading, encodes one for training, and lists its captions.
#include <array>
#include <iostream>

#include "app/compute_options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "experiments/data/bench.h"
#include "experiments/data/build.h"
#include "experiments/data/captions.h"
#include "experiments/data/encode.h"
#include "experiments/data/result_text.h"
#include "experiments/data/show.h"

namespace mds {
namespace {

// Declares the flags that each part of `data` has.
CommandLine command_line(const std::string& usage, const std::string& example, std::string& format) {
  CommandLine line{.usage = "mdsearch data " + usage, .example = "mdsearch data " + example, .positional = {"name"}};
  line.options.add_options()("format", one_of(&format, {"table", "json"})->default_value("table"),
                             "How the result is printed");
  return line;
}

void add_source(CommandLine& line, std::string& source) {
  line.options.add_options()("name", po::value(&source)->required()->value_name("SOURCE"),
                             "A data set by name, a folder, coco:ANNOTATIONS.json:FOLDER, shards such as "
                             "x-{00..99}.tar, or a JSON file that describes one");
}

void add_source(CommandLine& line, std::string& source, int64_t& size) {
  add_source(line, source);
  line.options.add_options()("size", number(&size, between(8, 1024))->value_name("PX"),
                             "Side of the pictures in pixels");
}

void print(const Json& result, const std::string& format, std::string (*text_of)(const Json&) = data_text) {
  std::cout << (format == "json" ? result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : text_of(result));
}

int run_build(int argc, char** argv) {
  BuildRequest request{.name = {}, .sources = default_sources()};
  std::string format;
  CommandLine line = command_line("build NAME [--out DIR]", "build emoji", format);
  line.notes = data_sets_text();
  line.options.add_options()("name", po::value(&request.name)->required(), "Which data set, from the list below")(
      "out", po::value(&request.out)->value_name("DIR"), "Folder to write (default: out/data/NAME)")(
      "sources", po::value(&request.sources)->default_value(request.sources)->value_name("A,B"),
      "Sources that the data set debian joins");
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  TerminalListener listener;
  print(build_data(request, listener), format);
  return 0;
}

int run_show(int argc, char** argv) {
  ShowRequest request;
  std::string format;
  CommandLine line = command_line("show SOURCE [--out SHEET.png]", "show emoji --out out/emoji.png", format);
  add_source(line, request.source, request.size);
  line.options.add_options()("out", po::value(&request.sheet)->value_name("FILE.png"), "Contact sheet to write")(
      "held-out", number(&request.held_out, between(0, 0.9))->value_name("SHARE"),
      "Share that held_out of a training would hold out")("count", number(&request.count, between(1, 4096)),
                                                          "How many pictures are on the sheet")(
      "seed", number(&request.seed, at_least(0)), "Seed of the choice of pictures");
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  TerminalListener listener;
  print(show_source(request, listener), format);
  return 0;
}

int run_bench(int argc, char** argv) {
  BenchRequest request;
  std::string format;
  CommandLine line = command_line("bench SOURCE", "bench emoji --size 64", format);
  add_source(line, request.source, request.size);
  line.options.add_options()("batch", number(&request.batch, between(1, 4096)), "Pictures in a batch")(
      "threads", number(&request.threads, between(1, 4096), "all cores, at most 16"),
      "Largest number of loading threads that is tried")(
      "step-ms", number(&request.step_ms, between(1, 60000))->value_name("MS"),
      "How long the imitated trainer works on a batch, in milliseconds");
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  TerminalListener listener;
  print(bench_source(request, listener), format, bench_text);
  return 0;
}

int run_encode(int argc, char** argv) {
  EncodeRequest request;
  ComputeOptions compute;
  GivenFields encoders;
  constexpr int64_t megabyte = 1'000'000;
  int64_t shard_mb = request.shard_bytes / megabyte;
  std::string format;
  CommandLine line =
      command_line("encode SOURCE --out FOLDER", "encode emoji --held-out 0.1 --out out/emoji-latents", format);
  add_source(line, request.source);
  line.options.add_options()("out", po::value(&request.out)->required()->value_name("FOLDER"),
                             "Folder of shards, which a training's stage.latents may name; several processes may fill "
                             "one, and the same command goes on where it was killed")(
      "size", number(&request.size, between(8, 16384), "the autoencoder's")->value_name("PX"),
      "Side of the pictures in pixels")("held-out", number(&request.held_out, between(0, 0.9))->value_name("SHARE"),
                                        "Share that is never trained on where the source has no split of its own")(
      "shard-mb", number(&shard_mb, between(1, most_shard_bytes / megabyte))->value_name("N"),
      "Size of a shard in 10^6 bytes, at most");
  add_described_options<EncoderFolders>(line.options, encoders);
  add_compute_options(line.options, compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  request.shard_bytes = shard_mb * megabyte;
  request.encoders = with_given(EncoderFolders{}, encoders);
  request.placement = apply(compute);
  TerminalListener listener;
  return resumable("the encoding stopped", [&] { return print(encode_source(request, listener), format), true; });
}

int run_captions(int argc, char** argv) {
  CaptionsRequest request;
  std::string format;
  CommandLine line = command_line("captions SOURCE --out FILE",
                                  "captions emoji-people --recombined 2000 --out out/captions.txt", format);
  add_source(line, request.source);
  line.options.add_options()("out", po::value(&request.out)->required()->value_name("FILE"),
                             "Text file to write, one caption a line, which a stage's `captions` may name")(
      "recombined", number(&request.recombined, between(0, 1'000'000)),
      "New captions to add, of the first part of one and the second of another, which \": \" divides")(
      "held-out", number(&request.held_out, between(0, 0.9))->value_name("SHARE"),
      "Share that held_out of a training would hold out")("seed", number(&request.seed, at_least(0)),
                                                          "Seed of the new captions");
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  print(write_captions(request), format);
  return 0;
}

constexpr std::array data_parts{
    Command{"Commands", "build", "Makes a folder of captioned pictures from an installed package.", run_build},
    Command{"Commands", "show", "Draws a contact sheet of a data set or a folder of your own.", run_show},
    Command{"Commands", "bench", "Times how fast pictures can be loaded for training.", run_bench},
    Command{"Commands", "encode", "Turns pictures and captions into latents that need not fit into memory.",
            run_encode},
    Command{"Commands", "captions", "Writes the captions that a data set trains on, and new ones of their halves.",
            run_captions},
};

}  // namespace

std::span<const Command> data_commands() { return data_parts; }

}  // namespace mds
