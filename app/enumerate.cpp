// mdsearch enumerate: screens a whole space under the caps.
#include "search/enumerate.h"

#include <chrono>
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "app/view_options.h"
#include "experiments/enumeration_text.h"
#include "experiments/screening.h"

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
  std::cout << enumeration_text({options.space, caps, space.spec(), found, file, seconds}, options.format,
                                view_of(view));
  return 0;
}

}  // namespace mds
