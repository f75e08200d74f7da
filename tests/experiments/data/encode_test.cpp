// Encoding a source into shards: whoever makes them and in how many goes, they hold what is encoded in memory.
#include "experiments/data/encode.h"

#include <fstream>

#include "experiments/file_claim.h"
#include "experiments/training/latent_cache.h"
#include "experiments/training/stages.h"
#include "tests/experiments/toy_encoders.h"
#include "trainer/latent_shards.h"

using namespace mds;
using Catch::Contains;

namespace {

constexpr int64_t few_pairs = 6'500;  // bytes of a shard of two or three toy pairs

struct Source : ToyEncoders {
  EncodeRequest request(const std::string& source, const std::string& out) const {
    return {.source = source, .out = file(out), .shard_bytes = few_pairs, .encoders = encoders()};
  }
};

Json encoded(const EncodeRequest& request) {
  Listener silent;
  return encode_source(request, silent);
}

std::map<std::string, std::string> files_of(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files[entry.path().filename().string()] = load_bytes(entry.path().string());
  return files;
}

// The moments of all batches of an epoch.
Tensor epoch_of(const LatentSource& latents, Tensor LatentRows::* tensor = &LatentRows::moments) {
  const auto reader = latents.reader(/*batch=*/3, /*seed=*/1);
  std::vector<Tensor> all;
  for (int64_t i = 0; 3 * i < latents.training_count(); ++i) all.push_back(reader->batch(i, 0, 3).*tensor);
  return at::cat(all);
}

}  // namespace

TEST_CASE("shards of a source hold its pairs, held-out ones apart, encoded as in memory", "[app][torch]") {
  const Source source;
  const std::string pictures = source.pictures(12);
  const Json json = encoded(source.request(pictures, "latents"));
  CHECK(json["pairs"] == 12);
  CHECK(json["held_out"] == 3);
  CHECK(json["shards"] >= 4);
  const LatentShards shards(source.file("latents"));
  CHECK(shards.encoders == encoder_hashes(source.encoders()));

  std::filesystem::current_path(source.folder.path);  // where the cache is written
  Listener silent;
  const LatentSourcePtr memory = open_latents({{.latents = pictures, .encoders = source.encoders()}, 0, {}}, silent);
  std::filesystem::current_path("/");
  CHECK(shards.shape() == memory->shape());
  CHECK(shards.held_out_pairs().captions == memory->held_out_pairs().captions);
  CHECK(at::allclose(shards.held_out_pairs().image_features, memory->held_out_pairs().image_features));
  CHECK(at::equal(shards.empty_text, memory->empty_text));
  const auto sorted = [](const Tensor& rows) { return std::get<0>(rows.to(at::kFloat).flatten(1).sum(1).sort()); };
  CHECK(at::allclose(sorted(epoch_of(shards)), sorted(epoch_of(*memory)), 1e-2, 1e-2));
}

TEST_CASE("a shard that another process makes is left to it, and who ends last completes the folder", "[app][torch]") {
  const Source source;
  const std::string pictures = source.pictures(9);
  encoded(source.request(pictures, "whole"));
  const auto request = source.request(pictures, "shared");
  std::filesystem::create_directories(request.out);
  {
    const auto claim = FileClaim::try_to_take(request.out + "/shard-00001.lock");
    CHECK(encoded(request)["waiting"] == 1);
    CHECK(!has_latent_shards(request.out));
    CHECK(!FileClaim::try_to_take(request.out + "/shard-00001.lock"));
  }
  const auto before = std::filesystem::last_write_time(request.out + "/shard-00000.safetensors");
  CHECK(encoded(request)["pairs"] == 9);
  CHECK(std::filesystem::last_write_time(request.out + "/shard-00000.safetensors") == before);
  CHECK((files_of(request.out) == files_of(source.file("whole"))));
}

TEST_CASE("a lock that a killed process left does not stop the next one", "[app][torch]") {
  const Source source;
  const auto request = source.request(source.pictures(5), "latents");
  std::filesystem::create_directories(request.out);
  for (const char* lock : {"/shard-00000.lock", "/shard-00001.lock"}) save_text(request.out + lock, "");
  CHECK(encoded(request)["pairs"] == 5);
  for (const auto& [name, bytes] : files_of(request.out)) CHECK(!name.ends_with(".lock"));
}

TEST_CASE("a lock of a shard that was just done when its process was killed goes with the records", "[app][torch]") {
  const Source source;
  const auto request = source.request(source.pictures(9), "latents");
  std::filesystem::create_directories(request.out);
  {
    const auto claim = FileClaim::try_to_take(request.out + "/shard-00002.lock");
    encoded(request);
  }
  save_text(request.out + "/shard-00000.lock", "");
  encoded(request);
  for (const auto& [name, bytes] : files_of(request.out))
    CHECK((name == "encoding.json" || name == "latents.json" || name.ends_with(".safetensors")));
}

TEST_CASE("a shard that is missing from a complete folder is made again by the same request", "[app][torch]") {
  const Source source;
  const auto request = source.request(source.pictures(9), "latents");
  encoded(request);
  const auto whole = files_of(request.out);
  std::filesystem::remove(request.out + "/shard-00001.safetensors");
  CHECK_THROWS_WITH(LatentShards(request.out), Contains("shard-00001.safetensors: is missing"));
  encoded(request);
  CHECK((files_of(request.out) == whole));
}

TEST_CASE("a folder that was begun with other settings is refused with what differs", "[app][torch]") {
  const Source source;
  auto request = source.request(source.pictures(5), "latents");
  encoded(request);
  request.size = 32;
  CHECK_THROWS_WITH(encoded(request), Contains("size is 16 there and 32 here") && Contains("give another `out`"));
  request.size = 12;
  CHECK_THROWS_AS(encoded(request), ConfigError);
}

TEST_CASE("pictures of tars are held out by their captions, and broken ones are skipped", "[app][torch]") {
  const Source source;
  std::string bytes = load_bytes(source.tar(20));
  bytes.insert(0, tar_member("a.png", "no picture") + tar_member("a.txt", "broken"));
  save_text(source.file("pictures.tar"), bytes);
  auto request = source.request(source.file("pictures.tar"), "latents");
  request.held_out = 0.3;
  const Json json = encoded(request);
  CHECK(json["pairs"] == 20);
  CHECK(json["held_out"] > 0);
  CHECK(json["held_out"] < 20);
  const LatentShards shards(request.out);
  CHECK(int64_t(shards.held_out_pairs().captions.size()) == json["held_out"]);
  CHECK(shards.license == "unknown: yours");
}

TEST_CASE("a source of which nothing can be used is refused", "[app][torch]") {
  const Source source;
  save_text(source.file("bad.tar"), tar_member("a.png", "no picture") + tar_member("a.txt", "broken") + tar_end());
  CHECK_THROWS_WITH(encoded(source.request(source.file("bad.tar"), "latents")),
                    Contains("none of the 1 samples can be used"));
}

TEST_CASE("one source at two sizes has one split and one order, and a stage goes on at the larger", "[app][torch]") {
  const Source source;
  const std::string pictures = source.pictures(16);
  auto large = source.request(pictures, "large");
  const auto small = source.request(pictures, "small");
  large.size = 32;
  large.shard_bytes = 3 * few_pairs;
  encoded(small);
  encoded(large);
  const LatentShards at_16(small.out), at_32(large.out);
  CHECK(at_16.shape().size == 8);
  CHECK(at_32.shape().size == 16);
  CHECK(at_16.held_out_pairs().captions == at_32.held_out_pairs().captions);
  CHECK(at::equal(epoch_of(at_16, &LatentRows::text), epoch_of(at_32, &LatentRows::text)));

  TrainConfig train;
  train.evaluation = EvaluationConfig{.pictures = 4, .sampler = {.steps = 1}};
  BaseConfig base;
  base.unet = source.file("unet.json");
  base.width_divisor = 1;
  base.data.encoders = source.encoders();
  Listener silent;
  const auto finished = [&](const BaseConfig& stage, const std::string& model) {
    train.stage = stage;
    const auto run = open_stage(train, "", silent);
    run->finish(run->stage().weights(), source.file(model), {});
    return load_card(source.file(model));
  };
  base.data.latents = small.out;
  CHECK(finished(base, "first").unet->size == 8);
  base.data.latents = large.out;
  base.start = source.file("first");
  const ModelCard card = finished(base, "second");
  CHECK(card.unet->size == 16);
  CHECK(card.vae_decoder->extent() == Extent{32, 32});
  CHECK(card.provenance.scores.contains("fd_emoji_clip"));
  CHECK(card.provenance.scores.contains("before"));
}
