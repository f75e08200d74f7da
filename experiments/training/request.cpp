#include "experiments/training/request.h"

#include <filesystem>
#include <functional>
#include <optional>

#include "experiments/folder_lock.h"
#include "experiments/open_store.h"
#include "experiments/output.h"
#include "experiments/run_files.h"
#include "experiments/training/agreement.h"
#include "experiments/training/segment.h"
#include "experiments/training/training.h"
#include "networks/found_file.h"
#include "profiler/memory.h"
#include "search/named_network.h"
#include "spec/fields.h"
#include "spec/new_file.h"
#include "trainer/run_identity.h"

namespace mds {
namespace {

// `file` is a path returned by found_file.
TrainConfig load_config(const std::string& file, const std::vector<std::string>& settings) {
  const auto config = load_with<TrainConfig>(file, settings);
  check_folder_name(config.name, {file, "name"});
  for (const auto& [field, every] :
       {std::pair{"sample_every", config.sample_every}, std::pair{"keep_every", config.keep_every}})
    if (every % config.loop.checkpoint_every != 0)
      Place{file, field}.fail("is " + std::to_string(every) + "; allowed: a multiple of loop.checkpoint_every, " +
                              std::to_string(config.loop.checkpoint_every));
  return config;
}

// The identity of the run. How pictures are drawn and scored during training is left out: it changes no weights.
std::string identity_of(TrainConfig config, const StageRun& run) {
  config.evaluation.reset();
  config.sample_every = config.keep_every = 0;
  config.loop.checkpoint_activations = config.loop.shard_optimizer = false;
  Json identity{{"config", to_json(config)}, {"data", run.data_hash()}};
  if (const auto predecessors = run.predecessors(); !predecessors.empty()) identity["predecessors"] = predecessors;
  return identity.dump();
}

// The identity for continuing a checkpoint. It contains the end that the run first had, which a later start may change:
// no earlier iteration depends on the end, unless the learning rate falls towards it.
std::string identity_to_go_on(const std::string& checkpoint, const std::string& identity) {
  if (!std::filesystem::exists(checkpoint)) return identity;
  const auto metadata = load_tensors(checkpoint).metadata;
  const auto found = metadata.find("identity");
  Json its = found == metadata.end() ? Json() : json_or_null(found->second);
  const Json own = json_or_null(identity);
  const Json::json_pointer iterations("/config/loop/iterations");
  if (!its.is_object() || !its.contains(iterations) || its[iterations] == own[iterations]) return identity;
  const std::string end = its[iterations].dump();
  its[iterations] = own[iterations];
  if (!identity_difference(its.dump(), identity).empty()) return identity;  // loading reports this difference
  if (identity.find(R"("decay":"cosine")") != std::string::npos)
    throw ConfigError(checkpoint + ": its learning rate falls to 0 at iteration " + end +
                      ", as decay is cosine; allowed for loop.iterations: " + end +
                      ". Give another `out`, or train on from its model by stage.start");
  return found->second;
}

// Every file and folder that a configuration names, and the configuration itself.
std::vector<std::string> inputs_of(const TrainConfig& config, const std::string& file) {
  std::vector<std::string> inputs{file};
  const Json leaves = to_json(config).flatten();
  for (const auto& [key, value] : leaves.items())
    if (value.is_string() && std::filesystem::exists(value.get<std::string>())) inputs.push_back(value);
  return inputs;
}

// Replaces a stored name by the hash of the network that it means now. The hash identifies the run; the name would not,
// because the winner of a sweep may change.
void pin_network(TrainConfig& config, const std::string& database) {
  auto* base = std::get_if<BaseConfig>(&config.stage);
  if (!base || !base->start.empty() || base->unet.ends_with(".json")) return;
  if (is_stored_name(base->unet)) base->unet = hash_of(find_network(base->unet, database).spec);
}

// Reads the checkpoint with `body`; the error for a damaged file then also says how to continue.
void reading_checkpoint(const std::function<void()>& body) {
  try {
    body();
  } catch (const FileError& error) {
    throw FileError(std::string(error.what()) + "; put a copy in its place, or remove it to train from the start");
  }
}

// Restores weights and iteration from a checkpoint; returns the identity under which the training continues.
std::string go_on_from(CheckpointFile& checkpoint, Loop& loop, std::string identity, Listener& listener) {
  bool goes_on = false;
  reading_checkpoint([&] {
    checkpoint.check();
    identity = identity_to_go_on(checkpoint.file(), identity);
    goes_on = loop.resume(checkpoint.file(), identity);
  });
  if (goes_on) listener.say("the training goes on at iteration " + std::to_string(loop.iteration()));
  return identity;
}

void check_end(const CheckpointFile& checkpoint, const Loop& loop, int64_t end) {
  if (loop.iteration() > end)
    throw ConfigError(checkpoint.file() + ": is at iteration " + std::to_string(loop.iteration()) +
                      ", past loop.iterations, which is " + std::to_string(end) +
                      "; allowed: at least the checkpoint's, or another `out`");
}

// The stage and its loop, at the iteration where they go on.
struct Opened {
  Opened(const LoadedTraining& training, const TrainRequest& request, const std::string& out, Listener& listener)
      : run(timed(clock, "opening", [&] { return open_stage(training.config, request.db, listener); })),
        checkpoint(checkpoint_in(out)),
        loop(run->stage(), training.config.loop, training.config.optimizer),
        identity(go_on_from(checkpoint, loop, identity_of(training.written, *run), listener)) {
    check_end(checkpoint, loop, training.config.loop.iterations);
  }
  PhaseClock clock;
  std::unique_ptr<StageRun> run;
  CheckpointFile checkpoint;
  Loop loop;
  std::string identity;
};

// Returns whether it reached its end.
bool train_into(const std::string& out, const LoadedTraining& training, const TrainRequest& request,
                Listener& listener) {
  const TrainConfig& config = training.config;
  for (const auto& taken : {out, out + "/model"})
    refuse_input_as_output("`out`", taken, inputs_of(config, training.file));
  std::optional<FolderLock> lock;
  if (std::filesystem::exists(out)) lock.emplace(out);
  std::unique_ptr<Database> existing = open_if_there(request.db);

  Opened opened(training, request, out, listener);
  auto& [clock, run, checkpoint, loop, identity] = opened;
  any_of(request.ranks, false);  // the others read what this process has prepared of the data
  check_agreement(request.ranks, identity, loop.iteration());
  // Everything that can be wrong with the training is checked before this line, which is the first that writes.
  make_folder(out);
  if (!lock) lock.emplace(out);
  remove_unfinished(out);
  Database& database = open_for_rows(existing, request.db);
  const std::string device = config.loop.placement.device.str();
  Means curve(config.loop.batch, [&] { return peak_bytes(device); });
  Recorder recorder = open_record(database,
                                  {.name = config.name,
                                   .network = run->network(),
                                   .identity = identity,
                                   .loop = config.loop,
                                   .checkpoint = checkpoint,
                                   .device = device_kind(config.loop.placement.device),
                                   .resumed = loop.iteration()},
                                  curve);
  listener.say_if_any(missing_curve(database, recorder.run(), checkpoint.file(), loop.iteration()));
  // Only now, as the record has compared the file with the hashes in the database.
  listener.say_if_any(checkpoint.adopt());
  const bool ended = run_training(loop, {*run, config, to_json(training.written), checkpoint, recorder, out, identity,
                                         request.command, listener, clock, request.profile});
  if (!ended)
    listener.say("the training stopped at iteration " + std::to_string(loop.iteration()) +
                 "; the same command goes on from " + checkpoint.file());
  return ended;
}

// Stops as the first process's listener does, and says nothing.
class Quiet final : public Listener {
 public:
  explicit Quiet(Listener& listener) : listener_(listener) {}
  bool stops() override { return listener_.stops(); }
  void stoppable(bool now) override { listener_.stoppable(now); }

 private:
  Listener& listener_;
};

// Trains beside process 0, which writes.
bool train_along(const std::string& out, const LoadedTraining& training, const TrainRequest& request,
                 Listener& listener) {
  Quiet quiet(listener);
  any_of(request.ranks, false);
  Opened opened(training, request, out, quiet);
  check_agreement(request.ranks, opened.identity, opened.loop.iteration());
  const LoopConfig& config = training.config.loop;
  const Stoppable stoppable(quiet);
  opened.loop.collect();
  return train_segment(opened.loop, nullptr,
                       {.end = config.iterations,
                        .checkpoint_every = config.checkpoint_every,
                        .listener = quiet,
                        .clock = opened.clock});
}

}  // namespace

LoadedTraining load_training(const TrainRequest& request) {
  LoadedTraining training{.file = found_file(request.file), .written = {}, .config = {}};
  training.written = load_config(training.file, request.settings);
  pin_network(training.written, request.db);
  training.config = from_json<TrainConfig>(with_found_files(to_json(training.written), training.file), request.file);
  training.config.loop.placement = request.placement;
  training.config.loop.synchronised = request.profile;
  training.config.loop.ranks = request.ranks;
  return training;
}

TrainResult train(const TrainRequest& request, Listener& listener) {
  const LoadedTraining training = load_training(request);
  const std::string out = request.out.empty() ? "out/train/" + training.config.name : request.out;
  return {out, (leads(request.ranks) ? train_into : train_along)(out, training, request, listener)};
}

}  // namespace mds
