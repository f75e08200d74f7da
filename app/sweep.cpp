// mdsearch sweep and worker: enumerate, choose, short-train with early stopping, profile, store; goes on where it
// stopped.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include "app/latent_cache.h"
#include "app/options.h"
#include "app/profiling.h"
#include "app/run.h"
#include "app/subprocess.h"
#include "app/sweep_judge.h"
#include "app/sweep_samples.h"
#include "app/sweep_worker.h"

namespace mds {
namespace {

struct Options {
  std::string config, db;
  int64_t workers = 1;
  std::optional<uint64_t> seed;  // in place of the configuration's
  ComputeOptions compute;

  SweepConfig load() const {
    SweepConfig sweep = load_sweep(config);
    if (seed) sweep.seed = *seed;
    return sweep;
  }

  // Each of several processes gets an equal share of the cores, unless --threads says how many.
  std::vector<std::string> worker_arguments() const {
    const int share = std::max(1, int(std::thread::hardware_concurrency()) / int(workers));
    std::vector<std::string> arguments{
        "worker",   config,         "--db",      db,
        "--device", compute.device, "--threads", std::to_string(compute.threads > 0 ? compute.threads : share)};
    if (seed) arguments.insert(arguments.end(), {"--seed", std::to_string(*seed)});
    return arguments;
  }
};

bool parse_options(const std::string& command, int argc, char** argv, Options& options) {
  const bool sweep = command == "sweep";
  CommandLine line{.usage = "mdsearch " + command + " CONFIG [--db FILE]" + (sweep ? " [--workers N]" : ""),
                   .example = "mdsearch " + command + " configs/sweeps/quickstart.json",
                   .positional = {"config"}};
  line.options.add_options()("config", po::value(&options.config)->required(), "sweep configuration, JSON")(
      "db", po::value(&options.db)->default_value("out/results.db"), "results database");
  if (sweep)
    line.options.add_options()("workers", po::value(&options.workers)->default_value(1), "processes that train");
  add_compute_options(line.options, options.compute);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return false;
  if (!values["seed"].defaulted()) options.seed = options.compute.seed;
  require_within("--workers", options.workers, between(1, 256));
  apply(options.compute);
  return true;
}

// Chooses the candidates and queues one run each, in one transaction; nothing where the sweep is there already.
struct Grounds {
  const LatentSet& latents;
  const SweepMeasures& measures;
};
void enqueue(Store& store, const SweepConfig& config, const Grounds& grounds) {
  const LatentSet& latents = grounds.latents;
  if (!store.runs(config.name).empty()) return;
  Space space(load_space(shipped_file(config.space)), config.space);
  std::cerr << "enumerating " << config.space << "\n";
  const Enumeration found =
      enumerate(space, caps_of(config.max_params, config.max_gmacs), {.count = config.candidates});
  if (found.chosen.empty())
    throw ConfigError(config.space + ": none of its " + std::to_string(found.total) +
                      " networks is under max_params and max_gmacs");
  std::cerr << found.admitted << " of " << found.total << " networks are under the caps; " << found.chosen.size()
            << " chosen\n";
  store.transaction([&] {
    const std::string protocol = store.add_protocol(protocol_json(config, latents, grounds.measures).dump());
    for (const auto& candidate : found.chosen) {
      const std::string& name = candidate.name;
      const std::string full =
          record_arch(store, {name, candidate.network}, {.verdict = "admitted", .generator = candidate.choices.dump()});
      const UNetSpec proxy = proxy_of(candidate.network, config.stage.width_divisor, latents);
      const std::string small =
          record_arch(store, {name + "-1/" + std::to_string(config.stage.width_divisor), proxy}, {.parent = full});
      store.ensure_run(
          {.sweep = config.name, .arch = small, .protocol = protocol, .seed = int64_t(config.seed), .proxy_of = full});
    }
  });
}

void keep_config(Store& store, const SweepConfig& config) {
  const std::string json = to_json(config).dump();
  if (const auto known = store.sweep_config(config.name); known && *known != json)
    throw ConfigError("the sweep " + config.name + " is in " + store.file() +
                      " with another configuration; give this one another name");
  store.add_sweep(config.name, json);
}

// Runs the workers until nothing is left to claim: in this process, or in several. A worker that dies costs its lease,
// no more; when all have died there is no use in starting them again.
void train_all(SweepWorker& worker, const Options& options) {
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
  for (const auto& failure : failures)
    if (!failure.empty()) std::cerr << failure << "\n";
  if (std::count(failures.begin(), failures.end(), "") == 0)
    throw std::runtime_error("all " + std::to_string(options.workers) + " workers failed; the same command goes on");
}

bool waits(const Store& store, const SweepConfig& config) {
  for (const auto& run : store.runs(config.name))
    if (run.state == RunState::queued || run.state == RunState::promoted || run.state == RunState::leased) return true;
  return false;
}

// Trains and judges rung by rung. A run whose worker died is free again when its lease ends.
void run_rungs(SweepWorker& worker, Store& store, const SweepConfig& config, const Options& options) {
  for (int64_t rung = 0; rung < int64_t(config.rungs.size()); ++rung) {
    for (train_all(worker, options); waits(store, config); train_all(worker, options)) {
      std::cerr << "waiting for a lease of " << config.lease_seconds << " s to end\n";
      std::this_thread::sleep_for(std::chrono::seconds(2));
    }
    if (rung + 1 < int64_t(config.rungs.size())) judge_rung(store, config, worker.measures(), rung);
  }
}

void profile_all(Store& store, const SweepConfig& config) {
  for (const auto& run : store.runs(config.name)) {
    const ArchRow arch = store.find_arch(run.proxy_of).value();
    std::cerr << "timing the blocks of " << arch.name << "\n";
    profile_into(store, arch.name, std::get<UNetSpec>(network_of(arch)), {.mode = TimingMode::quick});
  }
}

}  // namespace

int run_sweep(int argc, char** argv) {
  Options options;
  if (!parse_options("sweep", argc, argv, options)) return 0;
  const SweepConfig config = options.load();
  std::filesystem::create_directories(config.folder());
  Store store(options.db);
  const LatentSet latents = open_latents(config.stage.data, least_held_out);
  SweepWorker worker(store, config, latents);  // first, so that scores that cannot be taken leave no sweep behind
  check_policy(config.policy, worker.measures().evaluator);
  keep_config(store, config);
  enqueue(store, config, {latents, worker.measures()});
  run_rungs(worker, store, config, options);
  if (config.profile) profile_all(store, config);
  if (!save_best(store, config, latents, "mdsearch sweep " + options.config))
    throw std::runtime_error("every candidate failed; `mdsearch report sweep` says why");
  std::cout << options.db << "\n" << config.folder() << "\n";
  return 0;
}

int run_worker(int argc, char** argv) {
  Options options;
  if (!parse_options("worker", argc, argv, options)) return 0;
  const SweepConfig config = options.load();
  Store store(options.db, StoreMode::open_existing);
  const LatentSet latents = open_latents(config.stage.data, least_held_out);
  SweepWorker(store, config, latents).work();
  return 0;
}

}  // namespace mds
