// A model folder with random weights draws, and reports what it lacks.
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

std::vector<Tensor> drawn(const Generator& generator, const DrawRequest& request, SamplerConfig sampler) {
  std::vector<Tensor> pictures(request.prompts.size());
  generator.draw(request, sampler, {.picture = [&](size_t i, const Tensor& picture) { pictures.at(i) = picture; }});
  return pictures;
}
std::vector<Tensor> drawn(const Generator& generator, const DrawRequest& request) {
  return drawn(generator, request, generator.defaults());
}

}  // namespace

TEST_CASE("a picture is the same to the byte whatever is drawn before and beside it", "[pipeline][torch]") {
  const ModelCard card = GENERATE(tiny_card(), tiny_card_of_two_encoders());
  save_tiny_model(folder, card, card);
  const Generator generator(folder);
  CHECK(generator.defaults() == SamplerConfig{.steps = 3, .guidance = 3});
  SamplerConfig sampler = generator.defaults();
  sampler.eta = GENERATE(0.0, 1.0);
  const auto three = drawn(generator, {{"red", "heart", ""}, {5, 6, 7}, "", 3}, sampler);
  CHECK(three[0].sizes() == std::vector<int64_t>{3, 32, 32});
  CHECK(three[0].scalar_type() == at::kByte);
  const auto turned = drawn(generator, {{"", "heart", "red"}, {7, 6, 5}, "", 2}, sampler);
  const auto alone = drawn(generator, {{"heart"}, {6}}, sampler);
  for (size_t i = 0; i < 3; ++i) CHECK(at::equal(three[i], turned[2 - i]));
  CHECK(at::equal(alone[0], three[1]));
  CHECK(largest_difference(drawn(generator, {{"heart"}, {7}}, sampler)[0], three[1]) > 1);
  CHECK(largest_difference(drawn(generator, {{"green"}, {6}}, sampler)[0], three[1]) > 1);
}

TEST_CASE("drawing tells of each step of a batch, and of texts that are cut", "[pipeline][torch]") {
  save_tiny_model(folder);
  std::vector<int64_t> done;
  std::vector<std::string> cut;
  DrawListener listener;
  listener.picture = [](size_t, const Tensor&) {};
  listener.evaluated = [&](int64_t n) { done.push_back(n); };
  listener.cut = [&](const std::string& text, const Truncation&) { cut.push_back(text); };
  const Generator generator(folder);
  generator.draw({{"red", "much too long", "red"}, {1, 2, 3}, "", 2}, generator.defaults(), listener);
  CHECK(done == std::vector<int64_t>{2, 4, 6, 7, 8, 9});
  CHECK(cut == std::vector<std::string>{"much too long"});
}

TEST_CASE("a batch that is finished is handed on before the next one begins", "[pipeline][torch]") {
  save_tiny_model(folder);
  std::vector<std::string> events;
  DrawListener listener;
  listener.picture = [&](size_t i, const Tensor&) { events.push_back("picture " + std::to_string(i)); };
  listener.evaluated = [&](int64_t n) { events.push_back(std::to_string(n)); };
  const Generator generator(folder);
  generator.draw({{"red", "red", "red"}, {1, 2, 3}, "", 2}, generator.defaults(), listener);
  const std::vector<std::string> expected{"2", "4", "6", "picture 0", "picture 1", "7", "8", "9", "picture 2"};
  CHECK(events == expected);
}

TEST_CASE("guidance leads away from the negative prompt", "[pipeline][torch]") {
  save_tiny_model(folder);
  const Generator generator(folder);
  const auto picture = [&](const std::string& prompt, const std::string& negative, double guidance) {
    SamplerConfig sampler = generator.defaults();
    sampler.guidance = guidance;
    return drawn(generator, {{prompt}, {1}, negative}, sampler)[0];
  };
  CHECK(at::equal(picture("red", "green", 0), picture("green", "", 1)));            // w = 0: the negative prompt alone
  CHECK(at::equal(picture("red", "green", 1), picture("red", "", 1)));              // w = 1: the prompt alone
  CHECK(largest_difference(picture("red", "red", 5), picture("red", "", 1)) <= 1);  // no direction to steer away from
  CHECK(largest_difference(picture("red", "green", 5), picture("red", "", 5)) > 1);
}

TEST_CASE("a negative prompt that no guidance reads is not encoded", "[pipeline][torch]") {
  save_tiny_model(folder);
  const Generator generator(folder);
  std::vector<std::string> cut;
  DrawListener listener;
  listener.picture = [](size_t, const Tensor&) {};
  listener.cut = [&](const std::string& text, const Truncation&) { cut.push_back(text); };
  SamplerConfig sampler = generator.defaults();
  sampler.guidance = 1;
  generator.draw({{"red"}, {1}, "much too long"}, sampler, listener);
  CHECK(cut.empty());
  sampler.guidance = 2;
  generator.draw({{"red"}, {1}, "much too long"}, sampler, listener);
  CHECK(cut == std::vector<std::string>{"much too long"});
}

TEST_CASE("both sides of guidance in one call give what two calls give", "[pipeline][torch]") {
  const ModelCard card = GENERATE(tiny_card(), tiny_card_of_two_encoders());
  save_tiny_model(folder, card, card);
  const auto unet = load_part(folder, "unet", make_plan(*card.unet));
  const int64_t width = card.unet->text_width;
  const TextRows texts{seeded_noise({1, 2, 3}, {card.unet->text_tokens, width}),
                       seeded_noise({4, 5, 6}, {std::max<int64_t>(card.unet->pooled_width, 1)})};
  const Tensor chosen = at::tensor({2, 1, 2}), x = seeded_noise({7, 8, 9}, {3, 4, 4});
  const auto denoised = [&](const Tensor& which, const SamplerConfig& sampler) {
    const Drawer drawer{.diffusion = {NoiseSchedule(*card.schedule), card.prediction},
                        .sampler = sampler,
                        .scale = *card.latent_scale,
                        .one_by_one = true};
    return drawer.denoiser(*unet, {conditioning_of(card, texts), which})(x, 749);
  };
  const Tensor own = denoised(chosen, {.guidance = 1}), empty = denoised(at::zeros_like(chosen), {.guidance = 1});
  const SamplerConfig config = GENERATE(
      values<SamplerConfig>({{.guidance = 3}, {.guidance = 0}, {.guidance = 1}, {.guidance = 2, .rescale = 0.5}}));
  CHECK(at::allclose(denoised(chosen, config), guided(own, empty, config), 1e-4, 1e-4));
  CHECK(!at::allclose(own, empty, 1e-2, 1e-2));
}

TEST_CASE("a layout changes its own picture alone, in the steps that read it", "[pipeline][torch]") {
  save_tiny_model(folder, tiny_grounded_card(), tiny_grounded_card());
  TensorFile unet = load_tensors(part_file(folder, "unet"));
  for (auto& [name, weight] : unet.tensors)
    if (name.find("gate") != std::string::npos) weight.fill_(3);  // open
  save_tensors(part_file(folder, "unet"), unet);
  const Generator generator(folder);
  const PictureLayout heart{{"heart", {0, 0, 0.5, 1}}};
  PictureLayout moved = heart, renamed = heart;
  moved[0].box = {0.5, 0, 1, 1};
  renamed[0].phrase = "red";
  DrawRequest request{{"red", "red"}, {5, 6}, "", 2};
  const auto plain = drawn(generator, request);
  const auto with = [&](const PictureLayout& first, double steps = 1) {
    DrawRequest own = request;
    own.layouts = {first, {}};
    own.grounding_steps = steps;
    return drawn(generator, own);
  };
  const auto boxed = with(heart);
  CHECK(at::equal(boxed[1], plain[1]));
  CHECK(largest_difference(boxed[0], plain[0]) > 1);
  CHECK(at::equal(with(heart)[0], boxed[0]));
  CHECK(!at::equal(with(moved)[0], boxed[0]));
  CHECK(!at::equal(with(renamed)[0], boxed[0]));
  CHECK(at::equal(with(heart, 0)[0], plain[0]));
  CHECK(!at::equal(with(heart, 0.4)[0], plain[0]));
  CHECK(!at::equal(with(heart, 0.4)[0], boxed[0]));
}

TEST_CASE("a layout that the model cannot draw is refused before anything is loaded", "[pipeline][torch]") {
  save_tiny_model(folder);
  DrawRequest request{{"red"}, {5}};
  request.layouts = {{{"heart", {0, 0, 1, 1}}}};
  CHECK_THROWS_WITH(drawn(Generator(folder), request), Contains("the model's UNet reads no layout"));
  save_tiny_model(folder, tiny_grounded_card(), tiny_grounded_card());
  request.layouts[0].resize(4, request.layouts[0][0]);
  CHECK_THROWS_WITH(drawn(Generator(folder), request), Contains("the layout has 4 boxes; allowed: at most 3"));
  request.layouts.resize(2);
  CHECK_THROWS_WITH(drawn(Generator(folder), request), Contains("there are 2 layouts and 1 prompts"));
}

TEST_CASE("a card's guidance counts in its own convention", "[pipeline][torch]") {
  ModelCard card = tiny_card();
  card.sampler.guidance = 2;
  card.no_guidance = NoGuidance::zero;
  save_tiny_model(folder, card);
  CHECK(Generator(folder).defaults().guidance == 3);
}

TEST_CASE("a card's sampler is the model's own, and one of ddim where it names none", "[pipeline][torch]") {
  ModelCard card = tiny_card();
  save_tiny_model(folder, card);
  const std::string before = model_hash(folder);
  CHECK(Generator(folder).defaults().sampler == Sampler::ddim);
  card.sampler.sampler = Sampler::ufogen;
  save_card(folder, card);
  CHECK(Generator(folder).defaults().sampler == Sampler::ufogen);
  CHECK(model_hash(folder) != before);
}

TEST_CASE("a second text encoder, its pooled text and its padding count", "[pipeline][torch]") {
  const ModelCard card = tiny_card_of_two_encoders();
  save_tiny_model(folder, card, card);
  const TextRows rows = encode_texts({folder, card.text_encoders}, {"red", ""});
  const TextRows first = TextEncoder(folder, card.text_encoders[0], 0).rows({"red", ""});
  const TextRows second = TextEncoder(folder, card.text_encoders[1], 1).rows({"red", ""});
  CHECK(rows.states_NSC.sizes() == std::vector<int64_t>{2, 6, 20});
  CHECK(at::equal(rows.states_NSC, at::cat({first.states_NSC, second.states_NSC}, 2)));
  CHECK(at::equal(rows.pooled_NP, second.pooled_NP));
  CHECK(!first.pooled_NP.defined());
  const auto picture = [&](const ModelCard& other) {
    save_card(folder, other);
    return drawn(Generator(folder), {{"red"}, {1}})[0];
  };
  const Tensor usual = picture(card);
  ModelCard other = card;
  SECTION("padding") { other.text_encoders[1].tokenizer.pad = -1; }
  SECTION("states after the last block") { other.text_encoders[0].output = TextOutput::last; }
  SECTION("zeros for no text") { other.zeros_for_no_text = true; }
  CHECK(largest_difference(picture(other), usual) > 0);
}

TEST_CASE("bfloat16 draws nearly the same picture", "[pipeline][torch]") {
  const ModelCard card = GENERATE(tiny_card(), tiny_card_of_two_encoders());
  save_tiny_model(folder, card, card);
  const DrawRequest request{{"red"}, {5}};
  const Tensor exact = drawn(Generator(folder), request)[0],
               rough = drawn(Generator(folder, {{.dtype = Precision::bf16}}), request)[0];
  const double difference = (exact.to(at::kFloat) - rough.to(at::kFloat)).abs().mean().item<double>();
  CHECK(difference > 0);
  CHECK(difference < 4);
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
    why = "unet reads tokens of width 12, the text encoders write 8";
  }
  SECTION("a pooled text of another width") {
    card = tiny_card_of_two_encoders();
    card.unet->pooled_width = 11;
    why = "unet reads pooled text of width 11, text_encoder_2 writes 10";
  }
  SECTION("a number of sizes that means nothing here") {
    card = tiny_card_of_two_encoders();
    card.unet->time_ids = 5;
    why = "unet.time_ids is 5; known here: 0, or SD-XL's 6";
  }
  SECTION("a tokenizer of another vocabulary") {
    card.tokenizer->merges = 1;
    save_tiny_model(folder, card);
    CHECK_THROWS_WITH(drawn(Generator(folder), {{"red"}, {1}}),
                      Contains("text_encoder.vocabulary is 516, the tokenizer's is 515"));
    return;
  }
  SECTION("merges that are none") {
    save_tiny_model(folder, card);
    save_text(folder + "/merges.txt", "r e\nnonsense\n");
    CHECK_THROWS_WITH(drawn(Generator(folder), {{"red"}, {1}}),
                      Contains(folder + "/merges.txt: tokenizer: line 2 of the merges"));
    return;
  }
  SECTION("a folder in place of the merges") {
    save_tiny_model(folder, card);
    std::filesystem::remove(folder + "/merges.txt");
    std::filesystem::create_directories(folder + "/merges.txt");
    CHECK_THROWS_WITH(drawn(Generator(folder), {{"red"}, {1}}),
                      Contains(folder + "/merges.txt: is a folder; expected a file"));
    return;
  }
  SECTION("a decoder of another size") {
    std::get<DecoderSpec>(*card.vae_decoder).size = 64;
    why = "unet draws latents 3x4x4, vae_decoder reads 3x8x8";
  }
  SECTION("texts of another length") {
    card.unet->text_tokens = 5;
    why = "unet reads texts of 5 tokens, text_encoder writes 6";
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
  CHECK_THROWS_AS(drawn(generator, {{"red"}, {1, 2}}), ConfigError);
  CHECK_THROWS_AS(drawn(generator, {{}, {}}), ConfigError);
  CHECK_THROWS_AS(drawn(generator, {{"red"}, {1}, "", 0}), ConfigError);
  CHECK_THROWS_WITH(drawn(generator, {{"red"}, {1}}, {.steps = 1001}), Contains("1001; allowed: 1 to 1000"));
}
