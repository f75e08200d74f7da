// Programs that are asked to stop by a signal to one process, as systemd or a batch system sends it.
#include "search/store/store.h"
#include "tests/app/toy_sweep.h"

using namespace mds;

namespace {

// Starts the program with SIGINT ignored, as nohup and & of a script do, and sends a signal to it alone once every run
// has a checkpoint.
Outcome stopped(const ToySweep& sweep, const std::string& arguments, const std::string& signal) {
  const std::string checkpoints = sweep.file("out/sweeps/toy/run-*/checkpoint.safetensors");
  return run_shell("cd " + sweep.folder.path + "; { nohup " MDSEARCH_PROGRAM " " + arguments +
                       " & child=$!; while [ $(ls " + checkpoints +
                       " 2>/dev/null | wc -l) -lt 3 ] && kill -0 $child; " + "do sleep 0.02; done; kill -" + signal +
                       " $child; wait $child; }",
                   sweep.folder.path);
}

}  // namespace

TEST_CASE("a sweep that alone is asked to stop has its workers save and end too", "[app][torch]") {
  const std::string signal = GENERATE("TERM", "USR1");
  INFO(signal);
  const ToySweep sweep;
  sweep.change("rungs", {100000});
  const Outcome outcome = stopped(sweep, ToySweep::arguments + " --workers 3", signal);
  INFO(outcome.err);
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Catch::Contains("the worker stopped with a checkpoint") &&
                              Catch::Contains("the sweep stopped with a checkpoint") && !Catch::Contains("killed"));
  const Database database(sweep.file("r.db"), StoreMode::read_only);
  for (const auto& run : runs_of(database, "toy")) CHECK(run.state == RunState::queued);
}
