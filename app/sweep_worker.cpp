#include "app/sweep_worker.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>

#include "app/picture_side.h"
#include "app/progress.h"
#include "app/recording.h"

namespace mds {
namespace {

int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string short_hash(const std::string& hash) { return hash.substr(0, 8); }

std::string worker_name() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(::getpid());
}

}  // namespace

SweepWorker::SweepWorker(Store& store, const SweepConfig& config, const LatentSet& latents)
    : store_(store), config_(config), latents_(latents), evaluator_(latents, config.stage.encoders, config.evaluation),
      identity_{.owner = worker_name(), .lease_seconds = config.lease_seconds, .device = record_device(store), .env = record_env(store)} {}

RunStatus SweepWorker::status(int64_t run) const {
  for (const auto& row : store_.runs(config_.name))
    if (row.run == run) return row;
  throw StoreError(store_.file() + ": run " + std::to_string(run) + " is not in the sweep " + config_.name);
}

void SweepWorker::beat(const Lease& lease) {
  if (now_seconds() - last_beat_s_ < std::max<int64_t>(1, config_.lease_seconds / 5)) return;
  store_.heartbeat(lease);
  last_beat_s_ = now_seconds();
}

bool SweepWorker::work() {
  bool any = false;
  while (const auto lease = store_.claim(config_.name, identity_)) {
    any = true;
    last_beat_s_ = now_seconds();
    try {
      train(*lease, status(lease->run));
    } catch (const StoreError&) {
      throw;  // the database or the lease is lost: nothing can be recorded
    } catch (const std::exception& error) {
      std::cerr << "run " << lease->run << " failed: " << error.what() << "\n";
      store_.finish(*lease, RunState::failed, error.what());
    }
  }
  return any;
}

void SweepWorker::train(const Lease& lease, const RunStatus& run) {
  const UNetSpec proxy = std::get<UNetSpec>(network_of(store_.find_arch(run.arch).value()));
  std::filesystem::create_directories(config_.run_folder(lease.run));
  const std::string checkpoint = config_.run_folder(lease.run) + "/checkpoint.safetensors";
  const std::string identity = Json{{"arch", run.arch}, {"protocol", run.protocol}, {"seed", run.seed}}.dump();
  BaseStage stage(proxy, config_.stage, config_.loop(), latents_);
  Loop loop(stage, config_.loop(), config_.optimizer);
  loop.resume(checkpoint, identity);

  const int64_t end = config_.rungs.at(size_t(lease.rung));
  Progress progress("run " + std::to_string(lease.run) + " " + short_hash(run.proxy_of), end, loop.iteration());
  double loss = 0;
  while (loop.iteration() < end) {
    const int64_t next = std::min(end, (loop.iteration() / config_.checkpoint_every + 1) * config_.checkpoint_every);
    loop.run_to(next, [&](const StepReport& report) {
      loss = report.loss;
      beat(lease);
      progress.show(report.iteration, "loss " + std::to_string(loss).substr(0, 6), config_.checkpoint_every);
    });
    loop.save(checkpoint, identity);
    store_.add_metric(lease, {.iteration = next, .images_seen = next * config_.batch, .name = "loss", .value = loss});
  }
  store_.add_checkpoint(lease, {.sha256 = file_sha256(checkpoint), .path = checkpoint, .bytes = int64_t(std::filesystem::file_size(checkpoint)), .iteration = end});

  const auto averaged = make_network(make_plan(proxy));
  load_weights(*averaged, loop.ema(), "moving average");
  evaluate(lease, *averaged, end);
  store_.finish(lease, end == config_.rungs.back() ? RunState::done : RunState::paused);
}

void SweepWorker::evaluate(const Lease& lease, const Network& unet, int64_t iteration) {
  const Drawn drawn = evaluator_.draw(unet, config_.stage, [&] { beat(lease); });
  save_tensors(evaluation_file(config_, lease.run, iteration), {.tensors = {{"features", drawn.features_NE}, {"clip", drawn.clip_N}}, .metadata = {}});
  std::string line;
  for (const auto& score : evaluator_.scores(drawn)) {
    store_.add_metric(lease, {.iteration = iteration, .images_seen = iteration * config_.batch, .name = score.name, .value = score.value,
                              .n = score.n, .low = score.low, .high = score.high, .eval_seed = int64_t(config_.evaluation.seed)});
    line += "  " + score.name + " " + std::to_string(score.value).substr(0, 6);
  }
  record_pictures(store_, lease, iteration, drawn.pictures, evaluator_.captions());
  std::cerr << "run " << lease.run << " at " << iteration << ":" << line << "\n";
}

}  // namespace mds
