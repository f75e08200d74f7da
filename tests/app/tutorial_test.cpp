// Runs docs/tutorial.md as a reader would: every command of its shell blocks, in an empty folder.
#include <sstream>

#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;

namespace {

// The lines of all blocks marked sh, in order.
std::string shell_blocks(const std::string& markdown) {
  std::istringstream lines(markdown);
  std::string script;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```"))
      inside = line == "```sh";
    else if (inside)
      script += line + "\n";
  }
  return script;
}

}  // namespace

TEST_CASE("every command of the tutorial works in an empty folder", "[app][slow]") {
  const ScratchFolder folder;
  const std::string script = shell_blocks(text_of_file(MDS_SOURCE_DIR "/docs/tutorial.md"));
  REQUIRE(script.find("mdsearch sweep") != std::string::npos);
  const std::string program = std::filesystem::path(MDSEARCH_PROGRAM).parent_path().string();
  save_text(folder.path + "/tutorial.sh", "set -euo pipefail\nexport PATH=\"" + program + ":$PATH\"\n" + script);
  const Outcome outcome = run_shell("cd " + folder.path + " && bash tutorial.sh", folder.path);
  INFO(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(std::filesystem::exists(folder.path + "/star.png"));
  CHECK(std::filesystem::exists(folder.path + "/sweep.html"));
}
