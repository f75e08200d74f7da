// mdsearch train: runs one stage from its config to a model folder, or plans it.
#include <cstdlib>
#include <iostream>

#include "app/compute_options.h"
#include "app/flag_words.h"
#include "app/plan_options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "app/usage_error.h"
#include "experiments/processes.h"
#include "experiments/training/plan.h"
#include "experiments/training/request.h"

namespace mds {
namespace {

struct TrainCommand {
  TrainRequest request{};
  ComputeOptions compute{};
  PlanRequest plan{};
  Format format = Format::table;  // of the plan
  bool plans = false;
  int64_t processes = 1;  // to start
};

void add_plan_flags(po::options_description& options, TrainCommand& command) {
  options.add_options()("plan", "Prints what the training will cost and stops: it needs no data and trains nothing")(
      "rate", number(&command.plan.speed.rate, between(1e-9, 1e12), "not known"),
      "With --plan: images a second of each device at its share of a batch, from which days follow")(
      "bandwidth", number(&command.plan.interconnect.gb_s, between(1e-9, 1e6), "no time"),
      "With --plan: GB/s that each device sends while it receives as much")(
      "overlap", number(&command.plan.interconnect.overlap, between(0, 1)),
      "With --plan: share of the backward pass behind which sending hides: 1 on GPUs, 0 where the same cores do both")(
      "format", choice(&command.format), "With --plan: how it is printed");
  add_plan_options(options, &command.plan.devices, &command.plan.speed.tflops);
}

// Whether --plan was given; UsageError for its flags without it, and for values out of range.
bool is_plan(const po::variables_map& values, const PlanRequest& request) {
  const bool plan = values.count("plan") > 0;
  check_plan_options(values, plan, {"rate", "tflops", "bandwidth"});
  if (!plan && !values["overlap"].defaulted()) throw UsageError("--overlap goes with --plan");
  if (!plan && !values["format"].defaulted()) throw UsageError("--format goes with --plan");
  if (request.speed.rate > 0 && request.speed.tflops > 0)
    throw UsageError("--rate and --tflops both give the speed; allowed: one of them");
  return plan;
}

// Sets where this process computes, and joins the others where a launcher has started several.
void join(TrainCommand& command, const po::variables_map& values) {
  const auto address = rank_address([](const char* name) { return std::getenv(name); });
  if (address && values["processes"].defaulted()) command.processes = address->count;
  if (address && command.processes != address->count)
    throw UsageError("--processes is " + std::to_string(command.processes) + ", and the environment says " +
                     std::to_string(address->count) + "; allowed: one of them");
  if (!address && command.processes > 1) return;  // this process only starts them
  if (address) share_host(command.compute, *address);
  command.request.placement = apply(command.compute);
  if (address) command.request.ranks = join_ranks(*address, command.request.placement.device);
}

bool read_command(int argc, char** argv, TrainCommand& command) {
  CommandLine line{
      .usage =
          "mdsearch train CONFIG [--set key=value ...] [--out DIR] [--db FILE] [--profile]\n"
          "       mdsearch train CONFIG --plan [--devices N] [--rate R | --tflops T] [--bandwidth B] [--format FORMAT]",
      .example = "mdsearch train configs/train/emoji-autoencoder.json --set loop.iterations=100",
      .positional = {"config"}};
  line.options.add_options()("config", po::value(&command.request.file)->required()->value_name("CONFIG"),
                             "Configuration of a training; `mdsearch help train` lists its fields")(
      "set", po::value(&command.request.settings)->composing()->value_name("KEY=VALUE"),
      "Sets one value of the configuration, such as loop.iterations=2k; may repeat")(
      "out", po::value(&command.request.out)->value_name("DIR"),
      "Folder to write (default: out/train/NAME, by the configuration's name)")(
      "db", database_flag(&command.request.db), "Results database")(
      "profile", po::bool_switch(&command.request.profile),
      "At the end, tells where the time went: data, forward, backward, optimizer, evaluation, store")(
      "processes", number(&command.processes, between(1, 4096)),
      "Processes to start on this host, which share each batch; torchrun or srun start those of several hosts");
  add_compute_options(line.options, command.compute);
  add_kernels_option(line.options, command.compute);
  add_plan_flags(line.options, command);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (!values["seed"].defaulted())
    command.request.settings.push_back("loop.seed=" + std::to_string(command.compute.seed));
  command.plans = is_plan(values, command.plan);
  if (command.plans && command.request.profile) throw UsageError("--profile goes with a training, not with --plan");
  command.plan.database = command.request.db;
  command.request.command = config_command("train", command.request.file, command.request.settings);
  if (!command.plans) join(command, values);
  return true;
}

}  // namespace

int run_train(int argc, char** argv) {
  TrainCommand command;
  if (!read_command(argc, argv, command)) return 0;
  if (command.plans) {
    std::cout << with_flags(plan_text(load_training(command.request).config, command.plan, command.format));
    return 0;
  }
  if (command.processes > 1 && !command.request.ranks)
    return run_together("train", {argv + 1, argv + argc}, command.processes);
  TerminalListener listener;
  const TrainResult result = train(command.request, listener);
  if (!result.ended) return 1;
  if (leads(command.request.ranks)) std::cout << result.folder << "/model\n";
  return 0;
}

}  // namespace mds
