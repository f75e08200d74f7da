#include "experiments/training/training.h"

#include <cmath>
#include <filesystem>

#include "experiments/failure_words.h"
#include "experiments/shortage.h"
#include "experiments/training/segment.h"
#include "spec/new_file.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

std::string describe_step(const StepReport& report, double adversary_loss) {
  char text[96], adversary[32] = "";
  if (!std::isnan(adversary_loss)) std::snprintf(adversary, sizeof adversary, "  adversary %.4f", adversary_loss);
  std::snprintf(text, sizeof text, "loss %.4f  gradient %.3f%s", report.loss, report.gradient_norm, adversary);
  return text;
}

// Tells where the time of this process went: in short, or all of it. Means are over iterations after the first.
void tell_times(const TrainingRun& run, int64_t iterations) {
  if (iterations < 1) return;
  if (run.profile) return run.listener.say(in_words(run.clock, "where the time went", {"iteration", iterations}));
  const auto mean_s = [&](const char* phase) { return run.clock.seconds(phase) / double(iterations); };
  const double data_s = mean_s("data"), forward_s = mean_s("forward"), backward_s = mean_s("backward"),
               optimizer_s = mean_s("optimizer");
  char line[160];
  std::snprintf(line, sizeof line, "an iteration took %.4f s: data %.4f, forward %.4f, backward %.4f, optimizer %.4f",
                data_s + forward_s + backward_s + optimizer_s, data_s, forward_s, backward_s, optimizer_s);
  run.listener.say(line);
}

// PATH/0000500 and the ending: names that sort by iteration.
std::string of_iteration(const std::string& folder, const Loop& loop, const std::string& ending = "") {
  char name[32];
  std::snprintf(name, sizeof name, "/%07lld", static_cast<long long>(loop.iteration()));
  return folder + name + ending;
}

std::vector<Score> save_model(const Loop& loop, const TrainingRun& run, const std::string& folder) {
  return run.stage.finish(loop.ema(), folder,
                          {.command = run.command,
                           .config = run.written,
                           .data = {},
                           .data_hash = run.stage.data_hash(),
                           .iterations = loop.iteration(),
                           .seed = run.config.loop.seed,
                           .run_id = sha256(run.identity).substr(0, 16),
                           .license = {}});
}

// Writes samples and the model series at a checkpoint. After a restart it adds what a killed process did not write.
void leave_beside(const Loop& loop, const TrainingRun& run) {
  const auto evaluating = run.clock.in("evaluation");
  const auto due = [&](int64_t every, bool written) {
    return every > 0 && loop.iteration() > 0 && loop.iteration() % every == 0 && !written;
  };
  if (const std::string file = of_iteration(run.folder + "/samples", loop, ".png");
      due(run.config.sample_every, fs::is_regular_file(file))) {
    make_folder(run.folder + "/samples");
    run.stage.sample(loop.ema(), file);
  }
  if (const std::string folder = of_iteration(run.folder + "/series", loop);
      due(run.config.keep_every, fs::is_directory(folder))) {
    make_folder(run.folder + "/series");
    NewFolder model(folder);
    save_model(loop, run, model.path());
    model.put_in_place();
  }
}

// Returns whether it reached the end.
bool train(Loop& loop, const TrainingRun& run) {
  const LoopConfig& config = run.config.loop;
  const auto progress = run.listener.progress(run.config.name, config.iterations, loop.iteration());
  double adversary_loss = NAN;  // the last one
  loop.collect();
  leave_beside(loop, run);
  return train_segment(loop, &run.recorder,
                       {.end = config.iterations,
                        .checkpoint_every = config.checkpoint_every,
                        .listener = run.listener,
                        .clock = run.clock,
                        .stepped =
                            [&](const StepReport& report) {
                              if (!std::isnan(report.adversary_loss)) adversary_loss = report.adversary_loss;
                              progress->show(report.iteration, describe_step(report, adversary_loss), /*every=*/20);
                            },
                        .saved = [&] { leave_beside(loop, run); }});
}

// Writes the model folder, complete or not at all, and stores its scores.
void finish(const Loop& loop, const TrainingRun& run) {
  NewFolder model(run.folder + "/model", Before::replaced);
  const auto scores = timed(run.clock, "evaluation", [&] { return save_model(loop, run, model.path()); });
  const auto storing = run.clock.in("store");
  Json protocol{{"data", run.stage.data_hash()}};
  const auto& evaluation = run.config.evaluation;
  if (evaluation) {
    protocol["evaluation"] = to_json(*evaluation);
    protocol["evaluation"].erase("weights");
  }
  run.recorder.store_scores(
      scores,
      {.iteration = run.config.loop.iterations, .seed = evaluation ? evaluation->seed : 0, .protocol = protocol});
  model.put_in_place();
  run.recorder.end(RunState::done);
}

// After another process has gone, saves what this one still has; returns why it could not, or nothing.
std::string save_alone(const Loop& loop, const TrainingRun& run) {
  if (!loop.whole()) return "";
  try {
    run.recorder.save(loop, /*interrupted=*/true);
    run.recorder.wait();
  } catch (const std::exception& error) {
    return std::string("; ") + error.what();
  }
  return "";
}

// Runs body; on an error it ends the run in the database too and says which checkpoint there is. An error that the run
// did not cause, such as a full disk, want of memory or the end of another process, leaves it paused.
void ending_with_errors(const Loop& loop, const TrainingRun& run, const std::function<void()>& body) {
  const auto end = [&](RunState state, const std::string& message) {
    try {
      run.recorder.end(state, message);
    } catch (const std::exception& error) {
      run.listener.say(error.what());
    }
    return message;
  };
  std::string message;
  try {
    return body();
  } catch (const StoreError& error) {
    message = error.what();
  } catch (const RanksError& error) {
    message = end(RunState::paused, error.what() + save_alone(loop, run));
  } catch (const WriteError& error) {
    message = end(RunState::paused, error.what());
  } catch (const std::exception& error) {
    message = end(is_shortage(error) ? RunState::paused : RunState::failed, failure_in_words(error, "mdsearch train"));
  }
  run.checkpoint.wait();
  const std::string& checkpoint = run.checkpoint.file();
  throw std::runtime_error(message + (fs::exists(checkpoint) ? "; the last good checkpoint is " + checkpoint
                                                             : std::string("; no checkpoint was saved yet")));
}

}  // namespace

std::string checkpoint_in(const std::string& folder) { return folder + "/checkpoint.safetensors"; }

bool run_training(Loop& loop, const TrainingRun& run) {
  bool ended = false;
  const int64_t first = loop.iteration();
  ending_with_errors(loop, run, [&] {
    {
      const Stoppable stoppable(run.listener);
      ended = train(loop, run);
    }
    ended ? finish(loop, run) : run.recorder.end(RunState::paused);
  });
  tell_times(run, loop.iteration() - first - 1);
  return ended;
}

}  // namespace mds
