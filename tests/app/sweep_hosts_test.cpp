// Sweeps whose hosts share the database, and share the folder of checkpoints or not.
#include "tests/app/toy_sweep.h"

using Catch::Contains;
using namespace mds;

namespace {

const std::string first_rung = " --set 'rungs=[4]'";

}  // namespace

TEST_CASE("a sweep goes on from the checkpoints of another host in the folder that both share", "[app]") {
  const ToySweep moved, whole;
  whole.require_done();
  moved.require_done(first_rung + " --artifacts shared");
  const Outcome outcome = moved.ToyFolder::run(ToySweep::arguments + " --artifacts shared");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, !Contains("is left to another host"));
  CHECK(moved.results() == whole.results());
  CHECK(std::filesystem::exists(moved.file("shared/toy/best/spec.json")));
  CHECK_FALSE(std::filesystem::exists(moved.file("out/sweeps")));
}

TEST_CASE("a run whose checkpoint is on another host is left to that, and begins anew where nobody is there", "[app]") {
  const ToySweep moved, whole;
  whole.require_done();
  moved.require_done(first_rung);
  const Outcome outcome = moved.ToyFolder::run(ToySweep::arguments + " --artifacts elsewhere");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("is left to another host: its checkpoint is not in elsewhere/toy/run-"));
  CHECK(moved.results() == whole.results());
}

TEST_CASE("a worker of another build is refused, and a sweep goes on with another with a warning", "[app]") {
  const ToySweep moved, whole;
  whole.require_done();
  moved.require_done(first_rung);
  Database(moved.file("r.db")).execute("UPDATE env SET git_commit = 'another', libtorch = '1.0'");
  const std::string worker = "worker sweep.json --threads 1 --db r.db" + first_rung;
  const Outcome refused = moved.ToyFolder::run(worker);
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("the sweep toy is trained by another build of mdsearch: ") &&
                              Contains("git_commit") && Contains("libtorch") && Contains("give --any-build"));
  CHECK(moved.ToyFolder::run(worker + " --any-build").code == 0);
  const Outcome outcome = moved.run();
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("is trained by another build") && Contains("it goes on with this one"));
  CHECK(moved.results() == whole.results());
  CHECK_THAT(moved.run().err, !Contains("another build"));
}

TEST_CASE("a deleted sweep takes its files of the shared folder with it", "[app]") {
  const ToySweep sweep;
  sweep.require_done(first_rung + " --artifacts shared");
  const Outcome outcome = sweep.ToyFolder::run("db delete sweep toy --db r.db --artifacts shared");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_FALSE(std::filesystem::exists(sweep.file("shared/toy")));
}
