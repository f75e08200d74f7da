// mdsearch sweep and worker: enumerate, choose, train short with early stopping, profile, store; an interrupted sweep
// can be continued.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include "app/interrupts.h"
#include "app/latent_cache.h"
#include "app/open_store.h"
#include "app/options.h"
#include "app/profiling.h"
#include "app/recording.h"
#include "app/run.h"
#include "app/subprocess.h"
#include "app/sweep_ending.h"
#include "app/sweep_judge.h"
#include "app/sweep_plan.h"
#include "app/sweep_queue.h"
#include "app/sweep_worker.h"
#include "spec/listed.h"
#include "spec/new_file.h"
#include "spec/processors.h"

namespace mds {
namespace {

struct SweepOptions {
  std::string config, db, format;
  std::vector<std::string> settings;  // override the configuration's
  int64_t workers = 1;
  bool plan = false;
  ComputeOptions compute;

  SweepConfig load() const {
    SweepConfig loaded = load_sweep(config, settings);
    pin_networks(loaded, db);
    return loaded;
  }

  // The command as typed, to continue the sweep or to make it again.
  std::string command() const {
    return "mdsearch sweep " + config + listed(settings, [](const std::string& s) { return " --set " + s; }, "");
  }

  // Each of several worker processes gets an equal share of the cores, unless --threads is given.
  std::vector<std::string> worker_arguments() const {
    const int share = std::max(1, int(usable_processors()) / int(workers));
    std::vector<std::string> arguments{
        "worker",   config,         "--db",      db,
        "--device", compute.device, "--threads", std::to_string(compute.threads > 0 ? compute.threads : share)};
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return arguments;
  }
};

bool parse_options(const std::string& command, int argc, char** argv, SweepOptions& options) {
  const bool sweep = command == "sweep";
  CommandLine line{.usage = "mdsearch " + command + " CONFIG [--set KEY=VALUE ...] [--db FILE]" +
                            (sweep ? " [--workers N | --plan] [--format table|md|csv|json]" : ""),
                   .example = "mdsearch " + command + " configs/sweeps/quickstart.json",
                   .positional = {"config"}};
  line.options.add_options()("config", po::value(&options.config)->required()->value_name("CONFIG"),
                             "Configuration of a sweep; `mdsearch help sweep` lists its fields")(
      "set", po::value(&options.settings)->composing()->value_name("KEY=VALUE"),
      "Sets one value of the configuration, such as candidates=8; may repeat")(
      "db", po::value(&options.db)->default_value("out/results.db")->value_name("FILE"), "Results database");
  if (sweep) {
    line.notes =
        "The exit code is 1 if a candidate failed, even if another one won; `mdsearch db retry` queues failed runs "
        "again. A run whose checkpoint is damaged is trained again from the start, and want of memory or disk ends a "
        "worker, not its candidate.";
    line.options.add_options()("workers", number(&options.workers, between(1, 256)), "Processes that train")(
        "plan", po::bool_switch(&options.plan),
        "Prints what will be trained, and about how long that takes, and stops; nothing is written")(
        "format", one_of(&options.format, names_of<Format>())->default_value("table"),
        "How the result or --plan is printed");
  }
  add_compute_options(line.options, options.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (!values["seed"].defaulted()) options.settings.push_back("seed=" + std::to_string(options.compute.seed));
  apply(options.compute);
  return true;
}

// Runs the workers until no run can be claimed: in this process, or in several. A worker that dies only loses its
// lease; if all have died, starting them again would not help.
void train_all(SweepWorker& worker, const SweepOptions& options) {
  if (options.workers == 1) return void(worker.work());
  std::vector<std::string> failures(size_t(options.workers));
  {
    std::vector<std::jthread> processes;
    for (auto& failure : failures)
      processes.emplace_back([&failure, arguments = options.worker_arguments()] {
        try {
          run_self(arguments);
        } catch (const std::exception& error) {
          failure = error.what();
        }
      });
  }
  throw_if_interrupted();
  for (const auto& failure : failures)
    if (!failure.empty()) std::cerr << failure << "\n";
  if (std::count(failures.begin(), failures.end(), "") == 0)
    throw std::runtime_error("all " + std::to_string(options.workers) + " workers failed; the same command goes on");
}

// The first run that still has to be trained by somebody.
std::optional<RunStatus> waiting(const Store& store, const SweepConfig& config) {
  for (const auto& run : store.runs(config.name))
    if (run.state == RunState::queued || run.state == RunState::promoted || run.state == RunState::leased) return run;
  return std::nullopt;
}

void wait_for(const RunStatus& run, const SweepConfig& config) {
  std::cerr << "run " << run.run << " is with the worker " << run.owner
            << "; this sweep waits until it is done, or until its lease of " << config.lease_seconds << " s ends\n";
}

struct SweepRun {
  SweepWorker& worker;
  Store& store;
  const SweepConfig& config;
  const SweepMeasures& measures;
};

// Trains and judges rung by rung. The run of a dead worker can be claimed again when its lease ends.
void run_rungs(const SweepRun& sweep, const SweepOptions& options) {
  const auto& [worker, store, config, measures] = sweep;
  for (int64_t rung = 0; rung < int64_t(config.rungs.size()); ++rung) {
    int64_t told = 0;
    train_all(worker, options);
    for (auto run = waiting(store, config); run; run = waiting(store, config)) {
      throw_if_interrupted();
      if (run->state == RunState::leased && std::exchange(told, run->run) != run->run) wait_for(*run, config);
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      train_all(worker, options);
    }
    if (rung + 1 < int64_t(config.rungs.size())) judge_rung(store, config, measures, rung);
  }
}

void profile_all(Store& store, const SweepConfig& config) {
  for (const auto& run : store.runs(config.name)) {
    throw_if_interrupted();
    const ArchRow arch = store.find_arch(run.proxy_of).value();
    std::cerr << "mdsearch times the blocks of " << arch.name << "\n";
    profile_into(store, arch.name, std::get<UNetSpec>(network_of(arch)), {.mode = TimingMode::quick});
  }
}

// Runs body, which returns whether it succeeded; an interrupt ends as a failure does, with the command that continues.
int stopping_on_interrupts(const std::string& command, const std::function<bool()>& body) {
  listen_for_interrupts();
  try {
    return body() ? 0 : 1;
  } catch (const Interrupted&) {
    std::cerr << "the " << command << " stopped with a checkpoint; the same command goes on from there\n";
    return 1;
  }
}

// Says which runs failed, as the others were compared without them; returns whether none did.
bool tell_failed(const Store& store, const SweepConfig& config) {
  const auto runs = store.runs(config.name);
  const auto failed = std::ranges::count(runs, RunState::failed, &RunStatus::state);
  if (failed == 0) return true;
  for (const auto& run : runs)
    if (run.state == RunState::failed) std::cerr << "run " << run.run << " failed: " << run.message << "\n";
  std::cerr << failed << " of the " << runs.size() << " runs of " << config.name
            << " failed, and the others were compared without them; after `mdsearch db retry " << config.name
            << " --db " << store.file() << "` the same command tries them again\n";
  return false;
}

bool run_all(const SweepOptions& options) {
  const SweepConfig config = options.load();
  std::unique_ptr<Store> database = open_if_there(options.db);
  NewRuns runs = new_runs(database.get(), config);
  const LatentSet latents = open_latents(config.stage.data, least_held_out);
  const SweepMeasures measures(config, latents);
  check_policy(config.policy, measures.evaluator);
  add_proxies(runs, config, latents);
  // Everything that can be wrong with the sweep is checked before this line, which is the first that writes.
  Store& store = opened(database, options.db);
  make_folder(config.folder());
  remove_unfinished(config.folder());
  enqueue(store, config, runs, protocol_json(config, latents, measures));

  SweepWorker worker(store, config, latents, measures);
  run_rungs({worker, store, config, measures}, options);
  if (config.profile) profile_all(store, config);
  const std::string command = options.command();
  std::cout << end_sweep(store, config, latents, command, parse_format(options.format));
  return tell_failed(store, config);
}

}  // namespace

int run_sweep(int argc, char** argv) {
  SweepOptions options;
  if (!parse_options("sweep", argc, argv, options)) return 0;
  const Format format = parse_format(options.format);
  if (options.plan) {
    std::cout << plan_text(options.load(), format);
    return 0;
  }
  return stopping_on_interrupts("sweep", [&] { return run_all(options); });
}

int run_worker(int argc, char** argv) {
  SweepOptions options;
  if (!parse_options("worker", argc, argv, options)) return 0;
  const SweepConfig config = options.load();
  Store store(options.db, StoreMode::open_existing);
  check_stored(store, config);
  const LatentSet latents = open_latents(config.stage.data, least_held_out);
  const SweepMeasures measures(config, latents);
  return stopping_on_interrupts("worker", [&] {
    remove_unfinished(config.folder());
    SweepWorker(store, config, latents, measures).work();
    return true;
  });
}

}  // namespace mds
