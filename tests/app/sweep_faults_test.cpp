// What a sweep does where files are damaged or memory is short, and what becomes of candidates that failed.
#include <functional>
#include <map>

#include "tests/app/toy_sweep.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string retry_command = "db retry --db r.db ";

// As if a candidate of a finished sweep had failed at its last rung.
void make_fail(const ToySweep& sweep, int64_t run) {
  Database(sweep.file("r.db"))
      .execute("UPDATE run SET state = 'failed', message = 'its loss is not finite', attempt = 10 WHERE run_id = :run",
               run);
}

// Under each limit of its memory the sweep may end or not, but no candidate may be lost.
void check_limits(const std::vector<int>& kilobytes) {
  for (const int limit : kilobytes) {
    const ToySweep sweep;
    const Outcome limited = sweep.ToyFolder::run(ToySweep::arguments, "ulimit -v " + std::to_string(limit) + " &&");
    INFO(limit << " kB of address space: " << limited.err);
    CHECK_THAT(limited.err, !Contains(" failed: "));
    sweep.require_done();
    for (const auto& run : sweep.results()) CHECK(run["state"] == "done");
  }
}

// How many processes have the folder as their working folder.
int processes_in(const std::filesystem::path& folder) {
  int count = 0;
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::error_code error;
    count += std::filesystem::read_symlink(process.path() / "cwd", error) == folder && !error;
  }
  return count;
}

}  // namespace

TEST_CASE("a damaged checkpoint sends its run back to the start, and the sweep ends as an undisturbed one", "[app]") {
  const ToySweep sweep;
  sweep.require_done();
  const Json undisturbed = sweep.results();
  const std::string checkpoint = sweep.run_folders().front() + "/checkpoint.safetensors";
  const std::map<std::string, std::function<void()>> damages{
      {"no checkpoint at all", [&] { save_text(checkpoint, "not a checkpoint"); }},
      {"cut in half", [&] { std::filesystem::resize_file(checkpoint, std::filesystem::file_size(checkpoint) / 2); }},
      {"of another run", [&] {
         TensorFile content = load_tensors(checkpoint);
         content.metadata["identity"] = "{}";
         save_tensors(checkpoint, content);
         std::filesystem::remove(checkpoint + ".sha256");
       }}};
  for (const auto& [what, damage] : damages) {
    sweep.forget_database();
    damage();
    const Outcome outcome = sweep.run();
    INFO(what << ": " << outcome.err);
    CHECK(outcome.code == 0);
    CHECK_THAT(outcome.err, Contains(" goes back to the start: out/sweeps/toy/run-") && !Contains(" failed: "));
    CHECK(sweep.results() == undisturbed);
  }
}

TEST_CASE("where the disk is short, checkpoints of resting runs are dropped, and the sweep ends as with them",
          "[app]") {
  const ToySweep sweep, short_of_disk;
  sweep.require_done();
  const Outcome outcome = short_of_disk.ToyFolder::run(ToySweep::arguments + " --set disk_gb=1e-5");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("the checkpoint of run 1 is dropped, as the disk is short"));
  CHECK(short_of_disk.results() == sweep.results());
  short_of_disk.require_done();  // without the limit, the stored sweep is the same
}

TEST_CASE("a sweep that goes on from a checkpoint without its rows says so", "[app]") {
  const ToySweep sweep;
  sweep.change("candidates", 1);
  const std::string four = ToySweep::arguments + " --set rungs=[4]";
  const std::string warning = "/checkpoint.safetensors: is at iteration 4, and r.db holds no loss of it";
  const Outcome undisturbed = sweep.ToyFolder::run(four);
  CHECK_THAT(undisturbed.err, !Contains("holds no loss"));
  sweep.forget_database();
  const Outcome outcome = sweep.ToyFolder::run(four);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains(warning));
}

TEST_CASE("a winner's checkpoint that is damaged is not made into a model; a retry trains it again", "[app]") {
  const ToySweep sweep;
  sweep.change("candidates", 1);
  sweep.require_done();
  const Json undisturbed = sweep.results();
  const std::string file = "out/sweeps/toy/best/proxy/unet.safetensors", model = text_of_file(sweep.file(file));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sweep.file("out/sweeps/toy")))
    if (entry.path().filename() == "checkpoint.safetensors") {
      std::string bytes = text_of_file(entry.path());
      bytes.back() = char(bytes.back() ^ 1);
      save_text(entry.path(), bytes);
    }
  sweep.check_fails("is damaged: its SHA-256 is ");
  sweep.check_fails("after `mdsearch db retry 1 --db r.db` the same command trains the winner again");
  CHECK(sweep.ToyFolder::run(retry_command + "toy").code == 2);  // it has not failed
  REQUIRE(sweep.ToyFolder::run(retry_command + "1").code == 0);
  sweep.require_done();
  CHECK(sweep.results() == undisturbed);
  CHECK((text_of_file(sweep.file(file)) == model));
}

TEST_CASE("a sweep that lost a candidate says so and exits with 1, until a retry brings it back", "[app]") {
  const ToySweep sweep;
  sweep.require_done();
  const Json undisturbed = sweep.results();
  make_fail(sweep, 2);
  const Outcome lost = sweep.run();
  CHECK(lost.code == 1);
  CHECK_THAT(lost.err, Contains("run 2 failed: its loss is not finite") &&
                           Contains("1 of the 3 runs of toy failed, and the others were compared without them") &&
                           Contains("mdsearch db retry toy --db r.db"));
  CHECK_THAT(lost.out, Contains("wins"));
  for (const std::string name : {"toy", "2", "k5@toy"}) {
    make_fail(sweep, 2);
    const Outcome retried = sweep.ToyFolder::run(retry_command + "--format json " + name);
    INFO(name << ": " << retried.err);
    REQUIRE(retried.code == 0);
    REQUIRE(retried.json()["rows"].size() == 1);
    CHECK(retried.json()["rows"][0]["run"] == 2);
  }
  sweep.require_done();
  CHECK(sweep.results() == undisturbed);
}

TEST_CASE("a retry of nothing that failed, or of no run, is refused by name", "[app]") {
  const ToySweep sweep;
  sweep.require_done();
  const auto refuses = [&](const std::string& name, const std::string& message) {
    const Outcome outcome = sweep.ToyFolder::run(retry_command + name);
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Contains(message));
  };
  refuses("toy", "none of the 3 runs of toy has failed");
  refuses("nonsense", "no run and no sweep is called \"nonsense\"");
  refuses("k5@other", "no run and no sweep is called \"k5@other\"");
}

TEST_CASE("the workers of a sweep that is killed end with it", "[app]") {
  const ToySweep sweep;
  const std::filesystem::path folder = std::filesystem::canonical(sweep.folder.path);
  const std::string without_end = " --workers 2 --set rungs=[1000000] --set checkpoint_every=1000000";
  const auto both_work = [&] { return processes_in(folder) >= 3; };
  REQUIRE(killed_once(mdsearch_in(sweep.folder.path, ToySweep::arguments + without_end), both_work));
  for (int i = 0; i < 300 && processes_in(folder) > 0; ++i) ::usleep(100'000);
  CHECK(processes_in(folder) == 0);
}

TEST_CASE("what a killed worker was writing is cleared by the next start", "[app]") {
  const ToySweep sweep;
  sweep.require_done();
  const std::string left = sweep.run_folders().front() + "/checkpoint.safetensors.tmp99999999";
  save_text(left, "half");
  sweep.require_done();
  CHECK_FALSE(std::filesystem::exists(left));
}

TEST_CASE("want of memory ends a worker and costs no candidate", "[app]") { check_limits({480'000, 500'000}); }

TEST_CASE("no limit of memory costs a candidate", "[app][slow]") {
  std::vector<int> limits;
  for (int limit = 440'000; limit <= 900'000; limit += 5'000) limits.push_back(limit);
  check_limits(limits);
}
