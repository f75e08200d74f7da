// --lora takes a file, and a weight behind the last "=".
#include "app/lora_option.h"

#include "app/usage_error.h"
#include "spec/new_file.h"
#include "tests/catch.h"
#include "tests/scratch_folder.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("a LoRA's weight stands behind the last equals sign", "[app]") {
  CHECK(parse_lora("a.safetensors").weight == 1);
  CHECK(parse_lora("a.safetensors=0.8").file == "a.safetensors");
  CHECK(parse_lora("a.safetensors=0.8").weight == 0.8);
  CHECK(parse_lora("rank=4.safetensors=-1").file == "rank=4.safetensors");
  CHECK(parse_lora("rank=4.safetensors=-1").weight == -1);
}

TEST_CASE("a file that has an equals sign in its name needs no weight", "[app]") {
  const ScratchFolder scratch;
  const std::string file = scratch.path + "/rank=4.safetensors";
  save_text(file, "");
  CHECK(parse_lora(file).file == file);
}

TEST_CASE("a LoRA's weight that is no finite number is a wrong use", "[app]") {
  for (const std::string text : {"a=nan", "a=inf", "a=", "a=strong"}) {
    CHECK_THROWS_AS(parse_lora(text), UsageError);
    CHECK_THROWS_WITH(parse_lora(text), Contains("--lora " + text) && Contains("allowed: a finite number"));
  }
}
