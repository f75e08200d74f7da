// mdsearch train: one stage from its config to a model folder, with a checkpoint to go on from.
#include <iostream>

#include "app/folder_lock.h"
#include "app/options.h"
#include "app/run.h"
#include "app/train_plan.h"
#include "app/training.h"
#include "spec/new_file.h"

namespace mds {
namespace {

TrainConfig load_config(const std::string& file, const std::vector<std::string>& settings) {
  const auto config = load_with<TrainConfig>(file, settings);
  if (config.name.empty() || config.name.find('/') != std::string::npos)
    Place{file, "name"}.fail("is \"" + config.name + "\"; it names a folder");
  for (const auto& [field, every] :
       {std::pair{"sample_every", config.sample_every}, std::pair{"keep_every", config.keep_every}})
    if (every % config.loop.checkpoint_every != 0)
      Place{file, field}.fail("is " + std::to_string(every) + "; allowed: a multiple of loop.checkpoint_every, " +
                              std::to_string(config.loop.checkpoint_every));
  return config;
}

// What the run follows from: what is drawn and scored changes nothing of it.
std::string identity_of(TrainConfig config, const StageRun& run) {
  config.evaluation.reset();
  config.sample_every = config.keep_every = 0;
  config.loop.checkpoint_activations = false;
  Json identity{{"config", to_json(config)}, {"data", run.data_hash()}};
  if (const auto predecessors = run.predecessors(); !predecessors.empty()) identity["predecessors"] = predecessors;
  return identity.dump();
}

bool resumed(Loop& loop, const std::string& checkpoint, const std::string& identity) {
  try {
    return loop.resume(checkpoint, identity);
  } catch (const FileError& error) {
    throw FileError(std::string(error.what()) + "; put a copy in its place, or remove it to train from the start");
  }
}

}  // namespace

int run_train(int argc, char** argv) {
  CommandLine line{.usage =
                       "mdsearch train CONFIG [--set key=value ...] [--out DIR] [--db FILE]\n"
                       "       mdsearch train CONFIG --plan [--devices N] [--rate R | --tflops T] [--format FORMAT]",
                   .example = "mdsearch train configs/train/emoji-autoencoder.json --set loop.iterations=100",
                   .positional = {"config"}};
  std::string file, out, db;
  std::vector<std::string> settings;
  ComputeOptions compute;
  line.options.add_options()("config", po::value(&file)->required()->value_name("CONFIG"),
                             "Configuration of a training; `mdsearch help train` lists its fields")(
      "set", po::value(&settings)->composing()->value_name("KEY=VALUE"),
      "Sets one value of the configuration, such as loop.iterations=2k; may repeat")(
      "out", po::value(&out)->value_name("DIR"),
      "Folder to write (default: out/train/NAME, by the configuration's name)")(
      "db", po::value(&db)->default_value("out/results.db")->value_name("FILE"), "Results database");
  add_compute_options(line.options, compute);
  PlanRequest request;
  add_plan_options(line.options, request);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  apply(compute);

  TrainConfig config = load_config(file, settings);
  if (!values["seed"].defaulted()) config.loop.seed = compute.seed;
  if (is_plan(values, request)) {
    std::cout << plan_text(config, request);
    return 0;
  }
  if (out.empty()) out = "out/train/" + config.name;
  std::string command = "mdsearch train " + file;
  for (const auto& setting : settings) command += " --set " + setting;
  make_folder(out);
  const FolderLock lock(out);
  remove_unfinished(out);
  Store store(db);

  const auto run = open_stage(config);
  const std::string identity = identity_of(config, *run), checkpoint = checkpoint_in(out);
  Loop loop(run->stage(), config.loop, config.optimizer);
  if (resumed(loop, checkpoint, identity)) std::cerr << "resumes at iteration " << loop.iteration() << "\n";
  TrainRecord record(store, {.name = config.name,
                             .network = run->network(),
                             .identity = identity,
                             .loop = config.loop,
                             .device = compute.device == "cpu" ? "cpu" : "cuda",
                             .checkpoint = checkpoint,
                             .resumed = loop.iteration()});
  if (!run_training(loop, {*run, config, record, out, identity, command})) {
    std::cerr << "stopped at iteration " << loop.iteration() << "; the same command goes on from " << checkpoint
              << "\n";
    return 1;
  }
  std::cout << out << "/model\n";
  return 0;
}

}  // namespace mds
