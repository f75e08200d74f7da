// mdsearch enumerate: screens a whole space under the caps.
#include "search/enumerate.h"

#include <chrono>
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "app/view_options.h"
#include "experiments/screening.h"
#include "reports/table.h"
#include "search/naming.h"

namespace mds {
namespace {

struct EnumerateOptions {
  std::string space;
  Format format = Format::table;
  Selection select = Selection::spread;
  int64_t max_params = Caps{}.params, top = 20;
  uint64_t seed = 0;
  double max_gmacs = Caps{}.gmacs();

  Caps caps() const { return caps_of(max_params, max_gmacs); }
  Pick pick() const { return {select, top, seed}; }
};

struct Listing {
  const EnumerateOptions& options;
  const SpaceSpec& space;
  const Enumeration& found;
  const std::string& file;  // the file it was read from, or empty
  double seconds;
};

Json to_json(const Rejections& r) {
  return {{"params", r.params}, {"macs", r.macs}, {"both", r.both}, {"invalid", r.invalid}, {"duplicate", r.duplicate}};
}

Json to_report(const Listing& listing) {
  const Enumeration& found = listing.found;
  Json candidates = Json::array();
  for (const auto& candidate : found.chosen)
    candidates.push_back({{"name", candidate.name},
                          {"hash", hash_of(candidate.network)},
                          {"params", candidate.cost.params},
                          {"macs_valid", candidate.cost.macs_valid},
                          {"choices", candidate.choices}});
  return {
      {"space", listing.options.space},
      {"total", found.total},
      {"admitted", found.admitted},
      {"rejected", to_json(found.rejected)},
      {"selection", {{"rule", name_of(found.pick.selection)}, {"count", found.pick.count}, {"seed", found.pick.seed}}},
      {"left_out", found.left_out},
      {"seconds", listing.seconds},
      {"candidates", candidates}};
}

std::vector<std::string> footnotes_of(const Listing& listing) {
  const Enumeration& found = listing.found;
  const std::string seconds = std::to_string(listing.seconds).substr(0, 5);
  std::vector<std::string> notes;
  if (!found.first_invalid.empty()) notes.push_back("first invalid: " + found.first_invalid);
  notes.push_back(rejected_in_words(found, listing.options.caps()));
  notes.push_back(left_out_in_words(found));
  notes.insert(notes.end(), found.notes.begin(), found.notes.end());
  notes.push_back(listing.file.empty() ? std::to_string(found.total) + " points in " + seconds + " s"
                                       : "read from " + listing.file);
  std::erase(notes, "");
  return notes;
}

// One row per candidate, with a column for each choice that differs in the list.
Table to_table(const Listing& listing) {
  const Enumeration& found = listing.found;
  Table table{.title = listing.options.space + ": " + std::to_string(found.admitted) + " of " +
                       std::to_string(found.total) + " networks admitted",
              .columns = {{.name = "name", .weight = Weight::identity},
                          {.name = "hash", .weight = Weight::minor},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
                          {.name = "macs_valid", .header = "valid GMACs", .scale = 1e-9, .digits = 2}},
              .footnotes = footnotes_of(listing)};
  const auto varying = varying_choices(listing.space, found.chosen);
  for (const auto& choice : varying) table.columns.push_back({.name = choice});
  for (const auto& candidate : found.chosen) {
    table.rows.push_back(
        {candidate.name, hash_of(candidate.network).substr(0, 12), candidate.cost.params, candidate.cost.macs_valid});
    for (const auto& choice : varying) table.rows.back().push_back(shown_choice(listing.space, candidate, choice));
  }
  return table;
}

}  // namespace

int run_enumerate(int argc, char** argv) {
  EnumerateOptions options;
  CommandLine line{.usage =
                       "mdsearch enumerate --space FILE [--max-params N] [--max-gmacs G] [--top N] "
                       "[--select RULE]",
                   .example = "mdsearch enumerate --space configs/spaces/mobilediffusion.json --top 12",
                   .positional = {}};
  line.options.add_options()("space", po::value(&options.space)->required()->value_name("FILE"),
                             "Search space; `mdsearch help space` lists its fields")(
      "max-params", number(&options.max_params, max_params_range), "Largest number of parameters, such as 400M")(
      "max-gmacs", number(&options.max_gmacs, max_gmacs_range)->value_name("G"),
      "Largest number of multiply-accumulates of one pass, in 1e9, padding not counted")(
      "top", number(&options.top, between(0, 100000)),
      "How many networks are listed at most: the space's included ones first")(
      "select", choice(&options.select), "How networks are chosen where more are admitted; all is an error then")(
      "seed", number(&options.seed, at_least(0)), "Seed of --select random")("format", choice(&options.format),
                                                                             "How the result is printed");
  ViewOptions view;
  add_view_options(line.options, view);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  const Caps caps = options.caps();
  const Pick pick = options.pick();

  Space space(load_space(options.space), options.space);
  const auto start = std::chrono::steady_clock::now();
  TerminalListener listener;
  const auto [found, file] = screened(space, caps, pick, listener);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Listing result{options, space.spec(), found, file, seconds};
  std::cout << (options.format == Format::json ? to_report(result).dump(2) + "\n"
                                               : to_text(to_table(result), options.format, view_of(view)));
  return 0;
}

}  // namespace mds
