// mdsearch sweep and worker.
#include "experiments/sweep/sweep.h"

#include <iostream>

#include "app/compute_options.h"
#include "app/flag_words.h"
#include "app/interrupts.h"
#include "app/plan_options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "experiments/subprocess.h"
#include "experiments/sweep/plan.h"
#include "spec/processors.h"

namespace mds {
namespace {

struct SweepOptions {
  SweepRequest request;
  Format format = Format::table;
  bool plans = false;
  SweepPlanRequest plan{};
  ComputeOptions compute;
};

// Each of several worker processes gets an equal share of the cores, unless --threads is given, and a GPU in turn.
std::vector<std::string> worker_arguments(const SweepOptions& options, int64_t worker) {
  const SweepRequest& request = options.request;
  const int share = std::max(1, int(usable_processors()) / int(request.workers));
  const int threads = options.compute.threads > 0 ? options.compute.threads : share;
  std::vector<std::string> arguments{
      "worker",      request.config,          "--db",      request.db,
      "--artifacts", request.artifacts,       "--device",  spread_device(options.compute.device, worker),
      "--threads",   std::to_string(threads), "--kernels", std::string(name_of(options.compute.kernels)),
      "--any-build"};  // the sweep has told of another
  for (const auto& setting : request.settings) arguments.insert(arguments.end(), {"--set", setting});
  return arguments;
}

// Of a sweep, but not of a worker.
void add_sweep_options(CommandLine& line, SweepOptions& options) {
  line.notes =
      "The exit code is 1 if a candidate failed, even if another one won; `mdsearch db retry` queues failed runs "
      "again. A run whose checkpoint is damaged is trained again from the start, and want of memory or disk ends a "
      "worker, not its candidate.";
  line.options.add_options()("workers", number(&options.request.workers, between(1, 256)),
                             "Processes that train; with --device cuda, the GPUs in turn")(
      "plan", po::bool_switch(&options.plans),
      "Prints what will be trained, and about how long that takes, and stops; nothing of a sweep is written")(
      "format", choice(&options.format), "How the result or --plan is printed");
  add_plan_options(line.options, &options.plan.devices, &options.plan.tflops);
}

bool parse_options(const std::string& command, int argc, char** argv, SweepOptions& options) {
  const bool sweep = command == "sweep";
  CommandLine line{.usage = "mdsearch " + command + " CONFIG [--set KEY=VALUE ...] [--db FILE]" +
                            (sweep ? " [--workers N] [--format table|md|csv|json]\n       mdsearch sweep CONFIG --plan "
                                     "[--devices N] [--tflops T] [--format FORMAT]"
                                   : ""),
                   .example = "mdsearch " + command + " configs/sweeps/quickstart.json",
                   .positional = {"config"}};
  line.options.add_options()("config", po::value(&options.request.config)->required()->value_name("CONFIG"),
                             "Configuration of a sweep; `mdsearch help sweep` lists its fields")(
      "set", po::value(&options.request.settings)->composing()->value_name("KEY=VALUE"),
      "Sets one value of the configuration, such as candidates=8; may repeat")("db", database_flag(&options.request.db),
                                                                               "Results database");
  add_artifacts_option(line.options, &options.request.artifacts);
  if (sweep)
    add_sweep_options(line, options);
  else
    line.options.add_options()("any-build", po::bool_switch(&options.request.any_build),
                               "Joins though another build of mdsearch trains the sweep");
  add_compute_options(line.options, options.compute);
  add_kernels_option(line.options, options.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (sweep) check_plan_options(values, options.plans);
  if (!values["seed"].defaulted()) options.request.settings.push_back("seed=" + std::to_string(options.compute.seed));
  options.request.command = config_command("sweep", options.request.config, options.request.settings);
  options.request.run_worker = [options](int64_t worker) { run_self(worker_arguments(options, worker), interrupted); };
  options.plan.placement = options.request.placement = apply(options.compute);
  return true;
}

}  // namespace

int run_sweep(int argc, char** argv) {
  SweepOptions options;
  if (!parse_options("sweep", argc, argv, options)) return 0;
  TerminalListener listener;
  if (options.plans) {
    std::cout << with_flags(plan_text(options.request.load(), options.plan, options.format, listener));
    return 0;
  }
  return resumable("the sweep stopped with a checkpoint", [&] {
    const SweepResult result = run_sweep(options.request, listener);
    std::cout << result.end.text(options.format);
    return result.failed == 0;
  });
}

int run_worker(int argc, char** argv) {
  SweepOptions options;
  if (!parse_options("worker", argc, argv, options)) return 0;
  TerminalListener listener;
  return resumable("the worker stopped with a checkpoint", [&] {
    work_on_sweep(options.request, listener);
    return true;
  });
}

}  // namespace mds
