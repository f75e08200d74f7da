#include "experiments/training/recorder.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace mds {

std::string device_kind(at::Device device) { return device.is_cuda() ? "cuda" : "cpu"; }

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

void Recorder::save(const Loop& loop, bool interrupted) {
  store_saved();
  if (const auto points = curve_.take(interrupted); !points.empty())
    run_.database.durably([&] {
      for (const auto& point : points)
        add_metric(run_.database, run_.lease,
                   {.iteration = loop.iteration(),
                    .images_seen = loop.iteration() * run_.batch,
                    .name = point.name,
                    .value = point.value,
                    .n = point.n});
    });
  run_.checkpoint.save(loop, run_.identity);
}

void Recorder::store_checkpoint(const CheckpointRow& row) {
  add_checkpoint(run_.database, run_.lease, row);
  if (run_.checkpoints == Checkpoints::each) last_checkpoint_ = row.sha256;
}

void Recorder::wait() { run_.checkpoint.saved(); }

void Recorder::store_checkpoint(int64_t iteration) {
  wait();
  store_checkpoint(row_of(run_.checkpoint, iteration));
}

void Recorder::store_saved() {
  if (run_.checkpoints == Checkpoints::chosen) return;
  if (const auto iteration = run_.checkpoint.saved()) store_checkpoint(row_of(run_.checkpoint, *iteration));
}

void Recorder::store_scores(const std::vector<Score>& scores, const ScoreOrigin& origin) {
  for (const auto& score : scores)
    if (!std::isfinite(score.value)) throw std::runtime_error("the score " + score.name + " is not finite");
  store_saved();
  run_.database.transaction([&] {
    const std::string protocol = origin.protocol.is_null() ? "" : add_protocol(run_.database, origin.protocol.dump());
    for (const auto& score : scores)
      add_metric(run_.database, run_.lease,
                 {.iteration = origin.iteration,
                  .images_seen = origin.iteration * run_.batch,
                  .name = score.name,
                  .value = score.value,
                  .n = score.n,
                  .low = score.low,
                  .high = score.high,
                  .eval_seed = int64_t(origin.seed),
                  .checkpoint = last_checkpoint_,
                  .protocol = protocol});
  });
}

void Recorder::end(RunState state, const std::string& message) {
  store_saved();
  finish(run_.database, run_.lease, state, message);
}

}  // namespace mds
