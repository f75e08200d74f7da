// Which captions a picture's own caption competes with, and when a picture counts as right.
#include "metrics/caption_choice.h"

#include <ATen/ATen.h>

#include <set>

#include "metrics/metric_table.h"
#include "tests/catch.h"

using namespace mds;

namespace {

std::set<std::string> others(const std::vector<std::string>& choices) { return {choices.begin() + 1, choices.end()}; }

}  // namespace

TEST_CASE("a caption of one skin tone is told from the same with the four others", "[metrics]") {
  const auto choices = tone_choices("man: medium-dark skin tone, red hair");
  REQUIRE(choices.size() == 5);
  CHECK(choices[0] == "man: medium-dark skin tone, red hair");
  CHECK((others(choices) == std::set<std::string>{"man: light skin tone, red hair",
                                                  "man: medium-light skin tone, red hair",
                                                  "man: medium skin tone, red hair", "man: dark skin tone, red hair"}));
  CHECK(others(tone_choices("waving hand: dark skin tone")).count("waving hand: medium-dark skin tone") == 1);
}

TEST_CASE("captions without a tone, with several or with an unknown one offer no choice", "[metrics]") {
  for (const char* caption : {"red heart", "handshake: light skin tone, dark skin tone", "a green skin tone",
                              " skin tone", "", "sunlight skin tone"})
    CHECK(tone_choices(caption).empty());
}

TEST_CASE("a caption's first number is told from the other numbers of its kind", "[metrics]") {
  const auto clock = number_choices("three o’clock");
  REQUIRE(clock.size() == 12);
  CHECK((clock[0] == "three o’clock" && others(clock).count("twelve o’clock") == 1));
  CHECK(others(number_choices("six-thirty")).count("one-thirty") == 1);
  CHECK(others(number_choices("keycap: 10")).count("keycap: 0") == 1);
  CHECK(number_choices("keycap: 7").size() == 11);
  CHECK(others(number_choices("dotted six-pointed star")).count("dotted two-pointed star") == 1);
  CHECK(others(number_choices("three green bottles and two cups")).count("one green bottles and two cups") == 1);
  for (const auto& other : others(clock)) CHECK(number_choices(other).size() == 12);
}

TEST_CASE("words that only hold a number's letters, and nobody, are no numbers", "[metrics]") {
  for (const char* caption : {"phone", "bone", "2nd place medal", "no one under eighteen", "11", "keycap: #", ""})
    CHECK(number_choices(caption).empty());
}

TEST_CASE("a picture is right where its own caption is the nearest, whatever the lengths, and never in a draw",
          "[metrics]") {
  const auto images = at::tensor({3.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 0.0}).view({4, 2});
  const auto right = at::tensor({0.1, 0.01, 5.0, 5.0}).view({2, 2});           // own at 6 degrees, the other at 45
  const auto wrong = at::tensor({1.0, 0.0, 1.0, 2.0, 0.0, 7.0}).view({3, 2});  // the last of three is the nearest
  const auto draw = at::tensor({1.0, 0.0, 0.0, 1.0}).view({2, 2});
  const auto values = choice_values(images, {right, wrong, draw, at::ones({5, 2})});
  CHECK(at::equal(values, at::tensor({1.0, 0.0, 0.0, 0.0}, at::kDouble)));
}

TEST_CASE("random embeddings choose by chance", "[metrics]") {
  at::manual_seed(3);
  const int64_t pictures = 4000;
  std::vector<Tensor> choices;
  for (int64_t i = 0; i < pictures; ++i) choices.push_back(at::randn({5, 16}));
  const double share = choice_values(at::randn({pictures, 16}), choices).mean().item<double>();
  CHECK(share == Approx(0.2).margin(0.03));  // a tolerance of five standard deviations
}

TEST_CASE("both scores are lines of the metric table, whose mean is the share", "[metrics]") {
  for (const char* name : {"binding_emoji", "counting_emoji"}) {
    const Metric* metric = find_metric(name);
    REQUIRE(metric);
    MeasureInput input{.features_ND = at::tensor({1.0, 0.0, 0.0, 1.0}).view({2, 2})};
    input.choices_KE = {at::eye(2), at::eye(2)};
    const Score score = score_of(*metric, input, {.replicates = 5});
    CHECK((score.value == 0.5 && score.n == 2));
  }
}
