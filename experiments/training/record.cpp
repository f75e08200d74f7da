#include "experiments/training/record.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "experiments/recording.h"
#include "experiments/training/decoder_record.h"

namespace mds {
namespace {

// Records a narrowed shipped decoder under the shipped one's name, and any other network under the training's name.
std::string record_network(Database& database, const Training& training) {
  const std::string generator = "train", name = training.name + "-" + hash_of(training.network).substr(0, 8);
  const auto* decoder = std::get_if<DecoderSpec>(&training.network);
  const std::string arch = decoder ? record_decoder(database, *decoder, generator) : "";
  return arch.empty() ? record_arch(database, {name, training.network}, {.generator = generator}) : arch;
}

}  // namespace

std::string device_kind() { return compute_device().is_cuda() ? "cuda" : "cpu"; }

CheckpointRow row_of(const CheckpointFile& checkpoint, int64_t iteration) {
  return {.sha256 = checkpoint.sha256(),
          .path = checkpoint.file(),
          .bytes = int64_t(std::filesystem::file_size(checkpoint.file())),
          .iteration = iteration};
}

std::string missing_curve(const Database& database, int64_t run, const std::string& checkpoint, int64_t iteration) {
  const auto curve = curve_of(database, run, "loss");
  if (iteration == 0 || std::ranges::any_of(curve, [&](const MetricRow& row) { return row.iteration == iteration; }))
    return "";
  return checkpoint + ": is at iteration " + std::to_string(iteration) + ", and " + database.file() +
         " holds no loss of it: the file was made for another database, or this one has lost rows, as a copy without " +
         "its -wal file does. The curve of this run has a gap up to there";
}

TrainRecord::TrainRecord(Database& database, const Training& training) : database_(database), training_(training) {
  const std::string arch = record_network(database, training);
  const Worker worker{
      .owner = worker_name(), .device = record_device(database, training.device), .env = record_env(database)};
  add_sweep(database, trainings, "{}");
  const int64_t run = ensure_run(database, {.sweep = trainings,
                                            .arch = arch,
                                            .protocol = add_protocol(database, training.identity),
                                            .seed = int64_t(training.loop.seed)});
  CheckpointRow resumed;
  if (training.resumed > 0) check_resumed(run, resumed = row_of(training.checkpoint, training.resumed));
  lease_ = take(database, run, worker);
  if (training.resumed > 0) store_checkpoint(resumed);  // the last process may have died before it stored it
}

void TrainRecord::check_resumed(int64_t run, const CheckpointRow& row) const {
  bool known = false;
  for (const auto& stored : checkpoints_of(database_, run)) {
    if (stored.iteration != row.iteration || stored.path != row.path) continue;
    if (stored.sha256 == row.sha256) return;
    known = true;
  }
  if (known)
    throw FileError(row.path + ": is damaged: its SHA-256 is " + row.sha256 + ", and " + database_.file() +
                    " holds another of iteration " + std::to_string(row.iteration) +
                    "; put a copy in its place, or remove it to train from the start");
}

void TrainRecord::add(const StepReport& report) {
  loss_.add(report.loss);
  gradient_norm_.add(report.gradient_norm);
  if (!std::isnan(report.adversary_loss)) adversary_loss_.add(report.adversary_loss);
  const double seconds = report.times.forward_s + report.times.backward_s + report.times.update_s;
  if (warm_up_s_ == 0)
    warm_up_s_ = seconds;
  else
    seconds_.add(seconds);
}

void TrainRecord::store(int64_t iteration, const std::string& name, const Mean& mean) {
  if (mean.n == 0) return;
  add_metric(database_, lease_,
             {.iteration = iteration,
              .images_seen = iteration * training_.loop.batch,
              .name = name,
              .value = mean.value(),
              .n = mean.n});
}

void TrainRecord::store_curve(int64_t iteration) {
  store_saved();
  if (loss_.n > 0 && seconds_.n == 0) seconds_.add(warm_up_s_);
  const Mean rate{.sum = double(training_.loop.batch) * double(seconds_.n) / seconds_.value(), .n = seconds_.n};
  // A checkpoint is flushed before it takes its place. Its curve has to be there as surely, as no later process adds
  // it.
  database_.durably([&] {
    store(iteration, "loss", loss_);
    store(iteration, "gradient_norm", gradient_norm_);
    store(iteration, "adversary_loss", adversary_loss_);
    store(iteration, "images_per_s", rate);
  });
  loss_ = gradient_norm_ = adversary_loss_ = seconds_ = {};
}

void TrainRecord::store_checkpoint(const CheckpointRow& row) {
  add_checkpoint(database_, lease_, row);
  last_checkpoint_ = row.sha256;
}

void TrainRecord::store_saved() {
  if (const auto iteration = training_.checkpoint.saved()) store_checkpoint(row_of(training_.checkpoint, *iteration));
}

void TrainRecord::store_scores(const std::vector<Score>& scores, const Json& protocol, uint64_t seed) {
  store_saved();
  database_.transaction([&] {
    const std::string hash = add_protocol(database_, protocol.dump());
    for (const auto& score : scores) {
      if (!std::isfinite(score.value)) throw std::runtime_error("the score " + score.name + " is not finite");
      add_metric(database_, lease_,
                 {.iteration = training_.loop.iterations,
                  .images_seen = training_.loop.iterations * training_.loop.batch,
                  .name = score.name,
                  .value = score.value,
                  .n = score.n,
                  .low = score.low,
                  .high = score.high,
                  .eval_seed = int64_t(seed),
                  .checkpoint = last_checkpoint_,
                  .protocol = hash});
    }
  });
}

void TrainRecord::end(RunState state, const std::string& message) {
  store_saved();
  finish(database_, lease_, state, message);
}

}  // namespace mds
