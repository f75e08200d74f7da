// How sweeps start and grow: failing starts, paths, lists of networks, plans, and a stored sweep that is extended.
#include <algorithm>
#include <set>

#include "experiments/run_files.h"
#include "reports/rows.h"
#include "search/winner.h"
#include "tests/app/toy_sweep.h"

using namespace mds;

TEST_CASE("a start that fails leaves no row, no folder and no file, and the name is free", "[app]") {
  const ToySweep sweep;
  sweep.check_fails_without_trace("missing.json", " --set space=missing.json");
  sweep.check_fails_without_trace("none of its 3 networks is under max_params", " --set max_params=1");
  sweep.check_fails_without_trace("evaluation.scores names nonsense", " --set 'evaluation.scores=[\"nonsense\"]'");
  sweep.check_fails_without_trace("no-such-set", " --set stage.latents=no-such-set");
  sweep.check_fails_without_trace("nonsense is not a known key", " --set nonsense=1");
  sweep.check_fails_without_trace("is \"..\"; allowed: the name of a folder", " --set name=..");
  CHECK(sweep.ToyFolder::run("worker sweep.json --db r.db").code == 1);
  CHECK(sweep.ToyFolder::run("profile nonsense --db r.db").code != 0);
  CHECK(sweep.ToyFolder::run("db merge missing.db --db r.db").code == 1);
  sweep.check_nothing_left();
}

TEST_CASE("paths beside the configuration are found from every folder, and do not change what a sweep is", "[app]") {
  const ToySweep sweep;
  Json json = sweep.config();
  json["space"] = "space.json";
  json["stage"]["latents"] = "latents.safetensors";
  json["stage"]["encoders"] = {{"autoencoder", "vae"}, {"text", "clip"}, {"score", "clip"}};
  std::filesystem::create_directories(sweep.file("configs"));
  for (const char* name : {"space.json", "unet.json", "latents.safetensors", "vae", "clip"})
    std::filesystem::rename(sweep.file(name), sweep.file("configs/") + name);
  sweep.write("configs/space.json",
              {{"base", sweep.file("configs/unet.json")},
               {"choices", {{{"name", "kernel"}, {"path", "levels.1.kernel"}, {"values", {3, 5, 7}}}}}});
  sweep.write("configs/sweep.json", json);
  for (const char* path : {"configs/sweep.json", "./configs/sweep.json"}) {
    const Outcome outcome = sweep.ToyFolder::run(std::string("sweep --threads 1 --db r.db ") + path);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
  }
  CHECK(sweep.results().size() == 3);
}

TEST_CASE("a plain list of networks is a sweep", "[app]") {
  const ToySweep sweep;
  UNetSpec other = toy::unet();
  other.levels.back().kernel = 5;
  sweep.write("other.json", to_json(NetworkSpec(other)));
  Json json = sweep.config();
  json.erase("space");
  json["networks"] = {"unet.json", "other.json"};
  sweep.write("sweep.json", json);
  sweep.check_fails_without_trace("networks: 2 of 2 are over the caps: unet has ", " --set max_params=1");
  sweep.check_fails_without_trace("networks is given, and so is space", " --set space=space.json");
  sweep.require_done();
  CHECK(sweep.results().size() == 2);
  const Database database(sweep.file("r.db"), StoreMode::read_only);
  CHECK(find_arch(database, "other").has_value());
}

TEST_CASE("values of --set reach the workers too", "[app]") {
  const ToySweep sweep;
  sweep.require_done(" --workers 2 --set candidates=2 --set name=toy");
  CHECK(sweep.results().size() == 2);
}

TEST_CASE("a stored sweep that takes more rungs ends where one with all of them ends", "[app]") {
  const ToySweep grown, whole;
  whole.require_done();
  grown.require_done(" --set rungs=[4]");
  grown.require_done();
  CHECK(grown.results() == whole.results());
  CHECK(mdsearch("db check --db " + grown.file("r.db")).code == 0);
}

TEST_CASE("a stored sweep takes more candidates and seeds, and trains nothing twice", "[app]") {
  const ToySweep sweep;
  sweep.require_done(" --set candidates=2");
  const Json first = sweep.results();
  sweep.require_done();
  sweep.require_done(" --set seeds=2");
  const Json all = sweep.results();
  REQUIRE(all.size() == 6);
  for (const auto& run : all) CHECK(run["state"] == "done");
  CHECK(Json(Json::array_t(all.begin(), all.begin() + 2)) == first);
  const ToySweep other;
  other.require_done(" --seed 2");  // the results of a seed do not depend on other seeds
  std::set<Json> wanted, found;
  for (const auto& run : other.results()) wanted.insert(run["scores"]);
  for (size_t i = 3; i < 6; ++i) found.insert(all[i]["scores"]);
  CHECK(found == wanted);
}

TEST_CASE("changes that a stored sweep does not allow are named field by field", "[app]") {
  const ToySweep sweep;
  sweep.require_done();
  const Outcome outcome = sweep.ToyFolder::run(ToySweep::arguments + " --set optimizer.lr=0.5 --set candidates=4");
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Catch::Contains("candidates 3 -> 4 is allowed, optimizer.lr 0.001 -> 0.5 is not"));
  const Outcome fewer = sweep.ToyFolder::run(ToySweep::arguments + " --set rungs=[4]");
  CHECK_THAT(fewer.err, Catch::Contains("rungs [4,8] -> [4] is not"));
  const Outcome worker = sweep.ToyFolder::run("worker sweep.json --db r.db --set candidates=4");
  CHECK_THAT(worker.err, Catch::Contains("give the worker what the sweep has"));
}

TEST_CASE("runs that are stored with rungs in their protocol go on from their checkpoints", "[app]") {
  const ToySweep sweep, undisturbed;
  undisturbed.require_done();
  sweep.require_done(" --set rungs=[4]");
  const Json results = sweep.results();
  {  // as older programs stored runs: the budget is part of the protocol that names their files
    Database database(sweep.file("r.db"));
    const RunRow old = runs_of(database, "toy").front();
    Json protocol = Json::parse(protocol_json(database, old.protocol));
    protocol["rungs"] = {4};
    protocol["loop"]["iterations"] = 4;
    protocol["loop"]["seed"] = 1;
    const std::string hash = add_protocol(database, protocol.dump());
    for (RunRow run : runs_of(database, "toy")) {
      const std::string before = files_of(sweep_folder(usual_artifacts, "toy"), run).folder, identity = identity_of(run);
      run.protocol = hash;
      TensorFile checkpoint = load_tensors(sweep.file(before + "/checkpoint.safetensors"));
      checkpoint.metadata["identity"] = identity_of(run);
      save_tensors(sweep.file(before + "/checkpoint.safetensors"), checkpoint);
      std::filesystem::remove(sweep.file(before + "/checkpoint.safetensors.sha256"));
      std::filesystem::rename(sweep.file(before), sweep.file(files_of(sweep_folder(usual_artifacts, "toy"), run).folder));
    }
    database.execute("UPDATE run SET protocol_id = (SELECT protocol_id FROM protocol WHERE hash = :hash)", hash);
  }
  const Outcome outcome = sweep.run();
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, Catch::Contains("has no hash beside it") && !Catch::Contains("goes back to the start"));
  CHECK(sweep.results() == undisturbed.results());
}

TEST_CASE("a sweep's networks may be winners of stored sweeps, and stay what they were when it began", "[app]") {
  const ToySweep sweep;
  sweep.require_done();
  Json json = sweep.config();
  json.erase("space");
  json["networks"] = {"winner@toy"};
  sweep.write("sweep.json", json);
  sweep.require_done(" --set name=again");
  const Database database(sweep.file("r.db"), StoreMode::read_only);
  const std::string winner = rank_sweep(database, "toy").placed.front().candidate;
  REQUIRE(runs_of(database, "again").size() == 1);
  CHECK(runs_of(database, "again").front().arch == winner);
  CHECK_THAT(sweep_config(database, "again").value(), Catch::Contains(winner));
}
