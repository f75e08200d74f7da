// mdsearch profile: measures, stores and prints the latency of a network and of each of its blocks on this machine.
#include <iostream>

#include "app/compute_options.h"
#include "app/profile_model.h"
#include "app/profile_process.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/terminal_listener.h"
#include "app/usage_error.h"
#include "experiments/sized_network.h"
#include "experiments/timing/profile_text.h"
#include "pipeline/sampler_config.h"
#include "profiler/environment.h"

namespace mds {
namespace {

struct Request {
  std::string name, model, format, mode, dtype, database;
  GivenFields sampler;
  SizeOptions size;
  int64_t processes = 0;  // 0: the number that the mode has
  bool raw = false;
  ComputeOptions compute;
  ProfileOptions profile{.mode = TimingMode::screening, .whole = true};
};

// Checks that the request is for a network or a model, with only the options of its kind.
void check_subject(const Request& request, bool blocks) {
  if (request.name.empty() == request.model.empty()) throw UsageError("needs either NAME or --model DIR");
  if (request.model.empty() && !request.sampler.empty())
    throw UsageError("--" + request.sampler.begin()->first + " needs --model");
  if (!request.model.empty() && (blocks || request.profile.batch != 1))
    throw UsageError("--blocks and --batch are of a network; --model times its parts for one picture");
}

bool read_request(int argc, char** argv, Request& request) {
  CommandLine line{
      .usage =
          "mdsearch profile NAME [--blocks] [--batch N] [--width PX --height PX] [--mode quick|screening|final]\n"
          "       mdsearch profile --model DIR [--steps N] [--guidance W]",
      .example = "mdsearch profile mobilediffusion --blocks --mode quick",
      .positional = {"name"}};
  line.options.add_options()("name", po::value(&request.name)->value_name("NETWORK"), network_names)(
      "model", po::value(&request.model)->value_name("DIR"),
      "Instead of NETWORK: times what this model folder does for a picture, part by part and whole")(
      "blocks", "Times each block as well; blocks and residual add up to the whole")(
      "batch", number(&request.profile.batch, between(1, 4096)), "Samples in one pass")(
      "mode", one_of(&request.mode, names_of<TimingMode>())->default_value("screening"),
      "How much is measured; quick: 9 samples; screening: at least 64 and 3 s; final: at least 1,024 or 60 s")(
      "processes", number(&request.processes, between(1, 64), "2 in final mode, else 1"),
      "How many fresh processes measure, one after the other")(
      "dtype", one_of(&request.dtype, names_of<Precision>())->default_value("fp32"),
      "Type of the weights and of the computation")(
      "db", po::value(&request.database)->default_value("out/results.db")->value_name("FILE"),
      "Database that takes the samples, and that stored names are looked up in")(
      "raw", "Prints this process's samples as JSON, and stores nothing")(
      "format", one_of(&request.format, names_of<Format>())->default_value("table"), "How the result is printed");
  po::options_description sampler("Sampler of --model, in place of the model's own");
  add_described_options<SamplerConfig>(sampler, request.sampler);
  line.options.add(sampler);
  add_size_options(line.options, request.size);
  add_compute_options(line.options, request.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (request.compute.device != "cpu")
    throw UsageError("--device is \"" + request.compute.device + "\"; profile times the CPU: allowed: cpu");
  check_subject(request, values.count("blocks") > 0);
  request.profile.mode = parse_choice<TimingMode>("--mode", request.mode);
  request.profile.dtype = parse_choice<Precision>("--dtype", request.dtype);
  request.profile.seed = request.compute.seed;
  request.profile.blocks = values.count("blocks") > 0;
  request.raw = values.count("raw") > 0;
  if (request.processes == 0) request.processes = request.profile.mode == TimingMode::final ? 2 : 1;
  return true;
}

void warn_of_conditions() {
  for (const auto& warning : timing_warnings(capture_environment().conditions))
    std::cerr << "mdsearch profile: " << warning << "\n";
}

}  // namespace

int run_profile(int argc, char** argv) {
  Request request;
  if (!read_request(argc, argv, request)) return 0;
  const Format format = parse_format(request.format);
  apply(request.compute);
  if (!request.raw) warn_of_conditions();  // else the process that started this one has warned
  if (!request.model.empty()) {
    profile_model({.folder = request.model,
                   .database = request.database,
                   .size = request.size,
                   .sampler = request.sampler,
                   .options = request.profile,
                   .processes = request.processes,
                   .raw = request.raw,
                   .format = format});
    return 0;
  }
  TerminalListener listener;
  const NamedNetwork network = load_named(request.name, request.size.picture(), request.database);
  if (request.raw) {
    std::cout << to_json(time_network(network.spec, request.profile, listener)).dump() << "\n";
    return 0;
  }
  // Opened before the measurement, so that a file that cannot be written is reported at once.
  Database database(request.database);
  std::vector<std::string> subject = request.size.arguments();
  subject.insert(subject.end(), {request.name, "--db", request.database});
  if (request.profile.blocks) subject.push_back("--blocks");
  std::vector<RawProfile> processes;
  for (int64_t i = 0; i < request.processes; ++i)
    processes.push_back(request.processes == 1 ? time_network(network.spec, request.profile, listener)
                                               : measure_apart(subject, request.profile, i));
  record_profile(database, network, request.profile, processes);
  std::cout << profile_text({network, request.profile, processes}, format);
  return 0;
}

}  // namespace mds
