// mdsearch data build|show|bench: builds a data set from installed packages, draws a contact sheet of one, times
// loading.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "app/options.h"
#include "app/picture_file.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "app/usage_error.h"
#include "data/picture_table.h"
#include "data/resize.h"
#include "data/sources.h"
#include "experiments/data/bench.h"
#include "experiments/data/show.h"
#include "experiments/output.h"
#include "experiments/training/stage_data.h"
#include "spec/describe.h"
#include "spec/listed.h"
#include "spec/printable.h"

namespace mds {
namespace {

constexpr std::string_view joined_name = "debian";

std::vector<std::string> known_names() {
  std::vector<std::string> names{std::string(joined_name)};
  for (const auto& each : sources()) names.emplace_back(each.name);
  return names;
}

bool is_known(const std::string& name) { return std::ranges::count(known_names(), name) > 0; }

std::string default_sources() { return listed(joined_sources(), std::identity(), ","); }

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream parts(text);
  for (std::string name; std::getline(parts, name, ',');) names.push_back(name);
  return names;
}

std::string default_folder(const std::string& name) { return "out/data/" + name; }

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

std::string data_sets_text() {
  std::string text = "Data sets:\n";
  const auto add = [&](std::string_view name, const std::string& summary) {
    text += "  " + std::string(name) + std::string(15 - name.size(), ' ') + summary + "\n";
  };
  for (const auto& each : sources()) add(each.name, std::string(each.summary) + " (" + std::string(each.license) + ")");
  add(joined_name, "the union of the --sources; their held-out pictures stay held out");
  return text +
         "\nEach comes from a Debian package, which is named if it is not installed. Build from share-alike sources\n"
         "for your own use; mind their licences before you pass the pictures on.";
}

BuildProgress progress_on_stderr() {
  return [terminal = ::isatty(STDERR_FILENO) == 1](int64_t done, int64_t total) {
    if (terminal && done % 16 == 0)
      std::fprintf(stderr, "\r%lld of %lld pictures", static_cast<long long>(done), static_cast<long long>(total));
    if (!terminal && done > 0 && done % 1000 == 0) std::cerr << done << " of " << total << " pictures\n";
    if (terminal && done >= total - 1) std::fputs("\r\x1b[K", stderr);
  };
}

Json skip_counts(const FolderReport& report) {
  Json counts = Json::object();
  for (const auto& [file, reason] : report.skips) counts[reason] = counts.value(reason, 0) + 1;
  return counts;
}

void print(const Json& result, const std::string& format) {
  if (format == "json") {
    std::cout << result.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return;
  }
  for (const auto& [key, value] : result.items()) {
    if (!value.is_array())
      std::cout << std::left << std::setw(14) << key << (value.is_string() ? value.get<std::string>() : value.dump())
                << "\n";
    for (const auto& row : value.is_array() ? value : Json::array())
      std::cout << "  " << std::left << std::setw(10) << row["split"].get<std::string>()
                << one_line(row["caption"].get<std::string>()) << "  (" << one_line(row["id"].get<std::string>())
                << ")\n";
  }
}

// The licences of a data set; for the joined one, of each part.
std::string licences(const Arguments& arguments) {
  std::string all;
  const auto parts = split_list(arguments.sources);
  for (const auto& each : sources()) {
    const std::string name(each.name), licence(each.license);
    if (arguments.name == name) return licence;
    if (std::find(parts.begin(), parts.end(), name) != parts.end())
      all += (all.empty() ? "" : "; ") + name + ": " + licence;
  }
  return all;
}

void build(const Arguments& arguments) {
  if (!is_known(arguments.name))
    throw UsageError("data set \"" + arguments.name + "\" is not known" +
                     offer(arguments.name, known_names(), "known"));
  const std::string folder = arguments.out.empty() ? default_folder(arguments.name) : arguments.out;
  auto collection =
      arguments.name == joined_name ? join_sources(split_list(arguments.sources)) : collect_source(arguments.name);
  const auto report = write_collection(std::move(collection), folder, progress_on_stderr());
  print({{"name", arguments.name},
         {"folder", folder},
         {"pictures", report.pictures},
         {"held_out", report.held_out},
         {"groups", report.groups},
         {"licence", licences(arguments)},
         {"skipped", skip_counts(report.skipped)},
         {"hash", dataset_hash(list_pairs(folder))}},
        arguments.format);
}

void show(const Arguments& arguments) {
  TerminalListener listener;
  if (!arguments.out.empty()) {
    require_picture("--out", arguments.out);
    refuse_input_as_output("--out", arguments.out, {arguments.name});
  }
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
  const Json result = bench_source({.source = arguments.name,
                                    .size = arguments.size,
                                    .batch = arguments.batch,
                                    .threads = arguments.threads,
                                    .step_ms = arguments.step_ms},
                                   listener);
  arguments.format == "json" ? print(result, "json") : print_bench(result);
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
