// A model's card: missing parts, and numbers that cannot be divided by, are refused with their place.
#include "pipeline/model.h"

#include <ATen/ATen.h>

#include <filesystem>

#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string folder = scratch("model_test").string();

void check_refused(const ModelCard& card, const std::string& why) {
  save_card(folder, card);
  CHECK_THROWS_AS(load_card(folder), ConfigError);
  CHECK_THROWS_WITH(load_card(folder), Contains(folder + "/model.json") && Contains(why));
}

}  // namespace

TEST_CASE("a card comes back as it was written, and names the parts it lacks", "[pipeline]") {
  ModelCard card;
  card.tokenizer = TokenizerConfig{.merges = 7, .pad = 0};
  card.latent_scale = LatentScale{{0, 1}, {1, 2}};
  save_card(folder, card);
  CHECK(load_card(folder) == card);
  CHECK(load_card(folder, {"tokenizer", "latent_scale"}) == card);
  CHECK_THROWS_WITH(load_card(folder, {"unet", "tokenizer", "vae_decoder"}),
                    Contains(folder + "/model.json: lacks unet, vae_decoder"));
}

TEST_CASE("deviations of 0, and means without deviations, are refused", "[pipeline]") {
  ModelCard card;
  SECTION("a scale of 0") {
    card.latent_scale = LatentScale{{0, 0}, {1, 0}};
    check_refused(card, "latent_scale.std.1 is 0; allowed: at least 1e-06");
  }
  SECTION("a scale of other lengths") {
    card.latent_scale = LatentScale{{0, 0}, {1}};
    check_refused(card, "latent_scale holds 2 means and 1 deviations; expected as many of each");
  }
  SECTION("a normalisation by 0") {
    card.image_normalisation = ImageNormalisation{.std = {1, 1, 0}};
    check_refused(card, "image_normalisation.std.2 is 0; allowed: at least 1e-06");
  }
  SECTION("a normalisation of two colours") {
    card.image_normalisation = ImageNormalisation{{0, 0}, {1, 1}};
    check_refused(card, "image_normalisation holds 2 means and 2 deviations; expected 3 of each");
  }
}

TEST_CASE("merges are a regular file of at most 64 MiB", "[pipeline]") {
  fs::create_directories(folder);
  const std::string file = folder + "/merges.txt";
  save_text(file, "r e\n");
  CHECK(load_merges(folder) == "r e\n");
  fs::resize_file(file, most_merges_bytes + 1);
  CHECK_THROWS_WITH(load_merges(folder), Contains(file + ": has 67108865 bytes; allowed: at most 67108864"));
  fs::remove(file);
  CHECK_THROWS_WITH(load_merges(folder), Contains(file + ": is not there"));
  fs::create_symlink("/dev/zero", file);
  CHECK_THROWS_WITH(load_merges(folder), Contains(file + ": is no regular file"));
  fs::remove_all(folder);
}

TEST_CASE("a card without the newer fields hashes as it did before they were", "[pipeline]") {
  for (const char* field : {"text_encoders", "zeros_for_no_text", "no_guidance", "sampler", "base"})
    CHECK(!to_json(ModelCard{}).contains(field));
  CHECK(!to_json(Provenance{}).contains("derived"));
}

TEST_CASE("a card holds one text encoder, or a list of them", "[pipeline]") {
  ModelCard card;
  CHECK_THROWS_WITH(text_encoders_of(card, "card"), "card: lacks text_encoder, tokenizer");
  card.text_encoder = TextTowerSpec{.width = 12};
  CHECK_THROWS_WITH(text_encoders_of(card, "card"), "card: lacks tokenizer");
  card.tokenizer = TokenizerConfig{};
  const std::vector<TextEncoderConfig> one = text_encoders_of(card, "card");
  REQUIRE(one.size() == 1);
  CHECK(one[0] == TextEncoderConfig{.tower = TextTowerSpec{.width = 12}, .tokenizer = {}});
  card.text_encoders = {one[0], one[0]};
  CHECK_THROWS_WITH(text_encoders_of(card, "card"), Contains("one of both ways"));
  card.text_encoder.reset();
  card.tokenizer.reset();
  save_card(folder, card);
  CHECK((text_encoders_of(load_card(folder), "card") == card.text_encoders));
  card.text_encoders[1] = {.tower = TextTowerSpec{.layers = 1}, .tokenizer = {}, .output = TextOutput::penultimate};
  CHECK_THROWS_WITH(text_encoders_of(card, "card"), Contains("text_encoders.1.output is penultimate"));
  CHECK(text_encoder_part(0) == "text_encoder");
  CHECK(text_encoder_part(1) == "text_encoder_2");
}

TEST_CASE("a part's weights take its type from the start, whatever the file's is", "[pipeline][torch]") {
  const TextTowerSpec spec{.vocabulary = 9, .tokens = 2, .width = 8, .layers = 1, .heads = 2, .mlp = 16};
  const auto made = make_network(make_plan(spec));
  initialise(*made, 1);
  save_part(folder, "text_encoder", weights_of(*made), at::kFloat);
  const auto read = load_part(folder, "text_encoder", make_plan(spec), {.dtype = Precision::bf16});
  CHECK(read->dtype() == at::kBFloat16);
  for (const auto& [name, weight] : weights_of(*read))
    CHECK(at::equal(weight, weights_of(*made).at(name).to(at::kBFloat16)));
}

TEST_CASE("a folder with a base has the base's fields, parts and weights that it lacks", "[pipeline][torch]") {
  const std::string base = scratch("model_test_base").string(), more = scratch("model_test_more").string();
  UNetSpec spec{.latent_channels = 2,
                .size = 4,
                .text_tokens = 3,
                .text_width = 8,
                .time_width = 8,
                .levels = {LevelSpec{.width = 8, .down = {1}, .up = {0, 1}, .stack = {.head_width = 4}}}};
  const auto small = make_network(make_plan(spec));
  initialise(*small, 1);
  ModelCard card;
  card.unet = spec;
  card.schedule = ScheduleConfig{};
  card.sampler.steps = 8;
  card.provenance.license = "of the base";
  save_card(base, card);
  save_part(base, "unet", weights_of(*small), at::kFloat);
  save_text(base + "/merges.txt", "r e\n");

  spec.levels[0].stack.grounding = true;
  spec.boxes = 2;
  const auto large = make_network(make_plan(spec));
  initialise(*large, 2);
  TensorMap added = weights_of(*large);
  for (const auto& [name, weight] : weights_of(*small)) added.erase(name);
  fs::create_directories(more);
  save_text(more + "/model.json",
            Json{{"base", "../" + fs::path(base).filename().string()}, {"unet", to_json(spec)}}.dump());
  save_part(more, "unet", added, at::kFloat);

  const ModelCard joined = load_card(more, {"unet", "schedule"});
  CHECK((joined.unet == spec && joined.schedule == card.schedule && joined.sampler.steps == 8));
  CHECK(joined.provenance.license.empty());
  CHECK(load_merges(more) == "r e\n");
  CHECK_NOTHROW(check_part(more, "unet", make_plan(spec)));
  const TensorMap loaded = weights_of(*load_part(more, "unet", make_plan(spec)));
  for (const auto& [name, weight] : weights_of(*small)) CHECK(at::equal(loaded.at(name), weight));
  for (const auto& [name, weight] : added) CHECK(at::equal(loaded.at(name), weight));

  const std::string before = model_hash(more);
  initialise(*small, 3);
  save_part(base, "unet", weights_of(*small), at::kFloat);
  CHECK(model_hash(more) != before);
  save_text(base + "/model.json", R"({"base": "elsewhere"})");
  CHECK_THROWS_WITH(load_card(more), Contains(more + "/model.json: base is") && Contains("has a base itself"));
  fs::remove_all(base);
  CHECK_THROWS_WITH(load_card(more), Contains("no such model folder is there; needed: its path"));
  fs::remove_all(more);
}

TEST_CASE("a folder that is no model has no identity", "[pipeline]") {
  CHECK_THROWS_AS(model_hash(folder + "/nowhere"), FileError);
  CHECK_THROWS_WITH(model_hash(folder + "/nowhere"), Contains(folder + "/nowhere: is no model folder"));
}
