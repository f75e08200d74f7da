// mdsearch profile: measures, stores and prints the latency of a network and of each of its blocks on this machine.
#include <iostream>

#include "app/compute_options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/terminal_listener.h"
#include "experiments/timing/profile_job.h"
#include "pipeline/sampler_config.h"
#include "profiler/environment.h"
#include "search/named_network.h"

namespace mds {
namespace {

struct ProfileCommand {
  ProfileJob job;
  Format format = Format::table;
  bool raw = false;  // prints this process's samples as JSON, for the process that started it
};

bool read_command(int argc, char** argv, ProfileCommand& command) {
  ProfileJob& job = command.job;
  ProfileRequest& request = job.request;
  SizeOptions size;
  ComputeOptions compute;
  CommandLine line{
      .usage =
          "mdsearch profile NETWORK [--blocks] [--batch N] [--width PX --height PX] [--mode quick|screening|final]\n"
          "       mdsearch profile NETWORK NETWORK ... --compare\n"
          "       mdsearch profile --model DIR [--steps N] [--guidance W]\n"
          "       mdsearch profile --block JSON --site SHAPE\n"
          "       mdsearch profile --sweep FILE",
      .example = "mdsearch profile mobilediffusion --blocks --mode quick",
      .positional = {"name"}};
  line.options.add_options()("name", po::value(&job.networks)->value_name("NETWORK"), network_names)(
      "compare", po::bool_switch(&job.compares),
      "Times several networks against each other, in rounds of fresh processes, and says which differ")(
      "model", po::value(&job.model)->value_name("DIR"),
      "Instead of NETWORK: times what this model folder does for a picture, part by part and whole")(
      "block", po::value(&job.lone.blocks)->composing()->value_name("JSON"),
      "Instead of NETWORK: times a block alone, '{\"kind\": \"separable\", \"kernel\": 5}', or a list of blocks; may "
      "repeat")("site", po::value(&job.lone.sites)->composing()->value_name("SHAPE"),
                "Where each --block stands: 1024x16x16, 256x1024 (tokens), 1280, or JSON of a site; may repeat")(
      "sweep", po::value(&job.lone.sweep)->value_name("FILE"),
      "Instead of NETWORK: times the blocks of this file, of which those in --db are not timed again")(
      "trace", po::value(&request.trace)->value_name("FILE"),
      "Also writes one pass of NETWORK, step by step, as a trace that chrome://tracing and Perfetto open")(
      "blocks", po::bool_switch(&request.options.blocks),
      "Times each block as well; blocks and residual add up to the whole")(
      "batch", number(&request.options.batch, between(1, 4096)), "Samples in one pass")(
      "mode", choice(&request.options.mode),
      "How much is measured; quick: 9 samples; screening: at least 64 and 3 s; final: at least 1,024 or 60 s")(
      "processes", number(&request.processes, between(1, 64), "2 in final mode, 3 to compare, else 1"),
      "How many fresh processes measure, one after the other")("dtype", choice(&request.options.dtype),
                                                               "Type of the weights and of the computation")(
      "db", database_flag(&request.database),
      "Database that takes the samples, and that stored names are looked up in")(
      "raw", po::bool_switch(&command.raw), "Prints this process's samples as JSON, and stores nothing")(
      "format", choice(&command.format), "How the result is printed");
  add_described_options<SamplerConfig>(line.options, request.sampler);
  add_size_options(line.options, size);
  add_compute_options(line.options, compute);
  add_kernels_option(line.options, compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  request.options.seed = compute.seed;
  request.pixels = size.picture();
  set_placement(request.options, apply(compute));
  job = checked(job);
  return true;
}

void warn_of_conditions() {
  for (const auto& warning : timing_warnings(capture_environment().conditions))
    std::cerr << "mdsearch profile: " << warning << "\n";
}

}  // namespace

int run_profile(int argc, char** argv) {
  ProfileCommand command;
  if (!read_command(argc, argv, command)) return 0;
  TerminalListener listener;
  if (command.raw) {
    std::cout << to_json(time_here(command.job, listener)).dump() << "\n";
    return 0;
  }
  warn_of_conditions();
  std::cout << profile(command.job, command.format, listener);
  return 0;
}

}  // namespace mds
