// A whole sweep of toy networks on toy latents, run as a user runs it: to the end, killed and started again, and with a
// candidate that fails.
#include <soci/soci.h>

#include <algorithm>
#include <set>

#include "app/run_files.h"
#include "reports/rows.h"
#include "search/store/store.h"
#include "tests/app/toy_folder.h"

using namespace mds;

namespace {

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

  // A start that failed took no name and made nothing.
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

  // Every run's state, with its scores: what must not depend on kills.
  Json results() const {
    const Store store(folder.path + "/r.db", StoreMode::read_only);
    Json rows = Json::array();
    for (const auto& run : store.runs("toy")) {
      Json scores = Json::object();
      for (const auto& metric : store.metrics(run.run))
        scores[metric.name + "@" + std::to_string(metric.iteration)] = metric.value;
      rows.push_back({{"arch", run.arch},
                      {"state", std::string(name_of(run.state))},
                      {"scores", scores},
                      {"decisions", store.decisions(run.run).size()}});
    }
    return rows;
  }

  // As a user does who starts over: the database goes, what is under out/ stays.
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

}  // namespace

TEST_CASE("a sweep trains every candidate to the last rung, and a second start does nothing twice", "[app]") {
  const ToySweep sweep;
  const Outcome first = sweep.run();
  INFO(first.err);
  REQUIRE(first.code == 0);
  const Json results = sweep.results();
  REQUIRE(results.size() == 3);
  for (const auto& run : results) {
    CHECK(run["state"] == "done");
    CHECK(run["decisions"] == 1);
    CHECK(run["scores"].contains("fd_emoji_clip@4"));
    CHECK(run["scores"].contains("clip_emoji@8"));
  }
  CHECK(std::filesystem::exists(sweep.folder.path + "/out/sweeps/toy/best/proxy/unet.safetensors"));
  REQUIRE(sweep.run().code == 0);
  CHECK(sweep.results() == results);
}

TEST_CASE("a sweep killed at any moment ends where an undisturbed one ends", "[app]") {
  const ToySweep undisturbed, killed;
  REQUIRE(undisturbed.run().code == 0);
  for (const int milliseconds : {150, 400, 650, 900})
    killed.run_and_kill(ToySweep::arguments, std::chrono::milliseconds(milliseconds));
  const Outcome last = killed.run();
  INFO(last.err);
  REQUIRE(last.code == 0);
  CHECK(killed.results() == undisturbed.results());
  CHECK(mdsearch("db check --db " + killed.folder.path + "/r.db").code == 0);
}

TEST_CASE("a second database beside the first one's files gets the same numbers", "[app]") {
  const ToySweep sweep;
  REQUIRE(sweep.run().code == 0);
  const Json first = sweep.results();
  sweep.forget_database();
  REQUIRE(sweep.run().code == 0);
  CHECK(sweep.results() == first);
}

TEST_CASE("a candidate that fails is recorded with its message and the sweep goes on", "[app]") {
  const ToySweep sweep;
  REQUIRE(sweep.run().code == 0);
  sweep.forget_database();
  save_text(sweep.run_folders().front() + "/checkpoint.safetensors", "not a checkpoint");
  const Outcome outcome = sweep.run();
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Store store(sweep.folder.path + "/r.db", StoreMode::read_only);
  int failed = 0;
  for (const auto& run : store.runs("toy")) {
    CHECK((run.state == RunState::failed || run.state == RunState::done));
    if (run.state != RunState::failed) continue;
    ++failed;
    CHECK_THAT(run.message, Catch::Contains("checkpoint.safetensors"));
  }
  CHECK(failed == 1);
}

TEST_CASE("a file that cannot be written ends the sweep, not the candidate; the same command goes on", "[app]") {
  const ToySweep sweep;
  REQUIRE(sweep.run().code == 0);
  const Json undisturbed = sweep.results();
  sweep.forget_database();
  const std::string blocked = sweep.run_folders().front() + "/evaluation-4.safetensors";
  std::filesystem::remove(blocked);
  std::filesystem::create_directories(blocked);
  sweep.check_fails(std::filesystem::path(blocked).filename().string());
  std::filesystem::remove(blocked);
  REQUIRE(sweep.run().code == 0);
  CHECK(sweep.results() == undisturbed);
}

TEST_CASE("a rung with a lost evaluation is not judged by the rest", "[app]") {
  const ToySweep sweep;
  REQUIRE(sweep.run().code == 0);
  Store(sweep.folder.path + "/r.db").reading_session() << "UPDATE run SET state = 'paused', rung = 0";
  std::filesystem::remove(sweep.run_folders().front() + "/evaluation-4.safetensors");
  sweep.check_fails("evaluation-4.safetensors: is missing");
}

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
  const Store store(sweep.file("r.db"), StoreMode::read_only);
  CHECK(store.find_arch("other").has_value());
}

TEST_CASE("values of --set reach the workers too", "[app]") {
  const ToySweep sweep;
  sweep.require_done(" --workers 2 --set candidates=2 --set name=toy");
  CHECK(sweep.results().size() == 2);
}

TEST_CASE("a plan says what a sweep trains and writes nothing", "[app]") {
  const ToySweep sweep;
  const Outcome outcome = sweep.ToyFolder::run(ToySweep::arguments + " --plan --format json --set seeds=2");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json plan = outcome.json();
  CHECK(plan["candidates"].size() == 3);
  CHECK(plan["iterations"] == 3 * 2 * 8);
  CHECK(plan["rungs"][1]["iterations"] == 3 * 2 * 4);
  CHECK(plan["seconds"].get<double>() > 0);
  CHECK(plan["disk_bytes"].get<int64_t>() > 0);
  sweep.check_nothing_left();
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
  other.require_done(" --seed 2");  // what a seed gives does not depend on the others
  std::set<Json> wanted, found;
  for (const auto& run : other.results()) wanted.insert(run["scores"]);
  for (size_t i = 3; i < 6; ++i) found.insert(all[i]["scores"]);
  CHECK(found == wanted);
}

TEST_CASE("what a stored sweep does not take is named field by field", "[app]") {
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
  {  // as runs were stored once: their files are named by a protocol that holds the budget
    Store store(sweep.file("r.db"));
    const RunStatus old = store.runs("toy").front();
    Json protocol = Json::parse(protocol_json(store, old.protocol));
    protocol["rungs"] = {4};
    protocol["loop"]["iterations"] = 4;
    protocol["loop"]["seed"] = 1;
    const std::string hash = store.add_protocol(protocol.dump());
    for (RunStatus run : store.runs("toy")) {
      const std::string before = files_of("toy", run).folder, identity = identity_of(run);
      run.protocol = hash;
      TensorFile checkpoint = load_tensors(sweep.file(before + "/checkpoint.safetensors"));
      checkpoint.metadata["identity"] = identity_of(run);
      save_tensors(sweep.file(before + "/checkpoint.safetensors"), checkpoint);
      std::filesystem::rename(sweep.file(before), sweep.file(files_of("toy", run).folder));
    }
    store.reading_session() << "UPDATE run SET protocol_id = (SELECT protocol_id FROM protocol WHERE hash = '" + hash +
                                   "')";
  }
  sweep.require_done();
  CHECK(sweep.results() == undisturbed.results());
}

TEST_CASE("an interrupted sweep goes on with the same command and ends where an undisturbed one ends", "[app]") {
  const ToySweep undisturbed, stopped;
  undisturbed.require_done();
  for (const char* seconds : {"0.2", "0.4", "0.7"}) {
    const std::string line = "cd " + stopped.folder.path + " && timeout -s INT " + seconds + " " MDSEARCH_PROGRAM " " +
                             ToySweep::arguments + " >/dev/null 2>err";
    const int status = std::system(line.c_str());
    CHECK(WIFEXITED(status));
    CHECK_THAT(text_of_file(stopped.file("err")), !Catch::Contains("failed"));
  }
  stopped.require_done();
  CHECK(stopped.results() == undisturbed.results());
}

TEST_CASE("a deleted sweep frees its name and takes its files along", "[app]") {
  const ToySweep sweep;
  sweep.require_done();
  const Outcome unknown = sweep.ToyFolder::run("db delete sweep nonsense --db r.db");
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Catch::Contains("the sweep \"nonsense\" is not there") && Catch::Contains("toy"));
  const auto folders = sweep.run_folders();
  const Outcome one = sweep.ToyFolder::run("db delete run 1 --db r.db --format json");
  INFO(one.err);
  REQUIRE(one.code == 0);
  CHECK(one.json()["files"].size() == 1);
  CHECK(sweep.results().size() == 2);
  sweep.require_done();  // trains what is missing
  CHECK(sweep.run_folders() == folders);
  REQUIRE(sweep.ToyFolder::run("db delete sweep toy --db r.db").code == 0);
  CHECK_FALSE(std::filesystem::exists(sweep.file("out/sweeps/toy")));
  CHECK(mdsearch("db check --db " + sweep.file("r.db")).code == 0);
  sweep.require_done(" --set batch=5");
}

TEST_CASE("a sweep whose caps admit nothing fails and says so", "[app]") {
  const ToySweep sweep;
  sweep.change("max_params", 1);
  sweep.check_fails("none of its 3 networks is under max_params and max_gmacs");
}

TEST_CASE("a policy that names a text-image score which cannot be trusted is refused before it begins", "[app]") {
  const ToySweep sweep;
  sweep.change("policy", {{"rule", "halving"}, {"scores", {"clip_emoji"}}});
  sweep.check_fails("policy.scores names clip_emoji, but the scoring encoder's recall@1 is below five times chance");
  sweep.check_nothing_left();
}

TEST_CASE("a changed configuration under the same name is refused", "[app]") {
  const ToySweep sweep;
  REQUIRE(sweep.run().code == 0);
  sweep.change("batch", 5);
  sweep.check_fails("with another configuration");
}

TEST_CASE("any score of the table decides by its name and has an interval", "[app]") {
  const ToySweep sweep;
  Json json = sweep.config();
  json["evaluation"] = {{"pictures", 4}, {"sampler", {{"steps", 2}}}, {"scores", {"kid_emoji_clip"}}};
  json["policy"] = {{"rule", "halving"}, {"eta", 2}, {"scores", {"kid_emoji_clip"}}};
  sweep.write("sweep.json", json);
  const Outcome outcome = sweep.run();
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Store store(sweep.folder.path + "/r.db", StoreMode::read_only);
  double best = 0, best_of_stopped = 0;
  for (const auto& run : store.runs("toy"))
    for (const auto& metric : store.metrics(run.run)) {
      if (metric.name != "kid_emoji_clip" || metric.iteration != 4) continue;
      CHECK(metric.low.value() <= metric.value);
      CHECK(metric.value <= metric.high.value());
      double& least = run.state == RunState::stopped ? best_of_stopped : best;
      least = least == 0 ? metric.value : std::min(least, metric.value);
    }
  REQUIRE(best != 0);
  REQUIRE(best_of_stopped != 0);
  CHECK(best < best_of_stopped);
}

TEST_CASE("two scores decide together, of pictures and of their captions", "[app]") {
  const ToySweep sweep;
  const std::string file = sweep.folder.path + "/latents.safetensors";
  LatentSet set = load_latents(file);  // with an encoder that finds each of the six held-out pictures by its text
  set.held_out = at::arange(set.count()) >= set.count() - 6;
  set.text_features = set.image_features;
  save_latents(file, set);
  Json json = sweep.config();
  json["evaluation"]["scores"] = {"kid_emoji_clip"};
  json["policy"] = {{"rule", "halving"}, {"eta", 2}, {"scores", {"kid_emoji_clip", "clip_emoji"}}};
  sweep.write("sweep.json", json);
  const Outcome outcome = sweep.run();
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Store store(sweep.folder.path + "/r.db", StoreMode::read_only);
  for (const auto& run : store.runs("toy"))
    for (const auto& decision : store.decisions(run.run)) {
      CHECK_THAT(decision.inputs_json, Catch::Contains("kid_emoji_clip"));
      CHECK_THAT(decision.inputs_json, Catch::Contains("clip_emoji"));
    }
}

TEST_CASE("a decision that its stored inputs do not lead to is found", "[app]") {
  const ToySweep sweep;
  sweep.change("policy", {{"rule", "halving"}, {"scores", {"fd_emoji_clip"}}});
  REQUIRE(sweep.run().code == 0);
  const std::string check = "db check --db " + sweep.folder.path + "/r.db";
  const Outcome sound = mdsearch(check);
  INFO(sound.out);
  REQUIRE(sound.code == 0);
  Store(sweep.folder.path + "/r.db").reading_session()
      << "INSERT INTO decision(run_id, rung, rule, rule_version, inputs_json, verdict, audited, decided_unix_s) "
         "SELECT run_id, 7, rule, 1, inputs_json, 'stop', 0, 0 FROM decision WHERE verdict = 'promote' LIMIT 1";
  const Outcome wrong = mdsearch(check);
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.out, Catch::Contains("at rung 7 of sweep toy: is stop; its inputs lead to promote"));
}

#ifndef MDSEARCH_CORE

TEST_CASE("the models that a training keeps are scored as one learning curve", "[app]") {
  const ToySweep toy;
  const std::string& at = toy.folder.path;
  Json stage = toy.config()["stage"];
  stage["kind"] = "base";
  stage["unet"] = at + "/unet.json";
  toy.write("train.json", {{"name", "kept"},
                           {"stage", stage},
                           {"loop", {{"iterations", 6}, {"batch", 4}, {"checkpoint_every", 2}}},
                           {"keep_every", 2}});
  const Outcome trained = mdsearch("train " + at + "/train.json --threads 1 --out " + at + "/kept");
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  CHECK(text_of_file(at + "/kept/series/0000006/unet.safetensors") ==
        text_of_file(at + "/kept/model/unet.safetensors"));

  save_text(at + "/prompts.txt", "a\nb\n");
  const Outcome outcome =
      mdsearch("evaluate --threads 1 --replicates 5 --format json --metrics clip_emoji --steps 1 --model " + at +
               "/kept/series --prompts " + at + "/prompts.txt --out " + at + "/drawn");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json metrics = outcome.json()["metrics"];
  REQUIRE(metrics.size() == 3);
  for (int64_t i = 0; i < 3; ++i) CHECK(metrics[size_t(i)]["iteration"] == 2 * (i + 1));
}

TEST_CASE("scores that a sweep cannot take are refused before it begins", "[app]") {
  const ToySweep sweep;
  const auto with = [&](const Json& scores, const Json& policy) {
    Json json = sweep.config();
    json["evaluation"]["scores"] = scores;
    json["policy"]["scores"] = policy;
    sweep.write("sweep.json", json);
  };
  with({"psnr"}, Json::array());
  sweep.check_fails("evaluation.scores names psnr, which compares each picture with a partner");
  with({"nonsense"}, Json::array());
  sweep.check_fails("evaluation.scores names nonsense, which is not known");
  with({"clip_emoji"}, Json::array());
  sweep.check_fails("which every sweep has");
  with(Json::array(), {"kid_emoji_clip"});
  sweep.check_fails("policy.scores names kid_emoji_clip, which evaluation.scores does not; allowed: fd_emoji_clip");
  Json json = sweep.config();
  json["evaluation"]["scores"] = {"fid"};
  sweep.write("sweep.json", json);
  const Outcome outcome = sweep.run();
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Catch::Contains("evaluation.weights"));
  sweep.check_nothing_left();
}

#else

TEST_CASE("a core build refuses scores of networks that it cannot feed, before it begins", "[app]") {
  const ToySweep sweep;
  Json json = sweep.config();
  json["evaluation"]["scores"] = {"fd_effnet"};
  sweep.write("sweep.json", json);
  sweep.check_fails("evaluation.scores names fd_effnet, but this core build reads no pictures");
  sweep.check_nothing_left();
}

#endif
