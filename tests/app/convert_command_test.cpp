// mdsearch convert as a shell user sees it; the tests of pipeline/ cover the conversion itself.
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("convert names a wrong flag and its choices", "[app]") {
  const Outcome layout = mdsearch("convert --from torch none --out none");
  CHECK(layout.code == 2);
  CHECK_THAT(layout.err, Contains("--from is \"torch\"; allowed: diffusers, compvis, transformers, open_clip"));
  const Outcome type = mdsearch("convert --from compvis none --out none --dtype int8");
  CHECK(type.code == 2);
  CHECK_THAT(type.err, Contains("--dtype is \"int8\"; allowed: fp32, fp16, bf16"));
}

TEST_CASE("convert of a file without weights fails by name and leaves nothing", "[app]") {
  const ScratchFolder folder;
  save_text(folder.path + "/w.safetensors", "not weights");
  const Outcome outcome =
      mdsearch("convert --from compvis " + folder.path + "/w.safetensors --out " + folder.path + "/out");
  CHECK(outcome.code == 1);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("w.safetensors: offset 0: the header claims"));
  CHECK_FALSE(std::filesystem::exists(folder.path + "/out"));
}
