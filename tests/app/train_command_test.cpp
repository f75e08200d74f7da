// The trainings of a toy chain, one after another: what they store, what stops them and what they refuse.
#include <fcntl.h>
#include <sys/file.h>

#include "pipeline/mapped_file.h"
#include "tests/app/toy_training.h"
#include "tests/full_disk.h"

using namespace mds;
using Catch::Contains;

namespace {

std::vector<int64_t> iterations_of(const std::vector<MetricRow>& rows) {
  std::vector<int64_t> iterations;
  for (const auto& row : rows) iterations.push_back(row.iteration);
  return iterations;
}

void change(const ToyTraining& training, const std::string& stage, const std::string& assignment) {
  Json json = ToyTraining::config(stage);
  overlay(json, assignment);
  training.write(stage + ".json", json);
}

// Makes checkpoints and a text encoder (copied, never read) larger than 2 MB, which is more than a database has.
void make_large_files(const ToyTraining& training) {
  UNetSpec unet = toy::unet();
  for (auto& level : unet.levels) level.width *= 8;
  training.write("unet.json", to_json(NetworkSpec(unet)));
  save_text(training.file("clip/text_encoder.safetensors"), std::string(3 << 20, 'x'));
  LatentSet set = load_latents(training.file("latents.safetensors"));
  set.encoders = encoder_hashes({training.file("vae"), training.file("clip"), training.file("clip")});
  save_latents(training.file("latents.safetensors"), set);
}

void flip_byte(const std::string& file) {
  std::string bytes = text_of_file(file);
  bytes[bytes.size() - 100] ^= 1;
  save_text(file, bytes);
}

}  // namespace

TEST_CASE("a training stores its run with the curve, checkpoints and scores, and nothing twice", "[app]") {
  const ToyTraining training;
  const Outcome outcome = training.train("base");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("base 8/8") && Contains("/s") && Contains("left"));
  const RunRow run = training.last_run();
  CHECK(run.state == RunState::done);
  const Json rows = training.rows();
  {
    const Database database(training.file("r.db"), StoreMode::read_only);
    for (const char* name : {"loss", "gradient_norm", "images_per_s", "peak_bytes"}) {
      const auto curve = curve_of(database, run.run, name);
      CHECK(iterations_of(curve) == std::vector<int64_t>{2, 4, 6, 8});
      CHECK(curve.back().images_seen == 32);
      CHECK(curve.back().value > 0);
    }
    CHECK(curve_of(database, run.run, "loss").back().n == 2);
    CHECK(curve_of(database, run.run, "adversary_loss").empty());
    const auto checkpoints = checkpoints_of(database, run.run);
    REQUIRE(checkpoints.size() == 4);
    CHECK(checkpoints.back().sha256 == file_sha256(training.checkpoint("base")));
    const auto scores = curve_of(database, run.run, "fd_emoji_clip");
    REQUIRE(scores.size() == 1);
    CHECK(scores[0].low.value() <= scores[0].value);
    CHECK(scores[0].checkpoint == checkpoints.back().sha256);
    CHECK(scores[0].protocol != run.protocol);
    const auto arch = find_arch(database, run.arch).value();
    CHECK(arch.spec_json == canonical_json(NetworkSpec(canonical(NetworkSpec(toy::unet())))));
  }
  training.require_trained("base");
  CHECK(training.rows() == rows);

  const Json report = training.run("report training --format json --db r.db").json()["rows"];
  REQUIRE(report.size() == 1);
  CHECK(report[0]["name"] == "base");
  CHECK(report[0]["stage"] == "base");
  CHECK(report[0]["state"] == "done");
  CHECK(report[0]["iterations"] == 8);
  CHECK(report[0]["images_per_s"] > 0);
  CHECK(training.run("report sweep --format json --db r.db").json()["rows"].empty());
}

TEST_CASE("a profiled training tells where its time went and makes the same model", "[app]") {
  ToyTraining training, other;
  training.require_trained("base");
  const Outcome profiled = other.train("base", "--profile");
  REQUIRE(profiled.code == 0);
  for (const char* phase : {"where the time went", "\n  data ", "\n  forward ", "\n  backward ", "\n  optimizer ",
                            "\n  evaluation ", "\n  store ", "\n  rest ", " ms an iteration"})
    CHECK_THAT(profiled.err, Catch::Contains(phase));
  CHECK(text_of_file(other.output("base") + "/model/unet.safetensors") ==
        text_of_file(training.output("base") + "/model/unet.safetensors"));
}

TEST_CASE("each UNet stage goes on from the one before, draws as it trains, and stores an adversary's loss", "[app]") {
  const ToyTraining training;
  for (const auto& stage : ToyTraining::unet_stages()) {
    training.require_trained(stage);
    const auto files = training.files_of(stage);
    CHECK(files.contains("model/model.json"));
#ifndef MDSEARCH_CORE
    CHECK(files.contains("samples/0000004.png"));
    CHECK(files.contains("samples/0000008.png"));
#endif
  }
  const Database database(training.file("r.db"), StoreMode::read_only);
  const auto runs = runs_of(database, trainings);
  REQUIRE(runs.size() == 5);
  const auto losses = curve_of(database, runs[3].run, "adversary_loss");
  REQUIRE(losses.size() == 4);
  CHECK(losses[0].n == 1);  // one step in two iterations
  CHECK(curve_of(database, runs[2].run, "adversary_loss").empty());
}

TEST_CASE("a model has the licences of its data, of the networks around it and of the model that it started from",
          "[app]") {
  const ToyTraining training;
  const std::string base = training.output("base") + "/model", relu = training.output("relu") + "/model";
  training.require_trained("base");
  ModelCard card = load_card(base);
  CHECK(card.provenance.license == "CC0; MIT; OFL-1.1");
  card.provenance.license = "my own";
  save_card(base, card);
  training.require_trained("relu");
  CHECK(load_card(relu).provenance.license == "CC0; my own; MIT; OFL-1.1");
}

TEST_CASE("numbers that stop being finite end a training as failed and keep a checkpoint that loads", "[app]") {
  const ToyTraining training;
  Json json = ToyTraining::config("base");
  json["optimizer"] = {{"lr", 10}, {"weight_decay", 10}, {"warmup", 0}};  // each step takes every weight times -99
  json["loop"]["iterations"] = 400;
  training.write("base.json", json);
  const Outcome outcome = training.train("base");
  training.check_fails(outcome, "is not finite");
  CHECK_THAT(outcome.err,
             Contains("iteration ") && Contains("the last good checkpoint is out/train/base/checkpoint.safetensors"));
  const RunRow run = training.last_run();
  CHECK(run.state == RunState::failed);
  CHECK_THAT(run.message, Contains("is not finite"));
  const TensorFile kept = load_tensors(training.checkpoint("base"));
  REQUIRE(kept.tensors.at("steps").item<int64_t>() > 0);
  for (const auto& [name, tensor] : kept.tensors) CHECK(tensor.isfinite().all().item<bool>());
  CHECK(!std::filesystem::exists(training.output("base") + "/model"));
  const Outcome again = training.train("base");
  CHECK_THAT(again.err, Contains("the training goes on at iteration"));
  CHECK(training.last_run().message == run.message);
}

TEST_CASE("a predecessor that does not fit is refused by name", "[app]") {
  const ToyTraining training;
  training.require_trained("base");
  const auto fails = [&](const std::string& stage, const std::string& assignment, const std::string& message) {
    change(training, stage, assignment);
    training.check_fails(training.train(stage), message);
  };
  fails("relu", "stage.start=none", "none/model.json: cannot be read");
  fails("relu", "stage.start=vae", "vae/model.json: lacks unet, schedule");
  change(training, "relu", "stage.swap=hard");
  training.require_trained("relu");
  change(training, "relu", "stage.start=out/train/relu/model");
  training.check_fails(training.train("relu", "--out out/again"), "the attentions of the unet are relu already");

  const std::string model = training.output("base") + "/model";
  ModelCard card = load_card(model);
  std::filesystem::copy(model, training.file("epsilon"));
  card.prediction = Prediction::epsilon;
  save_card(training.file("epsilon"), card);
  fails("distil", "stage.start=epsilon", "out/train/relu/model and epsilon differ in prediction: v and epsilon");
  card.prediction = Prediction::v;
  card.schedule->beta_end = 0.02;
  save_card(training.file("epsilon"), card);
  fails("distil", "stage.start=epsilon", "out/train/relu/model and epsilon differ in schedule: {");
  card.schedule.reset();
  save_card(training.file("epsilon"), card);
  fails("ufogen", "stage.start=epsilon", "epsilon/model.json: lacks schedule");
}

TEST_CASE("a checkpoint of another run is refused with what differs", "[app]") {
  const ToyTraining training;
  training.require_trained("base");
  training.require_trained("relu");
  const Json rows = training.rows();
  training.check_fails(training.train("base", "--set optimizer.lr=0.5"), "optimizer.lr is 0.001 there and 0.5 here");
  training.check_fails(training.train("base", "--seed 7"), "loop.seed is 1 there and 7 here");
  training.check_fails(training.train("base", "--set stage.nonsense=1"), "stage.nonsense is not a known key; valid: ");
  training.check_fails(training.train("base", "--set sample_every=3"),
                       "sample_every is 3; allowed: a multiple of loop.checkpoint_every, 2");
  CHECK(training.train("base", "--set evaluation.pictures=5").code == 0);  // does not change the run

  LatentSet set = load_latents(training.file("latents.safetensors"));
  set.hash = "other";
  save_latents(training.file("latents.safetensors"), set);
  training.check_fails(training.train("base"),
                       "the data set changed under the run, its hash is \"toy\" there and \"other\" here");
  set.hash = "toy";
  save_latents(training.file("latents.safetensors"), set);
  training.require_trained("base");

  flip_byte(training.output("base") + "/model/unet.safetensors");
  training.check_fails(training.train("relu"), "the model stage.start changed under the run");
}

TEST_CASE("a training takes more iterations and ends where one of that length ends", "[app]") {
  const ToyTraining longer, whole;
  whole.require_trained("base");
  REQUIRE(longer.train("base", "--set loop.iterations=4").code == 0);
  longer.require_trained("base");
  for (const char* file : {"/model/unet.safetensors", "/samples/0000008.png"})
    CHECK(text_of_file(longer.output("base") + file) == text_of_file(whole.output("base") + file));
  CHECK(runs_of(Database(longer.file("r.db"), StoreMode::read_only), trainings).size() == 1);  // the same run continues
  longer.require_trained("base");
  longer.check_fails(longer.train("base", "--set loop.iterations=6"),
                     "is at iteration 8, past loop.iterations, which is 6; allowed: at least the checkpoint's");
}

TEST_CASE("a training that goes on from a checkpoint without its rows says so", "[app]") {
  const ToyTraining training;
  REQUIRE(training.train("base", "--set loop.iterations=4").code == 0);
  CHECK_THAT(training.train("base", "--set loop.iterations=6").err, !Contains("holds no loss"));
  std::filesystem::remove(training.file("r.db"));
  const Outcome outcome = training.train("base", "--set loop.iterations=6");
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("/checkpoint.safetensors: is at iteration 6, and r.db holds no loss of it"));
}

TEST_CASE("a training whose rate falls to its end does not take more iterations", "[app]") {
  const ToyTraining training;
  change(training, "base", "optimizer.decay=cosine");
  training.require_trained("base");
  training.check_fails(training.train("base", "--set loop.iterations=12"),
                       "its learning rate falls to 0 at iteration 8, as decay is cosine");
}

TEST_CASE("a training that cannot start leaves nothing", "[app]") {
  const ToyTraining training;
  for (const char* set :
       {"stage.latents=missing", "stage.unet=nonsense", "stage.nonsense=1", "stage.encoders.text=no"}) {
    CHECK(training.train("base", std::string("--set ") + set).code != 0);
    CHECK_FALSE(std::filesystem::exists(training.file("r.db")));
    CHECK_FALSE(std::filesystem::exists(training.file("out")));
  }
}

TEST_CASE("a damaged checkpoint is refused by its place, with the way to go on", "[app]") {
  const ToyTraining training;
  training.require_trained("base");
  const std::string file = training.checkpoint("base"), before = text_of_file(file), way = "remove it to train from";
  SECTION("cut in half") {
    std::filesystem::resize_file(file, before.size() / 2);
    const Outcome outcome = training.train("base");
    training.check_fails(outcome, "out/train/base/checkpoint.safetensors: ");
    CHECK_THAT(outcome.err, Contains("tensor \"") && Contains("truncated or damaged") && Contains(way));
  }
  SECTION("with a bit turned over in a weight") {
    flip_byte(file);
    const Outcome outcome = training.train("base");
    training.check_fails(outcome, "out/train/base/checkpoint.safetensors: is damaged: its SHA-256 is ");
    CHECK_THAT(outcome.err, Contains(way));
  }
  save_text(file, before);
  training.require_trained("base");
}

TEST_CASE("a disk that fills ends a training with exit 1 and leaves whole files; the same command goes on", "[app]") {
  const ToyTraining undisturbed, training;
  for (const ToyTraining* each : {&undisturbed, &training}) make_large_files(*each);
  undisturbed.require_trained("base");
  const std::string output = training.output("base"), samples = output + "/samples/0000004.png";
  const auto fails_at = [&](const std::string& file, rlim_t most) {
    const auto before = training.files_of("base");
    const Outcome outcome = [&] {
      const FullDisk full(most);
      return training.train("base");
    }();
    training.check_fails(outcome, "out/train/base/" + file);
    CHECK_THAT(outcome.err, Contains("File too large"));
    CHECK(training.last_run().state == RunState::paused);
    const auto after = training.files_of("base");
    for (const auto& [name, bytes] : before) CHECK((after.contains(name) && after.at(name) == bytes));
    for (const auto& [name, bytes] : after) CHECK(name.find(".tmp") == name.npos);
    return outcome.err;
  };
  std::filesystem::create_directories(output);
  CHECK_THAT(fails_at("checkpoint.safetensors", 2 << 20), Contains("no checkpoint was saved yet"));
#ifndef MDSEARCH_CORE
  std::filesystem::create_directories(samples);  // no file can be written there
  const Outcome outcome = training.train("base");
  training.check_fails(outcome, "out/train/base/samples/0000004.png: cannot be put in place");
  CHECK_THAT(outcome.err, Contains("the last good checkpoint is out/train/base/checkpoint.safetensors"));
  CHECK(load_tensors(training.checkpoint("base")).tensors.at("steps").item<int64_t>() == 4);
  std::filesystem::remove(samples);
  fails_at("checkpoint.safetensors", 2 << 20);
#endif
  training.require_trained("base");
  CHECK((training.files_of("base") == undisturbed.files_of("base")));
  fails_at("model.tmp", 2 << 20);
  training.require_trained("base");
  CHECK((training.files_of("base") == undisturbed.files_of("base")));
  CHECK(training.rows() == undisturbed.rows());
}

TEST_CASE("two processes do not train in one folder", "[app]") {
  const ToyTraining training;
  std::filesystem::create_directories(training.output("base"));
  const int held = ::open(training.output("base").c_str(), O_RDONLY | O_DIRECTORY);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  training.check_fails(training.train("base"), "out/train/base: another process is training in it");
  ::close(held);
  training.require_trained("base");
}

TEST_CASE("a training that cannot draw its pictures is refused before it trains", "[app]") {
  const ToyTraining training;
  training.check_fails(training.train("base", "--set evaluation.sampler.steps=5000"), "5000; allowed: 1 to 1000");
  LatentSet set = load_latents(training.file("latents.safetensors"));
  set.held_out.fill_(false);
  save_latents(training.file("latents.safetensors"), set);
  training.check_fails(training.train("base"), "the data set holds out 0 pairs; at least 2 are needed");
  CHECK(!std::filesystem::exists(training.checkpoint("base")));
}
