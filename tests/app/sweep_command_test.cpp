// A whole sweep of toy networks on toy latents, run as a user runs it: to the end, killed and restarted.
#include <algorithm>
#include <set>

#include "experiments/run_files.h"
#include "reports/rows.h"
#include "search/store/schema.h"
#include "search/store/store.h"
#include "tests/app/toy_sweep.h"

using namespace mds;

TEST_CASE("a sweep trains every candidate to the last rung, and a second start does nothing twice", "[app]") {
  const ToySweep sweep;
  const Outcome first = sweep.run();
  INFO(first.err);
  REQUIRE(first.code == 0);
  for (const char* phase : {"where the time of the sweep went", "\n  data ", "\n  build ", "\n  forward ", "\n  draw ",
                            "\n  decode ", "\n  score ", "\n  store "})
    CHECK_THAT(first.err, Catch::Contains(phase));
  const Json results = sweep.results();
  REQUIRE(results.size() == 3);
  for (const auto& run : results) {
    CHECK(run["state"] == "done");
    CHECK(run["decisions"] == 1);
    CHECK(run["scores"].contains("fd_emoji_clip@4"));
    CHECK(run["scores"].contains("clip_emoji@8"));
  }
  CHECK(std::filesystem::exists(sweep.folder.path + "/out/sweeps/toy/best/proxy/unet.safetensors"));
  CHECK(load_card(sweep.folder.path + "/out/sweeps/toy/best/proxy").provenance.license == "CC0; MIT; OFL-1.1");
  REQUIRE(sweep.run().code == 0);
  CHECK(sweep.results() == results);
}

TEST_CASE("a sweep with classes of size writes the winner of each, and names find them", "[app]") {
  const ToySweep sweep;
  const Json listed = Json::parse(sweep.ToyFolder::run("enumerate --space space.json --format json").out);
  std::vector<int64_t> params;
  for (const auto& candidate : listed["candidates"]) params.push_back(candidate["params"]);
  const int64_t least = *std::ranges::min_element(params);
  sweep.change("winner", {{"objectives", {"fd_emoji_clip", "params"}},
                          {"classes", {{{"name", "any"}}, {{"name", "least"}, {"max_params", least}}}}});
  const Outcome outcome = sweep.ToyFolder::run(ToySweep::arguments + " --format json");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json end = Json::parse(outcome.out);
  REQUIRE(end["classes"].size() == 2);
  CHECK(end["class"] == "any");
  CHECK(end["classes"][0]["rivals"] == 2);
  CHECK(end["classes"][1]["rivals"] == 0);
  CHECK(end["classes"][1]["winner"]["params"] == least);
  for (const auto& size : end["classes"]) {
    const std::string name = size["class"];
    const Json named = Json::parse(sweep.ToyFolder::run("spec winner-" + name + "@toy --format json --db r.db").out);
    CHECK(named["hash"] == size["winner"]["hash"]);
    for (const char* file : {"spec.json", "report.html", "proxy/unet.safetensors"})
      CHECK(std::filesystem::exists(sweep.file("out/sweeps/toy/best-" + name + "/" + file)));
  }
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

TEST_CASE("a file that cannot be written ends the sweep, not the candidate; the same command goes on", "[app]") {
  const ToySweep sweep;
  REQUIRE(sweep.run().code == 0);
  const Json undisturbed = sweep.results();
  sweep.forget_database();
  const std::string blocked = sweep.run_folders().front() + "/checkpoint.safetensors";
  std::filesystem::remove(blocked);
  std::filesystem::create_directories(blocked);
  sweep.check_fails(std::filesystem::path(blocked).filename().string());
  std::filesystem::remove(blocked);
  REQUIRE(sweep.run().code == 0);
  CHECK(sweep.results() == undisturbed);
}

TEST_CASE("a rung is not judged without the samples that its rule needs, and the message helps", "[app]") {
  const ToySweep sweep;
  sweep.change("policy", {{"rule", "level"}});
  sweep.require_done();
  {
    Database database(sweep.file("r.db"));
    const Refusal guard = append_only("evaluation_sample", "DELETE").value();
    database.execute(database.dialect().drop_refusal(guard));
    database.execute("DELETE FROM evaluation_sample WHERE run_id = 2 AND iteration = 4");
    for (const auto& statement : database.dialect().create_refusal(guard)) database.execute(statement);
    database.execute("UPDATE run SET state = 'paused', rung = 0");
  }
  sweep.check_fails("run 2 of the sweep toy has no samples of fd_emoji_clip at iteration 4");
  CHECK(sweep.ToyFolder::run("db delete run 2 --db r.db").code == 0);
  sweep.require_done();
}

TEST_CASE("a candidate whose stored score is no number fails, and the others are judged", "[app]") {
  const ToySweep sweep;
  sweep.change("policy", {{"rule", "level"}});
  sweep.require_done(" --set rungs=[4]");
  {
    Database database(sweep.file("r.db"));
    database.execute("DROP TRIGGER evaluation_sample_no_UPDATE");
    database.execute("UPDATE evaluation_sample SET samples = x'0000c07f' WHERE run_id = 2 AND kind = 'halves'");  // NaN
  }
  const Outcome outcome = sweep.run();
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Catch::Contains("run 2 failed, and the others are judged without it") &&
                              Catch::Contains("log_fd of half the pictures is not finite"));
  const Json results = sweep.results();
  CHECK(results[0]["state"] == "done");
  CHECK(results[1]["state"] == "failed");
  CHECK(results[2]["state"] == "done");
}

TEST_CASE("stopped candidates train on as an audit, which the end of the sweep tells, and never win", "[app]") {
  const ToySweep sweep;
  sweep.change("policy", {{"rule", "halving"}, {"scores", {"fd_emoji_clip"}}});
  const Outcome outcome = sweep.ToyFolder::run(ToySweep::arguments + " --format json");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, Catch::Contains("would stop, and goes on as an audit"));
  for (const auto& run : sweep.results()) CHECK(run["state"] == "done");
  const Json end = outcome.json();
  CHECK(end["audit"]["stopped"] == 2);
  CHECK(end["audit"]["audited"] == 2);
  CHECK(end["audit"]["saved"] == 0);
  CHECK(end["rivals"] == 0);
  CHECK(end["stopped"] == 2);
  CHECK(mdsearch("db check --db " + sweep.file("r.db")).code == 0);
}

TEST_CASE("asynchronous halving promotes while others still wait to be trained, and stops the rest", "[app]") {
  const ToySweep sweep;
  sweep.change("policy", {{"rule", "asha"}, {"eta", 2}, {"audit", 0}, {"scores", {"fd_emoji_clip"}}});
  const Outcome outcome = sweep.run();
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const auto promoted = outcome.err.find("goes on to rung 2"), last = outcome.err.find("run 3 (k7) has at iteration 4");
  REQUIRE(promoted != std::string::npos);
  REQUIRE(last != std::string::npos);
  CHECK(promoted < last);
  const auto check_end = [&] {
    int64_t done = 0, stopped = 0;
    for (const auto& run : sweep.results()) {
      done += run["state"] == "done";
      stopped += run["state"] == "stopped";
    }
    CHECK(done >= 1);
    CHECK(done + stopped == 3);
    CHECK(mdsearch("db check --db " + sweep.file("r.db")).code == 0);
  };
  check_end();
  sweep.forget_database();
  sweep.require_done(" --workers 2");
  check_end();
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
  sweep.require_done();  // trains the missing runs
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
  json["policy"] = {{"rule", "halving"}, {"eta", 2}, {"audit", 0}, {"scores", {"kid_emoji_clip"}}};
  sweep.write("sweep.json", json);
  const Outcome outcome = sweep.run();
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Database database(sweep.folder.path + "/r.db", StoreMode::read_only);
  double best = 0, best_of_stopped = 0;
  for (const auto& run : runs_of(database, "toy"))
    for (const auto& metric : metrics_of(database, run.run)) {
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
  LatentSet set = load_latents(file);  // its encoder finds each of the six held-out pictures by its text
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
  const Database database(sweep.folder.path + "/r.db", StoreMode::read_only);
  for (const auto& run : runs_of(database, "toy"))
    for (const auto& decision : decisions_of(database, run.run)) {
      CHECK_THAT(decision.inputs_json, Catch::Contains("kid_emoji_clip"));
      CHECK_THAT(decision.inputs_json, Catch::Contains("clip_emoji"));
    }
}

TEST_CASE("a decision that does not follow from its stored inputs is found", "[app]") {
  const ToySweep sweep;
  sweep.change("policy", {{"rule", "halving"}, {"audit", 0}, {"scores", {"fd_emoji_clip"}}});
  REQUIRE(sweep.run().code == 0);
  const std::string check = "db check --db " + sweep.folder.path + "/r.db";
  const Outcome sound = mdsearch(check);
  INFO(sound.out);
  REQUIRE(sound.code == 0);
  Database(sweep.folder.path + "/r.db")
      .execute(
          "INSERT INTO decision(run_id, rung, rule, rule_version, inputs_json, verdict, audited, decided_unix_s) "
          "SELECT run_id, 7, rule, 1, inputs_json, 'stop', 0, 0 FROM decision WHERE verdict = 'promote' LIMIT 1");
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
