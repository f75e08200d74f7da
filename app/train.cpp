// mdsearch train: one stage from its config to a model folder, with a checkpoint to go on from.
#include <filesystem>
#include <iostream>
#include <optional>

#include "app/folder_lock.h"
#include "app/open_store.h"
#include "app/options.h"
#include "app/output.h"
#include "app/run.h"
#include "app/run_files.h"
#include "app/train_plan.h"
#include "app/training.h"
#include "networks/found_file.h"
#include "search/named_network.h"
#include "spec/new_file.h"
#include "trainer/run_identity.h"

namespace mds {
namespace {

// `file` is as found_file finds it.
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

// What the run follows from: what is drawn and scored changes nothing of it.
std::string identity_of(TrainConfig config, const StageRun& run) {
  config.evaluation.reset();
  config.sample_every = config.keep_every = 0;
  config.loop.checkpoint_activations = false;
  Json identity{{"config", to_json(config)}, {"data", run.data_hash()}};
  if (const auto predecessors = run.predecessors(); !predecessors.empty()) identity["predecessors"] = predecessors;
  return identity.dump();
}

// The identity under which a checkpoint goes on. A run is known by where it was first meant to end, which a later start
// may move: nothing before that end depends on it, unless the learning rate falls towards it.
std::string identity_to_go_on(const std::string& checkpoint, const std::string& identity) {
  if (!std::filesystem::exists(checkpoint)) return identity;
  const auto metadata = load_tensors(checkpoint).metadata;
  const auto found = metadata.find("identity");
  Json its = found == metadata.end() ? Json() : Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  const Json own = Json::parse(identity);
  const Json::json_pointer iterations("/config/loop/iterations");
  if (!its.is_object() || !its.contains(iterations) || its[iterations] == own[iterations]) return identity;
  const std::string end = its[iterations].dump();
  its[iterations] = own[iterations];
  if (!identity_difference(its.dump(), identity).empty()) return identity;  // which loading it tells
  if (identity.find(R"("decay":"cosine")") != std::string::npos)
    throw ConfigError(checkpoint + ": its learning rate falls to 0 at iteration " + end +
                      ", as decay is cosine; allowed for loop.iterations: " + end +
                      ". Give another --out, or train on from its model by stage.start");
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

// A stored name is replaced by the hash of what it means now, which the run is known by: the winner of a sweep may
// change.
void pin_network(TrainConfig& config, const std::string& database) {
  auto* base = std::get_if<BaseConfig>(&config.stage);
  if (!base || !base->start.empty() || base->unet.ends_with(".json")) return;
  if (is_stored_name(base->unet)) base->unet = hash_of(find_network(base->unet, database).spec);
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

  const std::string found = found_file(file);
  TrainConfig written = load_config(found, settings);
  if (!values["seed"].defaulted()) written.loop.seed = compute.seed;
  pin_network(written, db);
  const auto config = from_json<TrainConfig>(with_found_files(to_json(written), found), file);
  if (is_plan(values, request)) {
    request.database = db;
    std::cout << plan_text(config, request);
    return 0;
  }
  if (out.empty()) out = "out/train/" + config.name;
  std::string command = "mdsearch train " + file;
  for (const auto& setting : settings) command += " --set " + setting;
  for (const auto& taken : {out, out + "/model"}) refuse_input_as_output("--out", taken, inputs_of(config, found));
  std::optional<FolderLock> lock;
  if (std::filesystem::exists(out)) lock.emplace(out);
  std::unique_ptr<Store> database = open_if_there(db);

  const auto run = open_stage(config, db);
  const std::string checkpoint = checkpoint_in(out),
                    identity = identity_to_go_on(checkpoint, identity_of(written, *run));
  Loop loop(run->stage(), config.loop, config.optimizer);
  if (resumed(loop, checkpoint, identity))
    std::cerr << "the training goes on at iteration " << loop.iteration() << "\n";
  if (loop.iteration() > config.loop.iterations)
    throw ConfigError(checkpoint + ": is at iteration " + std::to_string(loop.iteration()) +
                      ", past loop.iterations, which is " + std::to_string(config.loop.iterations) +
                      "; allowed: at least the checkpoint's, or another --out");
  // All that can be wrong with the training is known now; here begins what it leaves behind.
  make_folder(out);
  if (!lock) lock.emplace(out);
  remove_unfinished(out);
  Store& store = opened(database, db);
  TrainRecord record(store, {.name = config.name,
                             .network = run->network(),
                             .identity = identity,
                             .loop = config.loop,
                             .device = compute.device == "cpu" ? "cpu" : "cuda",
                             .checkpoint = checkpoint,
                             .resumed = loop.iteration()});
  if (!run_training(loop, {*run, config, to_json(written), record, out, identity, command})) {
    std::cerr << "the training stopped at iteration " << loop.iteration() << "; the same command goes on from "
              << checkpoint << "\n";
    return 1;
  }
  std::cout << out << "/model\n";
  return 0;
}

}  // namespace mds
