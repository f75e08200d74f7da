// A chain of toy trainings with one configuration for each stage that trains a UNet; each starts from the one before.
#pragma once

#include <map>
#include <vector>

#include "search/store/store.h"
#include "tests/app/toy_folder.h"

namespace mds {

struct ToyTraining : ToyFolder {
  static const std::vector<std::string>& unet_stages() {
    static const std::vector<std::string> list{"base", "relu", "distil", "ufogen", "score_distil"};
    return list;
  }

  // Those, and what adds an adapter to the distilled network.
  static std::vector<std::string> stages() {
    std::vector<std::string> list = unet_stages();
    list.push_back("tune");
    return list;
  }

  ToyTraining() {
    for (const auto& stage : stages()) write(stage + ".json", config(stage));
  }

  static Json config(const std::string& stage) {
    const std::map<std::string, Json> own{
        {"base", {{"unet", "unet.json"}, {"width_divisor", 1}}},
        {"relu", {{"start", "out/train/base/model"}}},
        {"distil", {{"teacher", "out/train/relu/model"}, {"steps", 2}, {"guidance", {{"probability", 0.5}}}}},
        {"ufogen", {{"start", "out/train/distil/model"}}},
        {"score_distil",
         {{"teacher", "out/train/base/model"},
          {"start", "out/train/distil/model"},
          {"fake", {{"steps", 2}}},
          {"most_drift", 1e6}}},
        {"tune", {{"start", "out/train/distil/model"}, {"caption_dropout", 0.5}, {"adapter", {{"channels", 1}}}}}};
    Json json{{"name", stage},
              {"stage", own.at(stage)},
              {"loop", {{"iterations", 8}, {"batch", 4}, {"seed", 1}, {"checkpoint_every", 2}}},
              {"optimizer", {{"lr", 1e-3}, {"warmup", 2}}}};
    if (stage != "tune") json["evaluation"] = {{"pictures", 4}, {"sampler", {{"steps", 2}}}}, json["sample_every"] = 4;
    json["stage"]["kind"] = stage;
    json["stage"]["latents"] = "latents.safetensors";
    json["stage"]["encoders"] = {{"autoencoder", "vae"}, {"text", "clip"}, {"score", "clip"}};
    return json;
  }

  static std::string arguments(const std::string& name) { return "train " + name + ".json --threads 1 --db r.db"; }

  Outcome train(const std::string& name, const std::string& more = "", const std::string& before = "") const {
    return run(arguments(name) + " " + more, before);
  }
  void require_trained(const std::string& name) const {
    const Outcome outcome = train(name);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
  }
  // Checks that the program ended with exit code 1 and this message.
  void check_fails(const Outcome& outcome, const std::string& message) const {
    CHECK(outcome.code == 1);
    CHECK_THAT(outcome.err, Catch::Contains(message));
  }

  std::string output(const std::string& name) const { return file("out/train/" + name); }
  std::string checkpoint(const std::string& name) const { return output(name) + "/checkpoint.safetensors"; }

  // The bytes of every file that a training writes, by name.
  std::map<std::string, std::string> files_of(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(output(name)))
      if (entry.is_regular_file())
        files[std::filesystem::relative(entry.path(), output(name)).string()] = text_of_file(entry.path().string());
    return files;
  }

  RunRow last_run() const {
    const auto runs = runs_of(Database(file("r.db"), StoreMode::read_only), trainings);
    REQUIRE(!runs.empty());
    return runs.back();
  }

  // All rows of all runs except the rate and the memory, which differ in every run.
  Json rows() const {
    const Database database(file("r.db"), StoreMode::read_only);
    Json all = Json::array();
    for (const auto& run : runs_of(database, trainings)) {
      Json metrics = Json::array(), checkpoints = Json::array();
      for (const auto& row : metrics_of(database, run.run)) {
        const bool measured = row.name == "images_per_s" || row.name == "peak_bytes";
        const Json value = measured ? Json(row.value > 0) : Json(row.value);
        metrics.push_back({row.name, row.iteration, row.images_seen, row.name == "images_per_s" ? 0 : row.n, value,
                           row.checkpoint, row.protocol});
      }
      for (const auto& row : checkpoints_of(database, run.run))
        checkpoints.push_back({row.iteration, row.sha256, row.path, row.bytes});
      all.push_back({{"arch", run.arch},
                     {"protocol", run.protocol},
                     {"state", std::string(name_of(run.state))},
                     {"metrics", metrics},
                     {"checkpoints", checkpoints}});
    }
    return all;
  }
};

}  // namespace mds
