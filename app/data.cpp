// mdsearch data build|show|bench: builds a data set from installed packages, draws a contact sheet of one, times
// loading.
#include <array>
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "experiments/data/bench.h"
#include "experiments/data/build.h"
#include "experiments/data/result_text.h"
#include "experiments/data/show.h"

namespace mds {
namespace {

struct Arguments {
  std::string name, out, format = "table";
  int64_t count = 64, size = 128, batch = 16, threads = 0;
  std::string sources = default_sources();
  double step_ms = 100, held_out = 0;
  uint64_t seed = 0;
};

// Declares the flags that each part of `data` has.
CommandLine command_line(const std::string& usage, const std::string& example, Arguments& arguments) {
  CommandLine line{.usage = "mdsearch data " + usage, .example = "mdsearch data " + example, .positional = {"name"}};
  line.options.add_options()("format", one_of(&arguments.format, {"table", "json"})->default_value("table"),
                             "How the result is printed");
  return line;
}

void add_source(CommandLine& line, Arguments& arguments) {
  line.options.add_options()("name", po::value(&arguments.name)->required()->value_name("SOURCE"),
                             "A data set by name, a folder, coco:ANNOTATIONS.json:FOLDER, shards such as "
                             "x-{00..99}.tar, or a JSON file that describes one")(
      "size", number(&arguments.size, between(8, 1024))->value_name("PX"), "Side of the pictures in pixels");
}

void print(const Json& result, const std::string& format, std::string (*text_of)(const Json&) = data_text) {
  std::cout << (format == "json" ? result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : text_of(result));
}

void build(const Arguments& arguments) {
  TerminalListener listener;
  print(build_data({arguments.name, arguments.out, arguments.sources}, listener), arguments.format);
}

void show(const Arguments& arguments) {
  TerminalListener listener;
  print(show_source({.source = arguments.name,
                     .held_out = arguments.held_out,
                     .sheet = arguments.out,
                     .size = arguments.size,
                     .count = arguments.count,
                     .seed = arguments.seed},
                    listener),
        arguments.format);
}

void bench(const Arguments& arguments) {
  TerminalListener listener;
  print(bench_source({.source = arguments.name,
                      .size = arguments.size,
                      .batch = arguments.batch,
                      .threads = arguments.threads,
                      .step_ms = arguments.step_ms},
                     listener),
        arguments.format, bench_text);
}

int run_build(int argc, char** argv) {
  Arguments arguments;
  CommandLine line = command_line("build NAME [--out DIR]", "build emoji", arguments);
  line.notes = data_sets_text();
  line.options.add_options()("name", po::value(&arguments.name)->required(), "Which data set, from the list below")(
      "out", po::value(&arguments.out)->value_name("DIR"), "Folder to write (default: out/data/NAME)")(
      "sources", po::value(&arguments.sources)->default_value(arguments.sources)->value_name("A,B"),
      "Sources that the data set debian joins");
  po::variables_map values;
  if (parse(line, argc, argv, values)) build(arguments);
  return 0;
}

int run_show(int argc, char** argv) {
  Arguments arguments;
  CommandLine line = command_line("show SOURCE [--out SHEET.png]", "show emoji --out out/emoji.png", arguments);
  add_source(line, arguments);
  line.options.add_options()("out", po::value(&arguments.out)->value_name("FILE.png"), "Contact sheet to write")(
      "held-out", po::value(&arguments.held_out)->value_name("SHARE"),
      "Share that held_out of a training would hold out, 0 to 0.9")("count", number(&arguments.count, between(1, 4096)),
                                                                    "How many pictures are on the sheet")(
      "seed", number(&arguments.seed, at_least(0)), "Seed of the choice of pictures");
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  require_within("--held-out", arguments.held_out, between(0, 0.9));
  show(arguments);
  return 0;
}

int run_bench(int argc, char** argv) {
  Arguments arguments;
  CommandLine line = command_line("bench SOURCE", "bench emoji --size 64", arguments);
  add_source(line, arguments);
  line.options.add_options()("batch", number(&arguments.batch, between(1, 4096)), "Pictures in a batch")(
      "threads", number(&arguments.threads, between(1, 4096), "all cores, at most 16"),
      "Largest number of loading threads that is tried")(
      "step-ms", number(&arguments.step_ms, between(1, 60000))->value_name("MS"),
      "How long the imitated trainer works on a batch, in milliseconds");
  po::variables_map values;
  if (parse(line, argc, argv, values)) bench(arguments);
  return 0;
}

constexpr std::array data_parts{
    Command{"Commands", "build", "Makes a folder of captioned pictures from an installed package.", run_build},
    Command{"Commands", "show", "Draws a contact sheet of a data set or a folder of your own.", run_show},
    Command{"Commands", "bench", "Times how fast pictures can be loaded for training.", run_bench},
};

}  // namespace

std::span<const Command> data_commands() { return data_parts; }

}  // namespace mds
