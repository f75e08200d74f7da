// Cached latents are read back as written; a file with other contents is refused by name.
#include "trainer/latents.h"

#include <ATen/ATen.h>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

// Cards without weights, which is all that check_encoders reads.
struct Encoders {
  EncoderFolders folders{toy::temporary("vae"), toy::temporary("text"), toy::temporary("score")};
  ModelCard vae, text, score;
  Encoders() {
    vae.vae_decoder = DecoderSpec{};
    text.text_encoder = TextTowerSpec{};
    text.tokenizer = TokenizerConfig{};
    score.image_encoder = ImageTowerSpec{};
    score.image_normalisation = ImageNormalisation{};
    save();
  }
  ~Encoders() {
    for (const auto& folder : {folders.autoencoder, folders.text, folders.score}) std::filesystem::remove_all(folder);
  }
  Encoders(const Encoders&) = delete;
  void save() const {
    save_card(folders.autoencoder, vae);
    save_card(folders.text, text);
    save_card(folders.score, score);
  }
  LatentSet latents() const {
    LatentSet set = toy::latents();
    set.encoders = encoder_hashes(folders);
    return set;
  }
};

}  // namespace

TEST_CASE("cached latents come back as they were written", "[trainer][torch]") {
  const std::string file = toy::temporary("latents.safetensors");
  LatentSet written = toy::latents();
  written.encoders = {{"autoencoder", "a"}, {"text", "b"}, {"score", "c"}};
  save_latents(file, written);
  const LatentSet read = load_latents(file);
  CHECK(at::equal(read.moments, written.moments));
  CHECK(at::equal(read.text, written.text));
  CHECK(at::equal(read.empty_text, written.empty_text));
  CHECK(at::equal(read.image_features, written.image_features));
  CHECK(at::equal(read.text_features, written.text_features));
  CHECK(at::equal(read.held_out, written.held_out));
  CHECK(read.captions == written.captions);
  CHECK(read.scale == written.scale);
  CHECK(read.hash == written.hash);
  CHECK(read.encoders == written.encoders);
  CHECK(read.rows(true).numel() + read.rows(false).numel() == read.count());
  CHECK(at::equal(read.rows(true), at::tensor({10, 11}, at::kLong)));
}

TEST_CASE("a file of latents that is damaged or holds something else is refused", "[trainer][torch]") {
  const std::string file = toy::temporary("bad.safetensors");
  LatentSet set = toy::latents();
  save_latents(file, set);
  TensorFile content = load_tensors(file);
  std::string why;
  const auto change = [&](const std::string& name, const Tensor& tensor, const std::string& expected) {
    content.tensors[name] = tensor;
    why = expected;
  };
  const auto write = [&](const std::string& key, const std::string& text, const std::string& expected) {
    content.metadata[key] = text;
    why = expected;
  };
  SECTION("no moments") {
    content.tensors.erase("moments");
    why = "holds no \"moments\"";
  }
  SECTION("no captions") {
    content.metadata.erase("captions");
    why = "its metadata lack \"captions\"";
  }
  SECTION("nothing about its encoders") {
    content.metadata.erase("encoders");
    why = "its metadata lack \"encoders\"";
  }
  SECTION("encoders that are no texts") { write("encoders", R"({"text": 3})", "encoders.text is 3; expected text"); }
  SECTION("captions that are no JSON") { write("captions", "[", "captions: is not JSON"); }
  SECTION("captions that are no texts") { write("captions", "[1]", "captions.0"); }
  SECTION("a caption too few") { write("captions", Json(std::vector<std::string>(11, "x")).dump(), "captions"); }
  SECTION("rows") { change("text", set.text.slice(0, 0, 3), "text is [3, 3, 6]; expected [12, S, C]"); }
  SECTION("rank") { change("moments", at::ones({}), "moments is []; expected [N, 2C, H, W]"); }
  SECTION("an odd number of moments") { change("moments", set.moments.slice(1, 0, 3), "moments is [12, 3, 8, 8]"); }
  SECTION("latents that are not square") {
    change("moments", at::ones({12, 4, 8, 6}), "moments is [12, 4, 8, 6]; expected H to equal W");
  }
  SECTION("whole numbers") {
    change("text_features", at::ones({12, 5}, at::kLong), "text_features is Long; expected a floating type");
  }
  SECTION("an empty text of another width") {
    change("empty_text", at::ones({1, 3, 5}), "empty_text is [1, 3, 5]; expected [1, 3, 6]");
  }
  SECTION("features of another width") {
    change("text_features", at::ones({12, 4}), "text_features is [12, 4]; expected [12, 5]");
  }
  SECTION("a mask of numbers") { change("held_out", at::ones({12}), "held_out"); }
  SECTION("a scale of other channels") { write("scale", R"({"mean":[0],"std":[1]})", "scale"); }
  save_tensors(file, content);
  CHECK_THROWS_WITH(load_latents(file), Contains(file) && Contains(why));
}

TEST_CASE("a truncated file of latents is refused", "[trainer][torch]") {
  const std::string file = toy::temporary("cut.safetensors");
  save_latents(file, toy::latents());
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  CHECK_THROWS_AS(load_latents(file), FileError);
}

TEST_CASE("latents go with the encoders they were made with, and with no other", "[trainer][torch]") {
  Encoders encoders;
  const LatentSet made = encoders.latents();
  CHECK(check_encoders(made, encoders.folders).text == encoders.text);
  encoders.text.provenance.seed = 5;  // describes how the model was made, not what it is
  encoders.save();
  CHECK_NOTHROW(check_encoders(made, encoders.folders));
  const auto refused = [&](const std::string& name, const std::string& folder) {
    encoders.save();
    CHECK_THROWS_AS(check_encoders(made, encoders.folders), ConfigError);
    CHECK_THROWS_WITH(check_encoders(made, encoders.folders),
                      Contains("encoders." + name + ": " + folder + " is not the model"));
  };
  SECTION("autoencoder") {
    encoders.vae.latent_scale = LatentScale{{1}, {2}};
    refused("autoencoder", encoders.folders.autoencoder);
  }
  SECTION("text") {
    encoders.text.text_encoder->layers += 1;
    refused("text", encoders.folders.text);
  }
  SECTION("score") {
    encoders.score.image_encoder->layers += 1;
    refused("score", encoders.folders.score);
  }
}

TEST_CASE("an encoder folder that lacks a part, or is none, is named", "[trainer][torch]") {
  Encoders encoders;
  encoders.score.image_normalisation.reset();
  encoders.save();
  CHECK_THROWS_WITH(check_encoders(encoders.latents(), encoders.folders),
                    Contains(encoders.folders.score + "/model.json: lacks image_normalisation"));
  const LatentSet made = encoders.latents();
  encoders.folders.text = toy::temporary("nowhere");
  CHECK_THROWS_WITH(check_encoders(made, encoders.folders), Contains(encoders.folders.text));
}
