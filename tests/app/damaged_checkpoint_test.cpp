// Checkpoints with one bit turned over, at random places of a run's first, a middle and its last one.
#include <random>

#include "tests/app/toy_sweep.h"
#include "tests/app/toy_training.h"

using namespace mds;
using Catch::Contains;

namespace {

constexpr int some = 3, many = 1000;  // of all three checkpoints together

class Flips {
 public:
  // Writes `file` as `whole` with one bit turned over.
  void damage(const std::string& file, const std::string& whole) {
    const uint64_t bit = random_() % (whole.size() * 8);
    std::string bytes = whole;
    bytes[bit / 8] = char(bytes[bit / 8] ^ (1 << bit % 8));
    save_text(file, bytes);
  }

 private:
  std::mt19937_64 random_{1};
};

// A training refuses its checkpoint, leaves it as it is, and goes on from the sound file.
void check_trainings(int64_t iterations, int flips, Flips& random) {
  const ToyTraining training;
  REQUIRE(training.train("base", "--set loop.iterations=" + std::to_string(iterations)).code == 0);
  const std::string file = training.checkpoint("base"), whole = text_of_file(file);
  const Json rows = training.rows();
  for (int i = 0; i < flips; ++i) {
    random.damage(file, whole);
    const std::string damaged = text_of_file(file);
    const Outcome outcome = training.train("base");
    training.check_fails(outcome, "out/train/base/checkpoint.safetensors: ");
    CHECK_THAT(outcome.err, Contains("put a copy in its place, or remove it to train from the start"));
    CHECK((text_of_file(file) == damaged));
  }
  CHECK(training.rows() == rows);
  save_text(file, whole);
  training.require_trained("base");
}

// A sweep trains a run with a damaged checkpoint from the start, and ends where an undisturbed one ends.
void check_sweeps(int64_t iterations, int flips, Flips& random) {
  const ToySweep sweep;
  sweep.change("candidates", 1);
  sweep.require_done(" --set rungs=[" + std::to_string(iterations) + "]");
  std::string file;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sweep.file("out/sweeps/toy")))
    if (entry.path().filename() == "checkpoint.safetensors") file = entry.path();
  const std::string whole = text_of_file(file), hashes = text_of_file(file + ".sha256");
  sweep.forget_database();
  std::filesystem::remove(file);
  sweep.require_done();
  const Json undisturbed = sweep.results();
  for (int i = 0; i < flips; ++i) {
    random.damage(file, whole);
    save_text(file + ".sha256", hashes);
    sweep.forget_database();
    const Outcome outcome = sweep.run();
    INFO(outcome.err);
    CHECK(outcome.code == 0);
    CHECK_THAT(outcome.err, Contains(" goes back to the start: out/sweeps/toy/run-"));
    CHECK(sweep.results() == undisturbed);
  }
}

}  // namespace

TEST_CASE("a training never goes on from a checkpoint with a bit turned over", "[app]") {
  Flips random;
  for (const int64_t iterations : {2, 4, 8}) check_trainings(iterations, some / 3, random);
}

TEST_CASE("a training never goes on from a checkpoint with any of many bits turned over", "[app][slow]") {
  Flips random;
  for (const int64_t iterations : {2, 4, 8}) check_trainings(iterations, many / 3 + 1, random);
}

TEST_CASE("a training goes on from a checkpoint of an earlier version, which has no hash, with a warning", "[app]") {
  const ToyTraining training;
  REQUIRE(training.train("base", "--set loop.iterations=4").code == 0);
  const std::string hashes = training.checkpoint("base") + ".sha256", warning = "has no hash beside it";
  std::filesystem::remove(hashes);
  const Outcome first = training.train("base", "--set loop.iterations=4");
  CHECK(first.code == 0);
  CHECK_THAT(first.err, Contains("out/train/base/checkpoint.safetensors: " + warning));
  CHECK(std::filesystem::exists(hashes));
  const Outcome second = training.train("base");
  CHECK(second.code == 0);
  CHECK_THAT(second.err, !Contains(warning));
}

TEST_CASE("a sweep never goes on from a checkpoint with a bit turned over", "[app]") {
  Flips random;
  for (const int64_t iterations : {2, 4, 8}) check_sweeps(iterations, some / 3, random);
}

TEST_CASE("a sweep never goes on from a checkpoint with any of many bits turned over", "[app][slow]") {
  Flips random;
  for (const int64_t iterations : {2, 4, 8}) check_sweeps(iterations, many / 3 + 1, random);
}
