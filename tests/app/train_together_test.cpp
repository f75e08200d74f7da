// Trainings by several processes of this host: the bytes of one process, and what happens when one of them is missing.
#include <algorithm>

#include "spec/free_port.h"
#include "tests/app/toy_training.h"

using namespace mds;
using Catch::Contains;

namespace {

void set(const ToyTraining& training, const std::string& stage, const Json& changes) {
  Json json = ToyTraining::config(stage);
  json.merge_patch(changes);
  training.write(stage + ".json", json);
}

// Shell text that starts process 1 of two in the background, so that the command in front of which it stands, process
// 0, may meet it.
std::string beside(const ToyTraining& training, const std::string& arguments) {
  const std::string both = "WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + std::to_string(free_port()) + " ";
  return "{ " + both + "RANK=1 " MDSEARCH_PROGRAM " " + arguments + " 2> " + training.file("other") + " & } ; " + both +
         "RANK=0";
}

}  // namespace

TEST_CASE("every stage that two processes train ends in the bytes and rows of one", "[app]") {
  const ToyTraining alone, together;
  for (const auto& stage : ToyTraining::stages()) {
    INFO(stage);
    Json changes{{"loop", {{"micro_batch", 2}}}};
    if (stage == "distil") changes["stage"] = {{"original", 0}};
    set(alone, stage, changes);
    changes["loop"]["shard_optimizer"] = stage == "distil";
    set(together, stage, changes);
    alone.require_trained(stage);
    const Outcome outcome = together.train(stage, "--processes 2");
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(outcome.out == "out/train/" + stage + "/model\n");
    CHECK(text_of_file(together.checkpoint(stage)) == text_of_file(alone.checkpoint(stage)));
  }
  CHECK(together.rows() == alone.rows());
}

TEST_CASE("where a process is killed the other one ends with a checkpoint, from which one process goes on", "[app]") {
  const ToyTraining undisturbed, training;
  const Json longer{{"loop", {{"micro_batch", 2}, {"iterations", 600}, {"checkpoint_every", 100}}},
                    {"sample_every", 0}};
  for (const ToyTraining* side : {&undisturbed, &training}) set(*side, "base", longer);
  const Outcome outcome = training.run(
      ToyTraining::arguments("base") + " --processes 2",
      "{ ( until [ -e out/train/base/checkpoint.safetensors ]; do sleep 0.02; done; for p in /proc/[0-9]*; "
      "do [ \"$(readlink $p/cwd)\" = \"$PWD\" ] && grep -qz '^RANK=1$' $p/environ && kill -KILL "
      "${p#/proc/}; done ) 2> /dev/null & } ;");
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Contains("another process of this training has ended or cannot be reached"));
  CHECK_THAT(outcome.err, Contains("the last good checkpoint is out/train/base/checkpoint.safetensors"));
  training.require_trained("base");
  undisturbed.require_trained("base");
  CHECK(training.files_of("base") == undisturbed.files_of("base"));
}

TEST_CASE("processes that train different things are refused by both", "[app]") {
  const ToyTraining training;
  const std::string other = ToyTraining::arguments("base") + " --set optimizer.lr=0.5";
  const Outcome outcome = training.train("base", "", beside(training, other));
  const std::string message =
      "process 1 would train something else than process 0: with process 0 as \"there\", "
      "optimizer.lr is 0.001 there and 0.5 here";
  training.check_fails(outcome, message);
  CHECK_THAT(text_of_file(training.file("other")), Contains(message));
  CHECK_FALSE(std::filesystem::exists(training.output("base")));
}

TEST_CASE("a launcher that leaves out a variable is named", "[app]") {
  const ToyTraining training;
  training.check_fails(training.train("base", "", "RANK=0"), "the environment lacks WORLD_SIZE");
}
