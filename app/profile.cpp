// mdsearch profile: measures, stores and prints the latency of a network and of each of its blocks on this machine.
#include "experiments/timing/profile.h"

#include <iostream>

#include "app/compute_options.h"
#include "app/profile_process.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/terminal_listener.h"
#include "app/usage_error.h"
#include "experiments/timing/block_list.h"
#include "experiments/timing/block_profile.h"
#include "experiments/timing/compare.h"
#include "pipeline/sampler_config.h"
#include "profiler/environment.h"

namespace mds {
namespace {

struct ProfileCommand {
  ProfileRequest request;
  std::vector<std::string> names;
  std::string model, format, mode, dtype;
  bool compares = false;  // several networks with each other
  BlockFlags lone;        // blocks alone
  SizeOptions size;
  ComputeOptions compute;
  bool raw = false;  // prints this process's samples as JSON, for the process that started it
};

// Checks that the request is for a network, a model or blocks alone, with only the options of its kind.
void check_subject(const ProfileCommand& command, bool blocks) {
  if (!command.names.empty() + !command.model.empty() + command.lone.given() != 1)
    throw UsageError("needs either NAME or --model DIR, or for blocks alone --block JSON or --sweep FILE");
  if (command.lone.given() && (blocks || command.compares || !command.size.arguments().empty()))
    throw UsageError("--blocks, --compare, --width and --height are of a network; a block's map is in its --site");
  if (!command.request.trace.empty() && (command.names.size() != 1 || command.compares))
    throw UsageError("--trace is of one network; give NAME");
  if (command.compares ? command.names.size() < 2 : command.names.size() > 1)
    throw UsageError(command.compares ? "--compare needs at least two networks"
                                      : "is given several networks; --compare times them against each other");
  if (command.compares && blocks) throw UsageError("--blocks is of one network; leave it out with --compare");
  if (command.model.empty() && !command.request.sampler.empty())
    throw UsageError("--" + command.request.sampler.begin()->first + " needs --model");
  if (!command.model.empty() && (blocks || command.request.options.batch != 1))
    throw UsageError("--blocks and --batch are of a network; --model times its parts for one picture");
}

bool read_command(int argc, char** argv, ProfileCommand& command) {
  ProfileRequest& request = command.request;
  CommandLine line{
      .usage =
          "mdsearch profile NAME [--blocks] [--batch N] [--width PX --height PX] [--mode quick|screening|final]\n"
          "       mdsearch profile NAME NAME ... --compare\n"
          "       mdsearch profile --model DIR [--steps N] [--guidance W]\n"
          "       mdsearch profile --block JSON --site SHAPE\n"
          "       mdsearch profile --sweep FILE",
      .example = "mdsearch profile mobilediffusion --blocks --mode quick",
      .positional = {"name"}};
  line.options.add_options()("name", po::value(&command.names)->value_name("NETWORK"), network_names)(
      "compare", po::bool_switch(&command.compares),
      "Times several networks against each other, in rounds of fresh processes, and says which differ")(
      "model", po::value(&command.model)->value_name("DIR"),
      "Instead of NETWORK: times what this model folder does for a picture, part by part and whole")(
      "block", po::value(&command.lone.blocks)->composing()->value_name("JSON"),
      "Instead of NETWORK: times a block alone, '{\"kind\": \"separable\", \"kernel\": 5}', or a list of blocks; may "
      "repeat")("site", po::value(&command.lone.sites)->composing()->value_name("SHAPE"),
                "Where each --block stands: 1024x16x16, 256x1024 (tokens), 1280, or JSON of a site; may repeat")(
      "sweep", po::value(&command.lone.sweep)->value_name("FILE"),
      "Instead of NETWORK: times the blocks of this file, of which those in --db are not timed again")(
      "trace", po::value(&request.trace)->value_name("FILE"),
      "Also writes one pass of NETWORK, step by step, as a trace that chrome://tracing and Perfetto open")(
      "blocks", "Times each block as well; blocks and residual add up to the whole")(
      "batch", number(&request.options.batch, between(1, 4096)), "Samples in one pass")(
      "mode", one_of(&command.mode, names_of<TimingMode>())->default_value("screening"),
      "How much is measured; quick: 9 samples; screening: at least 64 and 3 s; final: at least 1,024 or 60 s")(
      "processes", number(&request.processes, between(1, 64), "2 in final mode, 3 to compare, else 1"),
      "How many fresh processes measure, one after the other")(
      "dtype", one_of(&command.dtype, names_of<Precision>())->default_value("fp32"),
      "Type of the weights and of the computation")(
      "db", po::value(&request.database)->default_value("out/results.db")->value_name("FILE"),
      "Database that takes the samples, and that stored names are looked up in")(
      "raw", "Prints this process's samples as JSON, and stores nothing")(
      "format", one_of(&command.format, names_of<Format>())->default_value("table"), "How the result is printed");
  po::options_description sampler("Sampler of --model, in place of the model's own");
  add_described_options<SamplerConfig>(sampler, request.sampler);
  line.options.add(sampler);
  add_size_options(line.options, command.size);
  add_compute_options(line.options, command.compute);
  add_kernels_option(line.options, command.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  check_subject(command, values.count("blocks") > 0);
  request.options.mode = parse_choice<TimingMode>("--mode", command.mode);
  request.options.dtype = parse_choice<Precision>("--dtype", command.dtype);
  request.options.seed = command.compute.seed;
  if (!command.names.empty()) request.subject = command.names.front();
  if (!command.model.empty()) request.subject = command.model;
  request.pixels = command.size.picture();
  request.options.blocks = values.count("blocks") > 0;
  command.raw = values.count("raw") > 0;
  if (request.processes == 0)
    request.processes = command.compares ? 3 : request.options.mode == TimingMode::final ? 2 : 1;
  return true;
}

// The subject as arguments of another process.
std::vector<std::string> subject_of(const ProfileCommand& command) {
  std::vector<std::string> subject = command.size.arguments();
  if (command.model.empty())
    subject.insert(subject.end(), {command.names.front(), "--db", command.request.database});
  else
    subject.insert(subject.end(), {"--model", command.model});
  for (const auto& [name, value] : command.request.sampler) subject.push_back("--" + name + "=" + value);
  if (command.request.options.blocks) subject.push_back("--blocks");
  return subject;
}

void warn_of_conditions() {
  for (const auto& warning : timing_warnings(capture_environment().conditions))
    std::cerr << "mdsearch profile: " << warning << "\n";
}

}  // namespace

int run_profile(int argc, char** argv) {
  ProfileCommand command;
  if (!read_command(argc, argv, command)) return 0;
  const Format format = parse_format(command.format);
  const bool of_model = !command.model.empty();
  command.request.options.kernels = apply_to_profile(command.compute).kernels;
  const ProfileRequest& request = command.request;
  TerminalListener listener;
  BlockProfileRequest lone{{}, request.database, request.options, request.processes};
  if (command.lone.given()) lone.blocks = blocks_of(command.lone);
  if (command.raw) {
    const RawProfile raw = command.lone.given() ? time_blocks(lone, listener)
                           : of_model           ? time_model(request, listener)
                                                : time_network(request, listener);
    std::cout << to_json(raw).dump() << "\n";
    return 0;
  }
  warn_of_conditions();
  if (command.lone.given()) {
    const MeasureBlocks measure = [&](const std::string& blocks, int64_t i) {
      return measure_apart({"--block", blocks}, request.options, i);
    };
    std::cout << profile_blocks(lone, measure, format, listener);
    return 0;
  }
  if (command.compares) {
    const MeasureNetwork measure = [&](const ApartRun& run) {
      std::vector<std::string> subject = command.size.arguments();
      subject.insert(subject.end(), {run.network, "--db", request.database});
      return measure_apart(subject, request.options, run.round);
    };
    std::cout << compare_networks({command.names, request.database, request.pixels, request.options, request.processes},
                                  measure, format, listener);
    return 0;
  }
  const MeasureApart apart = [&](int64_t i) { return measure_apart(subject_of(command), request.options, i); };
  std::cout << (of_model ? profile_model : profile_network)(request, apart, format, listener);
  return 0;
}

}  // namespace mds
