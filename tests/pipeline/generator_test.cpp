// A model folder of random weights draws, and says what it lacks.
#include "pipeline/generator.h"

#include <ATen/ATen.h>

#include <filesystem>

#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string folder = (mds::scratch("generator_test")).string();

double largest_difference(const Tensor& x, const Tensor& y) {
  return (x.to(at::kInt) - y.to(at::kInt)).abs().max().item<double>();
}

}  // namespace

TEST_CASE("a model folder draws pictures that repeat and depend on prompt and seed alone", "[pipeline][torch]") {
  save_tiny_model(folder);
  const Generator generator(folder);
  CHECK(generator.defaults() == SamplerConfig{.steps = 3, .guidance = 3, .spacing = Spacing::trailing});
  const auto draw = [&](const DrawRequest& request) { return generator.draw(request, generator.defaults()); };
  int64_t calls = 0;
  const Tensor two =
      generator.draw({{"red", "heart"}, {5, 6}}, generator.defaults(), [&](int64_t done) { calls = done; });
  CHECK(calls == 3);
  CHECK(two.sizes() == std::vector<int64_t>{2, 3, 32, 32});
  CHECK(two.scalar_type() == at::kByte);
  CHECK(largest_difference(draw({{"heart"}, {6}})[0], two[1]) <= 1);
  CHECK(largest_difference(draw({{"heart"}, {7}})[0], two[1]) > 1);
  CHECK(largest_difference(draw({{"green"}, {6}})[0], two[1]) > 1);
}

TEST_CASE("a model folder that cannot draw names what it lacks", "[pipeline][torch]") {
  ModelCard card = tiny_card();
  std::string why;
  SECTION("parts") {
    card.vae_decoder.reset();
    card.schedule.reset();
    why = "model.json: lacks vae_decoder, schedule";
  }
  SECTION("a text encoder of another width") {
    card.unet->text_width = 12;
    card.unet->text_tokens = 7;
    why = "unet.safetensors";
  }
  SECTION("a tokenizer of another vocabulary") {
    card.tokenizer->merges = 1;
    why = "text_encoder.vocabulary is 516, the tokenizer's is 515";
  }
  SECTION("merges that are none") {
    save_tiny_model(folder, card);
    save_text(folder + "/merges.txt", "r e\nnonsense\n");
    CHECK_THROWS_WITH(Generator(folder), Contains(folder + "/merges.txt: tokenizer: line 2 of the merges"));
    return;
  }
  SECTION("a folder in place of the merges") {
    save_tiny_model(folder, card);
    std::filesystem::remove(folder + "/merges.txt");
    std::filesystem::create_directories(folder + "/merges.txt");
    CHECK_THROWS_WITH(Generator(folder), Contains(folder + "/merges.txt: cannot be read"));
    return;
  }
  SECTION("a decoder of another size") {
    std::get<DecoderSpec>(*card.vae_decoder).size = 64;
    why = "unet draws latents 3x4x4, vae_decoder reads 3x8x8";
  }
  SECTION("texts of another length") {
    card.unet->text_tokens = 5;
    why = "unet reads texts of 5x8, text_encoder writes 6x8";
  }
  SECTION("a scale of another number of channels") {
    card.latent_scale = LatentScale{{0, 0}, {1, 1}};
    why = "latent_scale holds 2 means and 2 deviations; the latent has 3 channels";
  }
  save_tiny_model(folder, card);
  CHECK_THROWS_WITH(Generator(folder), Contains(folder) && Contains(why));
}

TEST_CASE("prompts and seeds must be as many, and steps within the schedule", "[pipeline][torch]") {
  save_tiny_model(folder);
  const Generator generator(folder);
  CHECK_THROWS_AS(generator.draw({{"red"}, {1, 2}}, generator.defaults()), ConfigError);
  CHECK_THROWS_AS(generator.draw({{}, {}}, generator.defaults()), ConfigError);
  CHECK_THROWS_WITH(generator.draw({{"red"}, {1}}, {.steps = 1001}), Contains("1001; allowed: 1 to 1000"));
}
