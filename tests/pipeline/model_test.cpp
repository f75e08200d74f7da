// A model's card: what it lacks, and numbers that nothing can be divided by, are refused with their place.
#include "pipeline/model.h"

#include <filesystem>

#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

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

TEST_CASE("deviations of nothing, and means without them, are refused", "[pipeline]") {
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

TEST_CASE("a folder that is no model has no identity", "[pipeline]") {
  CHECK_THROWS_AS(model_hash(folder + "/nowhere"), FileError);
  CHECK_THROWS_WITH(model_hash(folder + "/nowhere"), Contains(folder + "/nowhere: is no model folder"));
}
