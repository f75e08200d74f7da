// mdsearch data build|show|bench: builds a data set from installed packages, draws a contact sheet of one, times
// loading.
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "app/data_bench.h"
#include "app/data_show.h"
#include "app/run.h"
#include "app/stage_data.h"
#include "data/sources.h"
#include "spec/describe.h"
#include "spec/listed.h"

namespace mds {
namespace {

namespace po = boost::program_options;

constexpr std::string_view joined_name = "debian";

bool is_known(const std::string& name) {
  const auto all = sources();
  return name == joined_name ||
         std::any_of(all.begin(), all.end(), [&](const Source& each) { return each.name == name; });
}

std::string known_names() { return std::string(joined_name) + ", " + listed(sources(), &Source::name); }

std::string default_sources() { return listed(joined_sources(), std::identity(), ","); }

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream parts(text);
  for (std::string name; std::getline(parts, name, ',');) names.push_back(name);
  return names;
}

std::string default_folder(const std::string& name) { return "out/data/" + name; }

struct Arguments {
  std::string action, name, out, format;
  int64_t count = 0, size = 0, batch = 0, threads = 0;
  std::string sources = default_sources();
  double step_ms = 0, held_out = 0;
  uint64_t seed = 0;
};

po::options_description flags(Arguments& arguments) {
  po::options_description flags("mdsearch data build NAME | data show SOURCE [--out sheet.png] | data bench SOURCE");
  auto add = flags.add_options();
  add("out", po::value(&arguments.out)->value_name("PATH"),
      "build: folder (default out/data/NAME); show: a contact sheet to write, PNG");
  add("sources", po::value(&arguments.sources)->value_name("A,B"),
      ("build debian: what it joins (default " + default_sources() + ")").c_str());
  add("count", po::value(&arguments.count)->default_value(64)->value_name("N"),
      "show: pictures on the sheet, 1 to 4096");
  add("held-out", po::value(&arguments.held_out)->default_value(0)->value_name("SHARE"),
      "show: the share that held_out of a training would hold out, 0 to 0.9");
  add("size", po::value(&arguments.size)->default_value(128)->value_name("PX"),
      "show and bench: pixels a side, 8 to 1024");
  add("seed", po::value(&arguments.seed)->default_value(0)->value_name("S"), "show: which pictures are drawn");
  add("batch", po::value(&arguments.batch)->default_value(16)->value_name("N"), "bench: pictures a batch, 1 to 4096");
  add("threads", po::value(&arguments.threads)->default_value(0)->value_name("N"),
      "bench: at most, 1 to 4096; 0: as many as there are cores, at most 16");
  add("step-ms", po::value(&arguments.step_ms)->default_value(100)->value_name("MS"),
      "bench: how long the imitated trainer works on a batch, 1 to 60000");
  add("format", po::value(&arguments.format)->default_value("table")->value_name("F"), "table or json");
  add("help", "this text");
  return flags;
}

void check(const Arguments& arguments) {
  const auto fail = [](const std::string& message) { throw UsageError(message); };
  if (arguments.action != "build" && arguments.action != "show" && arguments.action != "bench")
    fail("expected build, show or bench, got \"" + arguments.action + "\"");
  if (arguments.name.empty())
    fail("which data set? known: " + known_names() +
         "; show and bench also take a folder, coco:ANNOTATIONS.json:FOLDER, "
         "shards such as x-{00..99}.tar, or a JSON file that describes one");
  if (arguments.format != "table" && arguments.format != "json")
    fail("--format " + arguments.format + ": allowed: table, json");
  if (arguments.count < 1 || arguments.count > 4096)
    fail("--count " + std::to_string(arguments.count) + ": allowed: 1 to 4096");
  if (arguments.size < 8 || arguments.size > 1024)
    fail("--size " + std::to_string(arguments.size) + ": allowed: 8 to 1024");
  require_within("--held-out", arguments.held_out, between(0, 0.9));
  require_within("--batch", arguments.batch, between(1, 4096));
  require_within("--threads", arguments.threads, between(0, 4096));
  require_within("--step-ms", arguments.step_ms, between(1, 60000));
}

void print_help(const po::options_description& flags) {
  std::cout << flags << "\nData sets:\n";
  const auto print_row = [](std::string_view name, const std::string& text) {
    std::cout << "  " << std::left << std::setw(15) << name << text << "\n";
  };
  for (const auto& each : sources())
    print_row(each.name, std::string(each.summary) + " (" + std::string(each.licence) + ")");
  print_row(joined_name, "the union of the --sources; their held-out pictures stay held out");
  std::cout
      << "\nEach comes from a Debian package, which is named if it is not installed. Build from share-alike sources\n"
         "for your own use; mind their licences before you pass the pictures on.\n";
  std::cout << "\nExample: mdsearch data build emoji && mdsearch data show emoji --out out/emoji.png\n";
}

BuildProgress progress_on_stderr() {
  return [terminal = ::isatty(STDERR_FILENO) == 1](int64_t done, int64_t total) {
    if (terminal && done % 16 == 0) std::cerr << "\r" << done << " of " << total << " pictures" << std::flush;
    if (!terminal && done > 0 && done % 1000 == 0) std::cerr << done << " of " << total << " pictures\n";
    if (terminal && done >= total - 1) std::cerr << "\r\x1b[K";
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
                << row["caption"].get<std::string>() << "  (" << row["id"].get<std::string>() << ")\n";
  }
}

// Of a data set by name; of the joined one, of each part.
std::string licences(const Arguments& arguments) {
  std::string all;
  const auto parts = split_list(arguments.sources);
  for (const auto& each : sources()) {
    const std::string name(each.name), licence(each.licence);
    if (arguments.name == name) return licence;
    if (std::find(parts.begin(), parts.end(), name) != parts.end())
      all += (all.empty() ? "" : "; ") + name + ": " + licence;
  }
  return all;
}

void build(const Arguments& arguments) {
  if (!is_known(arguments.name))
    throw UsageError("data set \"" + arguments.name + "\" is not known; known: " + known_names());
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
  print(show_source({.source = arguments.name,
                     .held_out = arguments.held_out,
                     .sheet = arguments.out,
                     .size = arguments.size,
                     .count = arguments.count,
                     .seed = arguments.seed}),
        arguments.format);
}

void bench(const Arguments& arguments) {
  const Json result = bench_source({.source = arguments.name,
                                    .size = arguments.size,
                                    .batch = arguments.batch,
                                    .threads = arguments.threads,
                                    .step_ms = arguments.step_ms});
  arguments.format == "json" ? print(result, "json") : print_bench(result);
}

}  // namespace

int run_data(int argc, char** argv) {
  Arguments arguments;
  const auto visible = flags(arguments);
  po::options_description all;
  all.add(visible).add_options()("action", po::value(&arguments.action), "")("name", po::value(&arguments.name), "");
  po::positional_options_description positional;
  positional.add("action", 1).add("name", 1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  if (values.count("help")) {
    print_help(visible);
    return 0;
  }
  check(arguments);
  if (arguments.action == "build") build(arguments);
  if (arguments.action == "show") show(arguments);
  if (arguments.action == "bench") bench(arguments);
  return 0;
}

}  // namespace mds
