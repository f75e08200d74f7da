// mdsearch export as its user sees it: files of each format, trained parts by name, and refusals that write nothing.
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

struct Exports {
  ScratchFolder folder;
  std::string at(const std::string& name) const { return folder.path + "/" + name; }
  Outcome run(const std::string& arguments) const { return mdsearch("export " + arguments); }
  bool empty() const { return std::filesystem::is_empty(folder.path); }
};

const std::string clip = MDS_SOURCE_DIR "/weights/emoji-clip";

}  // namespace

TEST_CASE("export writes each format and names its files", "[app][export]") {
  const Exports exports;
  const auto [format, file, files] = GENERATE(table<std::string, std::string, std::vector<std::string>>({
      {"torchscript", "a/unet.pt", {"a/unet.pt"}},
      {"safetensors", "a/unet.safetensors", {"a/unet.safetensors", "a/unet.json"}},
  }));
  const Outcome outcome = exports.run(tiny_unet + " --seed 3 --to " + format + " --out " + exports.at(file));
  CHECK(outcome.code == 0);
  std::string listed;
  for (const auto& name : files) {
    CHECK(std::filesystem::file_size(exports.at(name)) > 0);
    listed += exports.at(name) + "\n";
  }
  CHECK(outcome.out == listed);
}

TEST_CASE("export takes a part of a model by its name or by its network's", "[app][export]") {
  const Exports exports;
  const auto [folder, part] = GENERATE(table<std::string, std::string>({
      {"emoji-clip", "text_encoder"},
      {"emoji-clip", "image_encoder"},
      {"emoji-autoencoder", "vae_encoder"},
      {"emoji-autoencoder", "vae_decoder"},
      {"emoji-md", "unet"},
  }));
  const std::string tail = " --model " MDS_SOURCE_DIR "/weights/" + folder + " --to safetensors --out ";
  REQUIRE(exports.run(part + tail + exports.at("a.safetensors")).code == 0);
  REQUIRE(exports.run(exports.at("a.json") + tail + exports.at("b.safetensors")).code == 0);
  CHECK(text_of_file(exports.at("a.safetensors")) == text_of_file(exports.at("b.safetensors")));
}

TEST_CASE("export refuses what it cannot do, and writes nothing", "[app][export]") {
  const Exports exports;
  const auto [arguments, message] = GENERATE(table<std::string, std::string>({
      {tiny_unet + " --to torchscript", "needs one of --model DIR"},
      {tiny_unet + " --to torchscript --seed 1 --model " + clip, "needs one of --model DIR"},
      {tiny_unet + " --to tflite --seed 1", "allowed: torchscript, onnx, safetensors"},
      {tiny_unet + " --to onnx --seed 1 --dtype fp16", "traced networks are float32"},
      {tiny_unet + " --to safetensors --seed 1 --dtype int4", "allowed: fp32, fp16, bf16"},
      {tiny_unet + " --to safetensors --seed 1 --device cuda:9", "allowed: cpu"},
      {tiny_unet + " --to safetensors --seed 1 --size -8", "--size is -8"},
      {"nonsense --to safetensors --seed 1", "no network \"nonsense\""},
      {"nonsense --to safetensors --model " + clip, "neither a part of"},
      {tiny_unet + " --to safetensors --model " + clip, "no part of"},
  }));
  const Outcome outcome = exports.run(arguments + " --out " + exports.at("a"));
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains(message));
  CHECK(exports.empty());
}

TEST_CASE("export writes over none of its inputs, and nothing into a model folder", "[app][export]") {
  const Exports exports;
  std::filesystem::copy(clip, exports.at("model"));
  std::filesystem::copy_file(tiny_unet, exports.at("unet.json"));
  std::filesystem::create_symlink(exports.at("unet.json"), exports.at("linked.json"));
  const std::string card = text_of_file(exports.at("model/model.json")), spec = text_of_file(exports.at("unet.json"));
  const std::string at = exports.at("");
  const std::vector<std::pair<std::string, std::string>> refused{
      {"text_encoder --model " + at + "model --out " + at + "model/model.safetensors", "an input"},
      {tiny_unet + " --seed 1 --out " + at + "model/model.safetensors", "lies in a model folder"},
      {at + "unet.json --seed 1 --out " + at + "unet.safetensors", "unet.json is an input"},
      {at + "unet.json --seed 1 --out " + at + "linked.json", "linked.json is an input"},
  };
  for (const auto& [arguments, message] : refused) {
    INFO(arguments);
    const Outcome outcome = exports.run(arguments + " --to safetensors");
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Contains(message));
    CHECK(text_of_file(exports.at("model/model.json")) == card);
    CHECK(text_of_file(exports.at("unet.json")) == spec);
  }
}

TEST_CASE("export says which place cannot be written", "[app][export]") {
  const Exports exports;
  const std::string seeded = tiny_unet + " --seed 1 --to torchscript --out ";
  CHECK_THAT(exports.run(seeded + exports.folder.path).err, Contains(exports.folder.path + " is a folder"));
  const Outcome outcome = exports.run(seeded + "/dev/null/a.pt");
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Contains("/dev/null"));
}
