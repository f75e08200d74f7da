// data encode as a command: killed, shared by processes, and trained on.
#include "tests/app/toy_folder.h"
#include "tests/experiments/toy_encoders.h"

using namespace mds;
using Catch::Contains;

namespace {

// Pictures of 128 px fill a shard of 1 MB with about thirty.
struct Encoding : ToyEncoders {
  Encoding() { pictures(150); }

  static std::string arguments(const std::string& out) {
    return "data encode pictures --out " + out +
           " --size 128 --shard-mb 1 --autoencoder vae --text clip --score clip --threads 1 --format json";
  }
  Outcome run(const std::string& arguments) const {
    return run_shell(mdsearch_in(folder.path, arguments), folder.path);
  }
  std::map<std::string, std::string> files_of(const std::string& out) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(file(out)))
      files[entry.path().filename().string()] = text_of_file(entry.path().string());
    return files;
  }
};

}  // namespace

TEST_CASE("an encoding that is killed goes on to the bytes of an undisturbed one", "[app][torch]") {
  const Encoding encoding;
  const Outcome whole = encoding.run(Encoding::arguments("whole"));
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  REQUIRE(whole.json()["shards"] >= 4);
  CHECK(whole.json()["pairs"] == 150);

  for (const char* shard : {"shard-00000.json", "shard-00002.json"})
    killed_once(mdsearch_in(encoding.folder.path, Encoding::arguments("killed")),
                [&] { return std::filesystem::exists(encoding.file(std::string("killed/") + shard)); });
  const auto first = encoding.file("killed/shard-00000.safetensors");
  REQUIRE(std::filesystem::exists(first));
  const auto written = std::filesystem::last_write_time(first);
  const Outcome ended = encoding.run(Encoding::arguments("killed"));
  INFO(ended.err);
  REQUIRE(ended.code == 0);
  CHECK(std::filesystem::last_write_time(first) == written);
  CHECK((encoding.files_of("killed") == encoding.files_of("whole")));
}

TEST_CASE("processes that encode into one folder make each shard once, together what one makes", "[app][torch]") {
  const Encoding encoding;
  REQUIRE(encoding.run(Encoding::arguments("whole")).code == 0);
  const std::string line = MDSEARCH_PROGRAM " " + Encoding::arguments("shared");
  const Outcome both = run_shell(
      "cd " + encoding.folder.path + " && ( " + line + " & " + line + " & " + line + " & wait ) 2>log && cat log >&2",
      encoding.folder.path);
  INFO(both.err);
  REQUIRE(encoding.run(Encoding::arguments("shared")).code == 0);
  CHECK((encoding.files_of("shared") == encoding.files_of("whole")));
}

TEST_CASE("a training takes a folder of shards in place of a data set, and names a shard that is missing",
          "[app][torch]") {
  const Encoding encoding;
  REQUIRE(encoding.run(Encoding::arguments("latents")).code == 0);
  encoding.write("base.json", {{"name", "base"},
                               {"stage",
                                {{"kind", "base"},
                                 {"unet", "unet.json"},
                                 {"width_divisor", 1},
                                 {"latents", "latents"},
                                 {"encoders", {{"autoencoder", "vae"}, {"text", "clip"}, {"score", "clip"}}}}},
                               {"loop", {{"iterations", 4}, {"batch", 2}, {"checkpoint_every", 2}}},
                               {"evaluation", {{"pictures", 2}, {"sampler", {{"steps", 1}}}}}});
  const std::string train = "train base.json --threads 1 --db r.db";
  const Outcome trained = encoding.run(train);
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  const ModelCard card = load_card(encoding.file("out/train/base/model"));
  CHECK(card.unet->size == 64);
  CHECK(card.provenance.scores.contains("fd_emoji_clip"));

  std::filesystem::remove(encoding.file("latents/shard-00002.safetensors"));
  const Outcome refused = encoding.run(train);
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("latents/shard-00002.safetensors: is missing, and latents.json lists it"));
}
