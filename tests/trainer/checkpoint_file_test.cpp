// A checkpoint carries its hash: damage of any bit is noticed, and no moment at which a process dies looks like damage.
#include "trainer/checkpoint_file.h"

#include <random>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

constexpr int flips = 1000;  // of bits, in all checkpoints of a run together

// A loop over one weight, whose checkpoint is small, in a folder of its own.
struct Run {
  explicit Run(const std::string& name) : folder(toy::temporary(name)) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  std::string folder;
  std::string file() const { return folder + "/checkpoint.safetensors"; }
  std::string hashes() const { return file() + ".sha256"; }
  toy::OneWeight stage{[](const Tensor& w, int64_t) { return w.square().sum(); }};
  Loop loop{stage, {.iterations = 6, .batch = 1}, {}};
  CheckpointFile checkpoint{file()};

  void save_at(int64_t iteration) {
    loop.run_to(iteration);
    checkpoint.save(loop, "identity");
  }
  void require_saved_at(int64_t iteration) {
    save_at(iteration);
    REQUIRE(checkpoint.saved());
  }
};

void check_damaged(const std::string& file) {
  CheckpointFile checkpoint(file);
  CHECK_THROWS_AS(checkpoint.check(), FileError);
  CHECK(checkpoint.sha256().empty());
}

}  // namespace

TEST_CASE("a checkpoint is saved in the background, with its hash and that of the one before", "[trainer][torch]") {
  Run run("in_background");
  CHECK_FALSE(run.checkpoint.saved());
  run.save_at(2);
  CHECK(run.checkpoint.saved() == 2);
  const std::string first = run.checkpoint.sha256();
  CHECK(first == sha256(toy::bytes_of(run.file())));
  CHECK(toy::bytes_of(run.hashes()) == first + "\n");
  CHECK_FALSE(run.checkpoint.saved());
  run.save_at(4);
  CHECK(run.checkpoint.saved() == 4);
  CHECK(toy::bytes_of(run.hashes()) == first + "\n" + run.checkpoint.sha256() + "\n");
  CheckpointFile other(run.file());
  other.check();
  CHECK(other.sha256() == run.checkpoint.sha256());
  CHECK(other.adopt().empty());
}

TEST_CASE("any bit that turns over in any checkpoint of a run is noticed", "[trainer][torch]") {
  Run run("flipped");
  std::mt19937_64 random(19);
  for (const int64_t iteration : {1, 3, 6}) {
    run.require_saved_at(iteration);
    const std::string whole = toy::bytes_of(run.file());
    for (int i = 0; i < flips / 3 + 1; ++i) {
      const uint64_t bit = random() % (whole.size() * 8);
      std::string bytes = whole;
      bytes[bit / 8] = char(bytes[bit / 8] ^ (1 << bit % 8));
      save_text(run.file(), bytes);
      INFO("iteration " << iteration << ", bit " << bit);
      check_damaged(run.file());
    }
    save_text(run.file(), whole);
    CHECK_NOTHROW(CheckpointFile(run.file()).check());
  }
}

TEST_CASE("a checkpoint that is shortened, or whose hashes are damaged or empty, is refused", "[trainer][torch]") {
  Run run("refused");
  run.require_saved_at(2);
  const std::string hash = toy::bytes_of(run.hashes());
  const std::string damaged = GENERATE("", "\n", "0123\n", "no hash at all");
  save_text(run.hashes(), damaged);
  CHECK_THROWS_WITH(CheckpointFile(run.file()).check(),
                    Contains(run.file() + ": is damaged: its SHA-256 is " + hash.substr(0, 64)));
  save_text(run.hashes(), hash);
  std::filesystem::resize_file(run.file(), std::filesystem::file_size(run.file()) / 2);
  CHECK_THROWS_WITH(CheckpointFile(run.file()).check(), Contains(run.file() + ": "));
}

TEST_CASE("a process that dies between the hashes and the file leaves the older file sound", "[trainer][torch]") {
  Run run("between");
  run.require_saved_at(2);
  const std::string before = toy::bytes_of(run.file());
  run.require_saved_at(4);
  save_text(run.file(), before);  // as if the newer one had not been put in place yet
  Run next("between_next");
  CheckpointFile checkpoint(run.file());
  REQUIRE_NOTHROW(checkpoint.check());
  REQUIRE(next.loop.resume(run.file(), "identity"));
  CHECK(next.loop.iteration() == 2);
}

TEST_CASE("a checkpoint without a hash is accepted once, with a warning", "[trainer][torch]") {
  Run run("adopted");
  run.loop.run_to(2);
  run.loop.save(run.file(), "identity");
  CheckpointFile first(run.file());
  first.check();
  CHECK_FALSE(std::filesystem::exists(run.hashes()));  // checking writes nothing
  CHECK_THAT(first.adopt(), Contains(run.file() + ": has no hash beside it"));
  CHECK(first.adopt().empty());
  CheckpointFile second(run.file());
  second.check();
  CHECK(second.adopt().empty());
  std::string bytes = toy::bytes_of(run.file());
  bytes.back() = char(bytes.back() ^ 1);
  save_text(run.file(), bytes);
  check_damaged(run.file());
}

TEST_CASE("where there is no checkpoint, there is nothing to check, to adopt or to wait for", "[trainer]") {
  const Run run("nothing");
  CheckpointFile checkpoint(run.file());
  checkpoint.check();
  checkpoint.wait();
  CHECK(checkpoint.sha256().empty());
  CHECK(checkpoint.adopt().empty());
  CHECK_FALSE(checkpoint.saved());
}
