// mdsearch evaluate with autoencoders: pictures are reconstructed, scored against the originals, recorded for the
// report of decoders; impossible requests are refused.
#include <ATen/ATen.h>

#include "pipeline/image.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"
#include "trainer/autoencoder_config.h"

using namespace mds;
using Catch::Contains;

namespace {

// The paper's decoder at 1/32 of its width for pictures of 32, and an encoder for it.
ModelCard card_of(const std::string& name) {
  AutoencoderConfig config;
  config.encoder = "md-vae-encoder";
  config.decoder = "md-vae-decoder-light";
  config.width_divisor = 32;
  ModelCard card;
  card.vae_encoder = encoder_of(config, 32);
  card.vae_decoder = decoder_of(config, 32);
  card.latent_scale = LatentScale{std::vector<double>(8, 0), std::vector<double>(8, 1)};
  card.provenance.iterations = 7;
  card.provenance.config = {{"name", name}, {"stage", {{"kind", "autoencoder"}}}};
  return card;
}

struct Case {
  ScratchFolder folder;
  Case() {
    std::filesystem::create_directories(at("data"));
    std::string lines;
    for (int i = 0; i < 4; ++i) {
      const std::string name = std::to_string(i) + ".png";
      save_png(at("data/" + name), make_image({48, 40}, uint8_t(i * 60)));
      lines += Json{{"file_name", name}, {"text", "grey"}, {"split", i % 2 ? "held_out" : "train"}}.dump() + "\n";
    }
    save_text(at("data/metadata.jsonl"), lines);
  }
  std::string at(const std::string& name) const { return folder.path + "/" + name; }
  std::string model(const std::string& name) const {
    const ModelCard card = card_of(name);
    save_card(at(name), card);
    save_random_part(at(name), "vae_encoder", make_plan(*card.vae_encoder), 1);
    save_random_part(at(name), "vae_decoder", make_plan(*card.vae_decoder), 1000);
    return at(name);
  }
  Outcome evaluate(const std::string& models, const std::string& more) const {
    return mdsearch("evaluate --threads 1 --replicates 5 --format json --metrics psnr,ssim --reference " + at("data") +
                    " --out " + at("out") + " --model " + models + " " + more);
  }
};

// Our row for the light decoder in the report of decoders.
Json light_row(const std::string& db) {
  const Json report = mdsearch("report table2 --format json --db " + db).json();
  for (const Json& row : report["rows"])
    if (row["decoder"] == "md-vae-decoder-light" && row["literature"] == false) return row;
  return {};
}

}  // namespace

TEST_CASE("autoencoders are scored on the pictures they return, and the report of decoders shows them",
          "[app][torch]") {
  const Case tiny;
  const std::string one = tiny.model("one"), two = tiny.model("two"), db = tiny.at("scores.db");
  const Outcome outcome =
      tiny.evaluate(one + " " + two, "--split held_out --sheet " + tiny.at("sheet.png") + " --db " + db);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json metrics = outcome.json()["metrics"];
  REQUIRE(metrics.size() == 4);
  CHECK(metrics[0]["name"] == "psnr");
  CHECK(metrics[0]["n"] == 2);
  CHECK(metrics[0]["protocol"]["resolution"] == 32);
  CHECK(metrics[0]["protocol_hash"] == metrics[2]["protocol_hash"]);
  CHECK(metrics[0]["subject"] == one);

  const ImageSize returned = load_image_size(tiny.at("out/two/00001.png"));
  CHECK(returned == ImageSize{32, 32});
  CHECK(load_image(tiny.at("out/input/00000.png")).rgb[0] == 60);
  CHECK(!std::filesystem::exists(tiny.at("out/input/00002.png")));
  CHECK(load_image_size(tiny.at("sheet.png")).width >= 3 * 32);

  const Json light = light_row(db);
  CHECK(light["params"] == 9'800'651);
  CHECK(light["width"] == "1/32");
  CHECK(light["iterations"] == 7);
  CHECK(light["latency_ms"].is_null());
  CHECK(light["psnr"].is_number());
}

TEST_CASE("the report of decoders finds a decoder that was trained into the same database", "[app][torch]") {
  const Case tiny;
  const std::string db = tiny.at("scores.db"), out = tiny.at("light");
  Json stage{{"kind", "autoencoder"}, {"data", {tiny.at("data")}}, {"size", 32}, {"crop", 32}, {"width_divisor", 32}};
  stage["encoder"] = "md-vae-encoder", stage["decoder"] = "md-vae-decoder-light";
  save_text(tiny.at("light.json"),
            Json{{"name", "light"}, {"stage", stage}, {"loop", {{"iterations", 1}, {"batch", 2}}}}.dump());
  const Outcome trained = mdsearch("train " + tiny.at("light.json") + " --threads 1 --out " + out + " --db " + db);
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  REQUIRE(tiny.evaluate(out + "/model", "--db " + db).code == 0);
  const Json light = light_row(db);
  CHECK(light["width"] == "1/32");
  CHECK(light["iterations"] == 1);
  CHECK(light["psnr"].is_number());
}

TEST_CASE("without a split an autoencoder returns all pictures of a folder", "[app][torch]") {
  const Case tiny;
  const Outcome outcome = tiny.evaluate(tiny.model("one"), "");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.json()["metrics"][0]["n"] == 4);
}

TEST_CASE("a split that a folder has no picture of is named", "[app][torch]") {
  const Case tiny;
  const Outcome outcome = tiny.evaluate(tiny.model("one"), "--split held_in");
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Contains("holds no picture of split \"held_in\""));
}

TEST_CASE("evaluate refuses autoencoders where it has nothing to compare", "[app][torch]") {
  const Case tiny;
  const std::string one = tiny.model("one");
  const auto refused = [&](const std::string& models, const std::string& more, const std::string& message) {
    const Outcome outcome = tiny.evaluate(models, more);
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Contains(message));
  };
  refused(one, "--size 64", "returns pictures of 32; allowed: models of one size, and that as --size");
  refused(one + " " + one, "", "two models are called one");
  refused(one, "--dtype bf16", "--dtype, --seeds and the sampler need --prompts");
  save_text(tiny.at("captions.txt"), "grey\n");
  refused(one, "--prompts " + tiny.at("captions.txt") + " --sheet sheet.png", "--sheet needs --model");
  save_tiny_model(tiny.at("drawing"));
  refused(tiny.at("drawing"), "", "drawing: has no encoder and returns no pictures; give --prompts FILE");
  const Outcome outcome =
      mdsearch("evaluate --threads 1 --metrics psnr --model " + one + " --reference " + tiny.at("data"));
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains("an autoencoder --reference DIR and --out DIR"));
  std::filesystem::create_directories(tiny.at("out/one"));
  save_text(tiny.at("out/one/note.txt"), "mine");
  refused(one, "", "note.txt: is none of the pictures; give another --out");
}
