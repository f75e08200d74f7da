#include "tests/app/toy_sweep.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("a program of ten lines outside the tree finds what was installed, and its sweep wins as ours",
          "[app][slow]") {
  const ToySweep sweep;
  const std::string prefix = sweep.file("prefix"), build = sweep.file("build");
  const auto done = [&](const std::string& line) {
    const Outcome outcome = run_shell("cd " + sweep.folder.path + " && " + line, sweep.folder.path);
    INFO(line << "\n" << outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    return outcome.out;
  };
  done("cmake --install " MDS_BUILD_DIR " --prefix " + prefix);
  done("cmake -S " MDS_SOURCE_DIR "/tests/install -B " + build + " -DCMAKE_PREFIX_PATH=" + prefix);
  done("cmake --build " + build);
  const Outcome ours = sweep.ToyFolder::run(ToySweep::arguments + " --format json");
  INFO(ours.err);
  const std::string winner = ours.json()["winner"]["candidate"];
  done("rm -r out");
  CHECK(done(build + "/winner sweep.json") == "3 candidates, winner " + winner + "\n");
  CHECK_THAT(done("mkdir elsewhere && cd elsewhere && " + prefix + "/bin/mdsearch spec mobilediffusion"),
             Contains("mobilediffusion"));
}
