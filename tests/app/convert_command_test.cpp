// mdsearch convert as a shell user sees it; the tests of pipeline/ cover the conversion itself.
#include "pipeline/tensor_file.h"
#include "pipeline/weight_import.h"
#include "search/store/store.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"
#include "tests/pipeline/foreign_networks.h"

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

TEST_CASE("convert takes the network of a part from the database by its stored name", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/r.db", in = folder.path + "/in", out = folder.path + "/out";
  const NetworkSpec spec = foreign::unet_spec();
  const Plan plan = make_plan(foreign::unet_spec());
  Database stored(database);
  add_arch(stored, {.hash = hash_of(spec),
                    .name = "stored-unet",
                    .spec_json = canonical_json(spec),
                    .convention = "c",
                    .input = "i"});
  std::filesystem::create_directories(in + "/unet");
  save_tensors(in + "/unet/diffusion_pytorch_model.safetensors",
               {.tensors = export_weights(plan, Layout::diffusers, foreign::numbered(plan)), .metadata = {}});
  const std::string command = "convert --from diffusers " + in + " --out " + out + " --db " + database + " --network ";
  const Outcome unknown = mdsearch(command + "stored-unt");
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Contains("no network \"stored-unt\"") && Contains("stored-unet"));
  CHECK_FALSE(std::filesystem::exists(out));
  const Outcome outcome = mdsearch(command + "stored-unet --format json");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.json()["rows"][0]["network"] == "stored-unet");
  CHECK(outcome.json()["rows"][0]["params"] == cost(plan).params);
}
