// mdsearch enumerate: screens a whole space under the caps.
#include "search/enumerate.h"

#include <chrono>
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "reports/table.h"

namespace mds {
namespace {

struct Options {
  std::string space, format;
  int64_t max_params = Caps{}.params, top = 20;
  double max_gmacs = Caps{}.gmacs();
};

Json rejected_json(const Rejections& r) {
  return {{"params", r.params}, {"macs", r.macs}, {"both", r.both}, {"invalid", r.invalid}, {"duplicate", r.duplicate}};
}

Json to_report(const Options& options, const Enumeration& found, double seconds) {
  Json candidates = Json::array();
  for (const auto& candidate : found.top) {
    Json row = {{"hash", hash_of(candidate.network)},
                {"params", candidate.cost.params},
                {"macs_valid", candidate.cost.macs_valid},
                {"choices", candidate.choices}};
    if (!candidate.name.empty()) row["name"] = candidate.name;
    candidates.push_back(row);
  }
  return {{"space", options.space},     {"total", found.total},
          {"admitted", found.admitted}, {"rejected", rejected_json(found.rejected)},
          {"seconds", seconds},         {"candidates", candidates}};
}

std::string value_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

Table to_table(const Options& options, const Enumeration& found, double seconds) {
  Table table{
      .title = options.space + ": " + std::to_string(found.admitted) + " of " + std::to_string(found.total) +
               " networks admitted",
      .columns = {{.name = "hash"}, {.name = "name"}, {.name = "params"}, {.name = "macs_valid"}, {.name = "choices"}}};
  for (const auto& candidate : found.top) {
    std::string choices;
    for (const auto& [name, value] : candidate.choices.items())
      if (!value.is_object()) choices += (choices.empty() ? "" : ", ") + name + " " + value_text(value);
    table.rows.push_back({hash_of(candidate.network).substr(0, 12), candidate.name, candidate.cost.params,
                          candidate.cost.macs_valid, choices});
  }
  table.footnotes = {"rejected: " + rejected_json(found.rejected).dump(),
                     std::to_string(int64_t(double(found.total) / seconds)) + " networks a second, " +
                         std::to_string(seconds).substr(0, 5) + " s on one core"};
  if (!found.first_invalid.empty()) table.footnotes.push_back("first invalid: " + found.first_invalid);
  return table;
}

}  // namespace

int run_enumerate(int argc, char** argv) {
  Options options;
  CommandLine line{.usage = "mdsearch enumerate --space FILE [--max-params N] [--max-gmacs G] [--top N]",
                   .example = "mdsearch enumerate --space configs/spaces/mobilediffusion.json --top 12",
                   .positional = {}};
  line.options.add_options()("space", po::value(&options.space)->required(), "search space, JSON")(
      "max-params", po::value(&options.max_params)->default_value(options.max_params), "cap on parameters")(
      "max-gmacs", po::value(&options.max_gmacs)->default_value(options.max_gmacs), "cap on macs_valid, in 1e9")(
      "top", po::value(&options.top)->default_value(options.top),
      "candidates shown: the space's included ones, then a spread")(
      "format", po::value(&options.format)->default_value("table"), "table, md, csv or json");
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  const Caps caps = caps_of(options.max_params, options.max_gmacs);
  require_within("--top", options.top, between(0, 100000));
  const Format format = parse_format(options.format);

  Space space(load_space(options.space), options.space);
  const auto start = std::chrono::steady_clock::now();
  const Enumeration found = enumerate(space, caps, options.top);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (format == Format::json) {
    std::cout << to_report(options, found, seconds).dump(2) << "\n";
  } else {
    std::cout << to_text(to_table(options, found, seconds), format);
  }
  return 0;
}

}  // namespace mds
