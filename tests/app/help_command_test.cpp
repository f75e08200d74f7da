// Help and the command line in general: commands, flags, numbers and names as people type and mistype them.
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("every command has help of its own, and `help COMMAND` is that", "[app]") {
  const std::string list = mdsearch("--help").out;
  for (const char* command : {"spec", "enumerate", "sweep", "worker", "train", "profile", "convert", "export",
                              "forward", "report", "db", "help", "completion"}) {
    INFO(command);
    CHECK_THAT(list, Contains("\n  " + std::string(command)));
    const Outcome help = mdsearch(std::string(command) + " --help");
    CHECK(help.code == 0);
    CHECK_THAT(help.out, Contains("usage: mdsearch " + std::string(command)));
    CHECK(help.err.empty());
  }
  CHECK(mdsearch("help export").out == mdsearch("export --help").out);
  CHECK(mdsearch("help db merge").out == mdsearch("db merge --help").out);
  CHECK_THAT(mdsearch("db --help").out, Contains("record-parity"));
}

TEST_CASE("wrong use exits with 2, offers the nearest name and points to the help", "[app]") {
  struct Case {
    const char *arguments, *message;
  };
  for (const auto& [arguments, message] : {
           Case{"swep", "mdsearch: there is no command \"swep\"; did you mean sweep?"},
           {"db chekc", "mdsearch db: there is no command \"chekc\"; did you mean check? commands: check, info"},
           {"spec mobilediffusion --fromat json", "mdsearch spec: there is no option --fromat; did you mean --format?"},
           {"spec mobilediffusion --fromat json", "; see `mdsearch spec --help`\n"},
           {"spec", "NETWORK is missing: "},
           {"spec sd15 sdxl", "takes one NETWORK only"},
           {"db merge", "FILE... is missing: "},
           {"report swep", "\"swep\"; did you mean sweep?"},
           {"report sweep --format html5", "--format is \"html5\"; did you mean html? allowed: table, md, csv"},
       }) {
    const Outcome outcome = mdsearch(arguments);
    INFO(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Contains(message));
  }
  CHECK(mdsearch("").code == 2);
}

TEST_CASE("the version says commit, LibTorch, build and CUDA", "[app]") {
  const Outcome version = mdsearch("--version");
  CHECK(version.code == 0);
  CHECK_THAT(version.out, Contains("mdsearch 0.") && Contains("commit ") && Contains("LibTorch ") &&
                              Contains("build ") && Contains("CUDA "));
}

TEST_CASE("docs/configs.md is what the program prints", "[app]") {
  INFO("to make it again: mdsearch help --all --format md > docs/configs.md");
  CHECK(mdsearch("help --all --format md").out == text_of_file(MDS_SOURCE_DIR "/docs/configs.md"));
}
