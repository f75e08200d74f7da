// Shards of latents hold what a set in memory holds, train alike, and are refused where one is missing or changed.
#include "trainer/latent_shards.h"

#include <fstream>
#include <set>

#include "tests/catch.h"
#include "tests/trainer/toy_shards.h"

using namespace mds;
using Catch::Contains;

namespace {

// 12 pairs of which three, in two shards, are held out.
LatentSet pairs() {
  LatentSet set = toy::latents();
  set.held_out = at::zeros({12}, at::kBool);
  for (const int64_t row : {1, 2, 10}) set.held_out[row].fill_(true);
  set.encoders = {{"autoencoder", "a"}, {"text", "b"}, {"score", "c"}};
  set.license = "CC0";
  return set;
}

std::string folder(const std::string& name) { return toy::temporary("shards_" + name); }

// Each toy latent is one number, which tells which row of the set it is.
int64_t row_of(const LatentSet& set, const Tensor& moments) {
  return at::argmin((set.moments.select(1, 0).select(1, 0).select(1, 0) - moments[0][0][0]).abs().to(at::kFloat))
      .item<int64_t>();
}

void change_byte(const std::string& file, int64_t from_end) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(-from_end, std::ios::end);
  const auto byte = char(stream.get() ^ 1);
  stream.seekp(-from_end, std::ios::end);
  stream.put(byte);
}

}  // namespace

TEST_CASE("shards hold the pairs of the set that they were written from", "[trainer][torch]") {
  const LatentSet set = pairs();
  const LatentShards shards(toy::shards(folder("whole"), set, GENERATE(1, 4, 5, 12)));
  CHECK(shards.shape() == set.shape());
  CHECK(shards.training_count() == 9);
  CHECK(at::equal(shards.empty_text, set.empty_text));
  CHECK(shards.scale == set.scale);
  CHECK(shards.encoders == set.encoders);
  CHECK(shards.license == set.license);
  const HeldOutPairs held_out = shards.held_out_pairs(), wanted = set.held_out_pairs();
  CHECK(held_out.captions == wanted.captions);
  CHECK(at::equal(held_out.image_features, wanted.image_features));
  CHECK(at::equal(held_out.text_features, wanted.text_features));
  const Tensor rows = at::tensor({2, 0, 1, 2}, at::kLong);
  CHECK(at::equal(shards.held_out_text(rows), set.held_out_text(rows)));
  CHECK(at::allclose(shards.training_features().mean_D, set.training_features().mean_D));
}

TEST_CASE("an epoch reads every pair that is not held out exactly once, whole", "[trainer][torch]") {
  const LatentSet set = pairs();
  const LatentShards shards(toy::shards(folder("epoch"), set, 5));
  const auto reader = shards.reader(/*batch=*/3, /*seed=*/1);
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::set<int64_t> seen;
    for (int64_t i = 0; i < 3; ++i) {
      const LatentRows rows = reader->batch(3 * epoch + i, 0, 3);
      for (int64_t example = 0; example < 3; ++example) {
        const int64_t row = row_of(set, rows.moments[example]);
        CHECK(seen.insert(row).second);
        CHECK(!set.held_out[row].item<bool>());
        CHECK(at::equal(rows.moments[example], set.moments[row]));
        CHECK(at::equal(rows.text[example], set.text[row]));
      }
    }
    CHECK(seen.size() == 9);
  }
}

TEST_CASE("processes that read parts of a batch read together what one reads", "[trainer][torch]") {
  const LatentShards shards(toy::shards(folder("parts"), pairs(), 4));
  const auto whole = shards.reader(6, 1), first = shards.reader(6, 1), second = shards.reader(6, 1);
  for (int64_t iteration = 0; iteration < 5; ++iteration) {
    const LatentRows all = whole->batch(iteration, 0, 6);
    const Tensor halves = at::cat({first->batch(iteration, 0, 3).moments, second->batch(iteration, 3, 3).moments});
    CHECK(at::equal(halves, all.moments));
  }
}

TEST_CASE("the order of the pairs does not depend on the size of the shards", "[trainer][torch]") {
  const LatentShards few(toy::shards(folder("few"), pairs(), 8)), many(toy::shards(folder("many"), pairs(), 1));
  const auto one = few.reader(4, 3), other = many.reader(4, 3);
  for (int64_t iteration = 0; iteration < 6; ++iteration)
    CHECK(at::equal(one->batch(iteration, 0, 4).moments, other->batch(iteration, 0, 4).moments));
}

TEST_CASE("a training on shards that is resumed ends in the bits of an undisturbed one", "[trainer][torch]") {
  const LatentShards shards(toy::shards(folder("resume"), pairs(), 5));
  const LoopConfig config{.iterations = 8, .batch = 4, .seed = 2};
  const std::string file = toy::temporary("shards.checkpoint");
  BaseStage stage(toy::unet(), {}, config, shards);
  Loop whole(stage, config, {});
  whole.run_to(3);
  whole.save(file, "{}");
  whole.run_to(8);
  BaseStage again(toy::unet(), {}, config, shards);
  Loop resumed(again, config, {});
  REQUIRE(resumed.resume(file, "{}"));
  resumed.run_to(8);
  for (const auto& [name, weight] : whole.weights()) CHECK(at::equal(weight, resumed.weights().at(name)));
}

TEST_CASE("a shard that is missing, truncated or changed is named", "[trainer][torch]") {
  const std::string path = toy::shards(folder("damaged"), pairs(), 4), shard = path + "/shard-1.safetensors";
  SECTION("missing") {
    std::filesystem::remove(shard);
    CHECK_THROWS_WITH(LatentShards(path), Contains(shard + ": is missing, and latents.json lists it"));
  }
  SECTION("truncated") {
    std::filesystem::resize_file(shard, 300);
    CHECK_THROWS_AS(LatentShards(path), FileError);
    CHECK_THROWS_WITH(LatentShards(path), Contains(shard + ": is 300 bytes, and latents.json says "));
  }
  SECTION("changed") {
    change_byte(shard, /*from_end=*/5);
    const LatentShards shards(path);
    const auto reader = shards.reader(8, 1);
    CHECK_THROWS_AS(reader->batch(0, 0, 8), FileError);
    CHECK_THROWS_WITH(reader->batch(0, 0, 8), Contains(shard + ": its SHA-256 is "));
    CHECK_THROWS_WITH(shards.held_out_pairs(), Contains(shard + ": its SHA-256 is "));
  }
  SECTION("shortened while it is read") {
    const LatentShards shards(path);
    const auto reader = shards.reader(8, 1);
    reader->batch(0, 0, 8);
    std::filesystem::resize_file(shard, 300);
    CHECK_THROWS_WITH(reader->batch(40, 0, 8), Contains(shard) && Contains("truncated meanwhile"));
  }
}

TEST_CASE("an index that leads out of its folder or contradicts its shards is refused", "[trainer][torch]") {
  const std::string path = toy::shards(folder("index"), pairs(), 4);
  LatentIndex index = load_index(path);
  const auto refused = [&](const std::string& why) {
    save_index(path, index);
    CHECK_THROWS_WITH(LatentShards(path), Contains(why));
  };
  SECTION("a path") {
    index.shards[1].file = "../shard-1.safetensors";
    refused("latents.json: shards.1.file is \"../shard-1.safetensors\"; expected a .safetensors file beside the index");
  }
  SECTION("held-out pairs") {
    index.shards[0].held_out = 5;
    refused("shards.0.held_out is 5; allowed: at most `pairs`, 4");
  }
  SECTION("pairs without room") {
    index.shards[0].pairs = 1'000'000'000;
    refused("shards.0.pairs is 1000000000, which a file of ");
  }
  SECTION("no shards") {
    index.shards.clear();
    refused("shards is empty");
  }
  SECTION("scale") {
    index.scale.mean.push_back(0);
    refused("scale has 3 means and 2 deviations; expected 2");
  }
  SECTION("another shape") {
    index.shape.tokens = 2;
    refused("empty_text is F16 [1, 3, 6]; latents.json says F16 [1, 2, 6]");
  }
  SECTION("another number of pairs") {
    index.shards[0].pairs = 3;
    refused("moments is F16 [4, 4, 8, 8]; latents.json says F16 [3, 4, 8, 8]");
  }
}
