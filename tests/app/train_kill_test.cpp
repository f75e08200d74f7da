// Trainings that are killed without warning several times and continued by the same command.
#include <algorithm>
#include <random>

#include "pipeline/image.h"
#include "tests/app/toy_training.h"

using namespace mds;

namespace {

using Clock = std::chrono::steady_clock;

double trained_ms(const ToyTraining& training, const std::string& name) {
  const auto begin = Clock::now();
  training.require_trained(name);
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Trains once to the end, and once with kills in between; both must write the same bytes. Kills come at random
// times, chosen so that each attempt does its share of the work: ends_ms is the time for starting and ending without
// work.
struct Kills {
  std::mt19937 random{1};
  int alive = 0;  // killed while running

  void compare(const ToyTraining& undisturbed, const ToyTraining& killed, const std::string& name, int kills) {
    const double whole_ms = trained_ms(undisturbed, name), ends_ms = trained_ms(undisturbed, name);
    const auto share = [&] { return std::uniform_real_distribution<double>(0, 1)(random); };
    for (int i = 0; i < kills; ++i) {
      const double work_ms = std::max(0.0, whole_ms - ends_ms) * 2 * share() / kills;
      const auto after = std::chrono::milliseconds(int64_t(ends_ms * (0.6 + 0.4 * share()) + work_ms));
      alive += killed.run_and_kill(ToyTraining::arguments(name), after);
    }
    killed.require_trained(name);
    const auto files = killed.files_of(name), wanted = undisturbed.files_of(name);
    INFO(name);
    CHECK(files.size() == wanted.size());
    for (const auto& [file, bytes] : wanted) {
      INFO(file);
      REQUIRE(files.contains(file));
      CHECK((files.at(file) == bytes));
    }
  }
};

// Uses so many iterations and checkpoints that most of the time is not spent on starting and ending.
void make_longer(const ToyTraining& training, const std::string& stage, int64_t iterations) {
  Json json = ToyTraining::config(stage);
  json["loop"]["iterations"] = iterations;
  training.write(stage + ".json", json);
}

void compare_unet_stages(int64_t iterations, int kills) {
  const ToyTraining undisturbed, killed;
  Kills all;
  for (const auto& stage : ToyTraining::stages()) {
    for (const ToyTraining* training : {&undisturbed, &killed}) make_longer(*training, stage, iterations);
    all.compare(undisturbed, killed, stage, kills);
  }
  INFO(all.alive << " were killed at work");
  CHECK(killed.rows() == undisturbed.rows());
  CHECK(mdsearch("db check --db " + killed.file("r.db")).code == 0);
}

}  // namespace

TEST_CASE("trainings of every UNet stage that are killed end in the bytes and rows of undisturbed ones", "[app]") {
  compare_unet_stages(/*iterations=*/12, /*kills=*/1);
}

TEST_CASE("trainings that are killed many times end in the bytes and rows of undisturbed ones", "[app][slow]") {
  compare_unet_stages(/*iterations=*/60, /*kills=*/8);
}

#ifndef MDSEARCH_CORE

TEST_CASE("trainings on pictures that are killed end in the bytes and rows of undisturbed ones", "[app]") {
  const ToyTraining undisturbed, killed;
  const Json tower{{"width", 8}, {"layers", 1}, {"heads", 1}, {"mlp", 8}, {"projection", 4}};
  Json text = tower, image = tower;
  text.update({{"vocabulary", 514}, {"tokens", 4}});
  image.update({{"size", 16}, {"patch", 8}});
  const std::vector<Json> stages{
      {{"kind", "autoencoder"}, {"size", 16}, {"crop", 16}, {"latent_channels", 2}, {"widths", {8, 8}}},
      {{"kind", "text_image"}, {"size", 16}, {"merges", 0}, {"text", text}, {"image", image}}};
  Kills all;
  for (const auto& stage : stages) {
    for (const ToyTraining* training : {&undisturbed, &killed}) {
      std::filesystem::create_directories(training->file("pictures"));
      std::string lines;
      for (int i = 0; i < 8; ++i) {
        const std::string name = std::to_string(i) + ".png";
        save_png(training->file("pictures/" + name), make_image({16, 16}, uint8_t(i * 20)));
        lines += Json{{"file_name", name}, {"text", "grey " + name}, {"split", i < 5 ? "train" : "held_out"}}.dump();
        lines += "\n";
      }
      save_text(training->file("pictures/metadata.jsonl"), lines);
      Json json{{"name", stage["kind"]},
                {"stage", stage},
                {"loop", {{"iterations", 40}, {"batch", 4}, {"checkpoint_every", 2}}}};
      json["stage"]["data"] = {"pictures"};
      training->write(stage["kind"].get<std::string>() + ".json", json);
    }
    all.compare(undisturbed, killed, stage["kind"], /*kills=*/3);
  }
  CHECK(killed.rows() == undisturbed.rows());
}

#endif
