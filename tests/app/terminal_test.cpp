#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("names, captions and values of others reach stderr without control bytes", "[app]") {
  const ScratchFolder folder;
  save_text(folder.path + "/name.json", R"({"name": "a\u001b]0;owned\u0007"})");
  save_text(folder.path + "/kind.json", R"({"kind": "\u001b[2J"})");
  const std::string odd = "\"$(printf '\\033]0;owned\\007\\033[2J')\"";  // /bin/sh has no $'\e'
  for (const std::string& arguments :
       {"spec " + odd, "spec " + folder.path + "/kind.json", "sweep " + folder.path + "/name.json",
        "train " + folder.path + "/name.json", "generate --model " + odd + " --prompt a --out b.png"}) {
    const Outcome outcome = mdsearch(arguments);
    INFO(arguments << ": " << outcome.err);
    CHECK(outcome.code != 0);
    CHECK(!outcome.err.empty());
    CHECK(outcome.err.find_first_of("\x1b\x07\r") == std::string::npos);
  }
}
