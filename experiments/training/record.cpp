#include "experiments/training/record.h"

#include "experiments/arch_record.h"
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

void check_resumed(const Database& database, int64_t run, const CheckpointRow& row) {
  bool known = false;
  for (const auto& stored : checkpoints_of(database, run)) {
    if (stored.iteration != row.iteration || stored.path != row.path) continue;
    if (stored.sha256 == row.sha256) return;
    known = true;
  }
  if (known)
    throw FileError(row.path + ": is damaged: its SHA-256 is " + row.sha256 + ", and " + database.file() +
                    " holds another of iteration " + std::to_string(row.iteration) +
                    "; put a copy in its place, or remove it to train from the start");
}

}  // namespace

Recorder open_record(Database& database, const Training& training, TrainingCurve& curve) {
  const std::string arch = record_network(database, training);
  const Worker worker{
      .owner = worker_name(), .device = record_device(database, training.device), .env = record_env(database)};
  add_sweep(database, trainings, "{}");
  const int64_t run = ensure_run(database, {.sweep = trainings,
                                            .arch = arch,
                                            .protocol = add_protocol(database, training.identity),
                                            .seed = int64_t(training.loop.seed)});
  std::optional<CheckpointRow> resumed;
  if (training.resumed > 0) resumed = row_of(training.checkpoint, training.resumed);
  if (resumed) check_resumed(database, run, *resumed);
  Recorder recorder({.database = database,
                     .lease = take(database, run, worker),
                     .checkpoint = training.checkpoint,
                     .identity = training.identity,
                     .batch = training.loop.batch},
                    curve);
  if (resumed) recorder.store_checkpoint(*resumed);  // the last process may have died before it stored it
  return recorder;
}

}  // namespace mds
