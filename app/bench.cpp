// mdsearch bench: times everything that a comparison table needs, one process after the other.
#include <iostream>

#include "app/compute_options.h"
#include "app/profile_process.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "experiments/timing/paper_bench.h"

namespace mds {
namespace {

struct BenchCommand {
  PaperBenchRequest request;
  std::string mode, dtype;
  ComputeOptions compute;
};

bool read_command(int argc, char** argv, BenchCommand& command) {
  PaperBenchRequest& request = command.request;
  CommandLine line{.usage = "mdsearch bench paper [--networks NAME ...] [--rounds N] [--mode quick|screening|final]",
                   .example = "mdsearch bench paper --dtype bf16 --rounds 3",
                   .positional = {},
                   .notes =
                       "`mdsearch report table1`, table2, table5 and table6 print what it measured. The same "
                       "command goes on where it was stopped."};
  line.options.add_options()("networks", po::value(&request.networks)->multitoken()->value_name("NAME"),
                             "Times these alone (default: all of the paper's tables)")(
      "rounds", number(&request.rounds, between(1, 64)), "How many fresh processes time each network")(
      "mode", one_of(&command.mode, names_of<TimingMode>())->default_value("quick"),
      "How much a process measures, as in `mdsearch profile`")(
      "dtype", one_of(&command.dtype, names_of<Precision>())->default_value("fp32"),
      "Type of the weights and of the computation")(
      "db", po::value(&request.database)->default_value("out/results.db")->value_name("FILE"),
      "Database that takes the samples");
  add_compute_options(line.options, command.compute);
  add_kernels_option(line.options, command.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  request.options.mode = parse_choice<TimingMode>("--mode", command.mode);
  request.options.dtype = parse_choice<Precision>("--dtype", command.dtype);
  request.options.seed = command.compute.seed;
  return true;
}

int run_bench_paper(int argc, char** argv) {
  BenchCommand command;
  if (!read_command(argc, argv, command)) return 0;
  PaperBenchRequest& request = command.request;
  request.options.kernels = apply_to_profile(command.compute).kernels;
  TerminalListener listener;
  const MeasureNetwork measure = [&](const ApartRun& step) {
    std::vector<std::string> subject{step.network, "--db", request.database};
    if (step.blocks) subject.push_back("--blocks");
    return measure_apart(subject, request.options, step.round);
  };
  PaperBenchResult result;
  try {
    result = bench_paper(request, measure, listener);
  } catch (const Interrupted&) {
    std::cerr << "the bench stopped; the same command goes on from there\n";
    return 1;
  }
  std::cout << result.measured << " timings stored in " << request.database << ", " << result.stored_before
            << " were there\n";
  return result.left_out.empty() ? 0 : 1;
}

}  // namespace

std::span<const Command> bench_commands() {
  static constexpr std::array list{Command{job::measure, "paper",
                                           "Times the networks of the paper's tables, in rounds of fresh processes.",
                                           run_bench_paper}};
  return list;
}

}  // namespace mds
