#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("spec prints the totals of the paper's networks and blocks that add up to them", "[app]") {
  const std::string name = GENERATE("mobilediffusion", "mobilediffusion-lite");
  const Json json = mdsearch("spec " + name + " --format json").json();
  CHECK(json["name"] == name);
  CHECK(json["hash"].get<std::string>().size() == 64);
  CHECK(json["params"] == (name == "mobilediffusion" ? 386687048 : 277649608));
  CHECK(json["macs_valid"] == (name == "mobilediffusion" ? 182611423232 : 153204819456));
  for (const std::string key : {"params", "macs", "macs_valid"}) {
    int64_t sum = 0;
    for (const auto& block : json["blocks"]) sum += block[key].get<int64_t>();
    CHECK(json[key] == sum);
  }
}

TEST_CASE("spec --layers as CSV is the golden file byte for byte", "[app]") {
  const std::string name = GENERATE("mobilediffusion", "mobilediffusion-lite");
  const Outcome outcome = mdsearch("spec " + name + " --layers --format csv");
  CHECK(outcome.code == 0);
  CHECK((outcome.out == text_of_file(MDS_SOURCE_DIR "/tests/data/" + name + "-layers.csv")));
}

TEST_CASE("spec --layers as JSON gives each block the layers that make it up", "[app]") {
  const Json json = mdsearch("spec " + tiny_unet + " --layers --format json").json();
  CHECK(json["name"] == "tiny-unet-" + json["hash"].get<std::string>().substr(0, 8));
  for (const auto& block : json["blocks"]) {
    INFO(block["path"]);
    int64_t params = 0;
    for (const auto& layer : block["layers"]) {
      params += layer["params"].get<int64_t>();
      CHECK(layer["name"].get<std::string>().starts_with(block["path"].get<std::string>()));
      for (const char* key : {"op", "in", "out", "weight", "macs", "macs_valid"}) CHECK(layer.contains(key));
    }
    CHECK(block["params"] == params);
  }
}

TEST_CASE("spec --size counts the same weights at another size", "[app]") {
  const Json json = mdsearch("spec mobilediffusion --size 256 --format json").json();
  CHECK(json["name"] == "mobilediffusion-256px");
  CHECK(json["params"] == 386687048);
  CHECK(json["macs_valid"] == 46163210240);
}

TEST_CASE("the table of spec ends in the totals", "[app]") {
  const Outcome outcome = mdsearch("spec mobilediffusion");
  CHECK_THAT(outcome.out, Catch::Contains("386687048 parameters, 182.61 G MACs"));
}

TEST_CASE("wrong use exits with 2 and names what is wrong", "[app]") {
  const auto [arguments, message] = GENERATE(table<std::string, std::string>({
      {"spec mobilediffusoin", "nearest: mobilediffusion"},
      {"spec", "NETWORK is missing"},
      {"spec mobilediffusion --colour", "colour"},
      {"spec mobilediffusion --size 7", "the picture's size is 7; allowed: multiples of 32"},
      {"spec mobilediffusion --format xml", "allowed: table, md, csv, json"},
      {"spec clip-vit-l-14-text --size 64", "a text tower has no picture size"},
      {"profile mobilediffusion --mode fast", "allowed: quick, screening, final"},
      {"profile mobilediffusion --dtype int4", "allowed: fp32, bf16"},
      {"profile mobilediffusion --batch 0", "--batch is 0; allowed: "},
      {"profile mobilediffusion --device toaster", "--device"},
      {"train configs/train/emoji-clip.json --device cuda:99", "--device"},
      {"db heal", "check, info, upgrade, export, copy, merge, retry, delete, record-parity"},
      {"nothing", "there is no command"},
  }));
  const Outcome outcome = mdsearch(arguments);
  INFO(arguments);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::Contains(message));
}

TEST_CASE("a spec file that no network can be built from exits with 1 and names the place", "[app]") {
  const ScratchFolder folder;
  const std::string file = folder.path + "/net.json";
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {R"({"kind": "unet", "levels": [{"wdith": 320}]})", "levels.0"},
      {R"({"kind": "unet", "levels": [{"down": [-1]}]})", "levels.0.down.0"},
      {R"({"kind": "unet", "levels": [{"up": [0]}]})", "levels.0.up"},
      {R"({"kind": "unet", "lev)", "net.json"},
  }));
  std::ofstream(file) << text;
  const Outcome outcome = mdsearch("spec " + file);
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Catch::Contains(file) && Catch::Contains(message));
}

TEST_CASE("a command that reads no tensors runs without mdsearch-torch, and the others name it", "[app]") {
  const ScratchFolder alone, output;
  std::filesystem::copy_file(MDSEARCH_PROGRAM, alone.path + "/mdsearch");
  CHECK(run_shell(alone.path + "/mdsearch spec mobilediffusion", output.path).code == 0);
  const Outcome training = run_shell(alone.path + "/mdsearch train x.json", output.path);
  CHECK(training.code == 1);
  CHECK_THAT(training.err, Catch::Contains("/mdsearch-torch: cannot be started: No such file or directory"));
}
