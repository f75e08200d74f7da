// A whole sweep of toy networks on toy latents, run as a user runs it.
#pragma once

#include <algorithm>

#include "search/store/store.h"
#include "tests/app/toy_folder.h"

namespace mds {

// Space and sweep configuration in a toy folder.
struct ToySweep : ToyFolder {
  ToySweep() {
    write("space.json", {{"base", file("unet.json")},
                         {"choices", {{{"name", "kernel"}, {"path", "levels.1.kernel"}, {"values", {3, 5, 7}}}}}});
    write("sweep.json", config());
  }

  Json config() const {
    const std::string p = folder.path;
    return {{"name", "toy"},
            {"space", p + "/space.json"},
            {"candidates", 3},
            {"batch", 4},
            {"seed", 1},
            {"rungs", {4, 8}},
            {"checkpoint_every", 2},
            {"lease_seconds", 2},
            {"profile", false},
            {"stage",
             {{"width_divisor", 1},
              {"latents", p + "/latents.safetensors"},
              {"encoders", {{"autoencoder", p + "/vae"}, {"text", p + "/clip"}, {"score", p + "/clip"}}}}},
            {"evaluation", {{"pictures", 4}, {"sampler", {{"steps", 2}}}}},
            {"policy", {{"rule", "none"}}}};
  }
  void change(const std::string& key, const Json& value) const {
    Json json = config();
    json[key] = value;
    write("sweep.json", json);
  }
  inline static const std::string arguments = "sweep sweep.json --threads 1 --db r.db";
  Outcome run() const { return ToyFolder::run(arguments); }

  void check_fails(const std::string& message) const {
    const Outcome outcome = run();
    CHECK(outcome.code == 1);
    CHECK_THAT(outcome.err, Catch::Contains(message));
  }

  // A failed start must not reserve the name and must not create anything.
  void check_nothing_left() const {
    CHECK_FALSE(std::filesystem::exists(file("r.db")));
    CHECK_FALSE(std::filesystem::exists(file("out")));
  }
  void check_fails_without_trace(const std::string& message, const std::string& set = "") const {
    const Outcome outcome = ToyFolder::run(arguments + set);
    CHECK(outcome.code != 0);
    CHECK_THAT(outcome.err, Catch::Contains(message));
    check_nothing_left();
  }
  void require_done(const std::string& set = "") const {
    const Outcome outcome = ToyFolder::run(arguments + set);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
  }

  // The state of every run with its scores, which kills must not change.
  Json results() const {
    const Database database(folder.path + "/r.db", StoreMode::read_only);
    Json rows = Json::array();
    for (const auto& run : runs_of(database, "toy")) {
      Json scores = Json::object();
      for (const auto& metric : metrics_of(database, run.run))
        scores[metric.name + "@" + std::to_string(metric.iteration)] = metric.value;
      rows.push_back({{"arch", run.arch},
                      {"state", std::string(name_of(run.state))},
                      {"scores", scores},
                      {"decisions", decisions_of(database, run.run).size()}});
    }
    return rows;
  }

  // Removes the database but not the files under out/, as a user does to start again.
  void forget_database() const {
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(folder.path + "/r.db" + ending);
  }

  std::vector<std::string> run_folders() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path + "/out/sweeps/toy"))
      if (entry.path().filename().string().starts_with("run-")) found.push_back(entry.path().string());
    REQUIRE(found.size() == 3);
    std::sort(found.begin(), found.end());
    return found;
  }
};

}  // namespace mds
