// mdsearch bench: times everything that a comparison table needs, one process after the other.
#include <iostream>

#include "app/compute_options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "experiments/timing/fresh_process.h"
#include "experiments/timing/paper_bench.h"

namespace mds {
namespace {

bool read_command(int argc, char** argv, PaperBenchRequest& request) {
  ComputeOptions compute;
  CommandLine line{.usage = "mdsearch bench paper [--networks NAME ...] [--rounds N] [--mode quick|screening|final]",
                   .example = "mdsearch bench paper --dtype bf16 --rounds 3",
                   .positional = {},
                   .notes =
                       "`mdsearch report table1`, table2, table5 and table6 print what it measured. The same "
                       "command goes on where it was stopped."};
  line.options.add_options()("networks", po::value(&request.networks)->multitoken()->value_name("NAME"),
                             "Times these alone (default: all of the paper's tables)")(
      "rounds", number(&request.rounds, between(1, 64)), "How many fresh processes time each network")(
      "mode", choice(&request.options.mode), "How much a process measures, as in `mdsearch profile`")(
      "dtype", choice(&request.options.dtype), "Type of the weights and of the computation")(
      "db", database_flag(&request.database), "Database that takes the samples");
  add_compute_options(line.options, compute);
  add_kernels_option(line.options, compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  request.options.seed = compute.seed;
  set_placement(request.options, apply(compute));
  return true;
}

int run_bench_paper(int argc, char** argv) {
  PaperBenchRequest request;
  if (!read_command(argc, argv, request)) return 0;
  TerminalListener listener;
  return resumable("the bench stopped", [&] {
    const PaperBenchResult result = bench_paper(request, networks_apart(request.database, request.options), listener);
    std::cout << result.measured << " timings stored in " << request.database << ", " << result.stored_before
              << " were there\n";
    return result.left_out.empty();
  });
}

}  // namespace

std::span<const Command> bench_commands() {
  static constexpr std::array list{Command{job::measure, "paper",
                                           "Times the networks of the paper's tables, in rounds of fresh processes.",
                                           run_bench_paper}};
  return list;
}

}  // namespace mds
