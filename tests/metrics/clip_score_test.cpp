#include "metrics/clip_score.h"

#include <torch/types.h>

#include <limits>

#include "tests/catch.h"

using namespace mds;

namespace {

Tensor embeddings(int64_t n, uint64_t seed) {
  return torch::randn({n, 32}, at::detail::createCPUGenerator(seed), torch::kFloat32);
}

}  // namespace

TEST_CASE("cosines do not depend on the embeddings' lengths", "[metrics]") {
  const auto images = torch::tensor({{3.0, 4.0}, {1.0, 0.0}, {2.0, 0.0}}),
             texts = torch::tensor({{6.0, 8.0}, {0.0, 9.0}, {-1.0, 0.0}});
  const auto values = clip_values(images, texts);
  CHECK(values[0].item<double>() == Approx(1));
  CHECK(values[1].item<double>() == Approx(0).margin(1e-12));
  CHECK(values[2].item<double>() == Approx(-1));
  const auto score = clip_score("clip_emoji", images, texts);
  CHECK(score.value == Approx(0).margin(1e-12));
  CHECK(score.n == 3);
}

TEST_CASE("the score's interval holds its value and is repeatable", "[metrics]") {
  const auto images = embeddings(64, 1), texts = images + 0.5 * embeddings(64, 2);
  const auto score = clip_score("clip_emoji", images, texts, {.replicates = 500, .seed = 4});
  CHECK(score.low < score.value);
  CHECK(score.value < score.high);
  CHECK(to_json(score) == to_json(clip_score("clip_emoji", images, texts, {.replicates = 500, .seed = 4})));
}

TEST_CASE("equal embeddings recall everything and random ones about chance", "[metrics]") {
  const auto images = embeddings(200, 3);
  const auto perfect = recall_at(1, images, images);
  CHECK(perfect.score.value == 1);
  CHECK(perfect.chance == Approx(0.005));
  CHECK(perfect.reliable());
  const auto random = recall_at(20, images, embeddings(200, 4));
  CHECK(random.score.value == Approx(0.1).margin(0.08));
  CHECK_FALSE(random.reliable());
  CHECK(random.score.name == "recall@20");
}

TEST_CASE("recall grows with k and reaches one at the whole set", "[metrics]") {
  const auto images = embeddings(50, 5), texts = images + 2 * embeddings(50, 6);
  double before = 0;
  for (int64_t k = 1; k <= 50; ++k) {
    const double now = recall_at(k, texts, images, {.replicates = 1}).score.value;
    CHECK(now >= before);
    before = now;
  }
  CHECK(before == 1);
}

TEST_CASE("collapsed embeddings recall nothing", "[metrics]") {
  CHECK(recall_at(5, torch::ones({20, 8}), torch::ones({20, 8})).score.value == 0);
}

TEST_CASE("embeddings that cannot be compared are named", "[metrics]") {
  auto images = embeddings(5, 7);
  CHECK_THROWS_WITH(clip_values(images, embeddings(6, 8)),
                    Catch::Contains("pairs need equal shapes, got [5, 32] and [6, 32]"));
  CHECK_THROWS_WITH(recall_at(6, images, images), "recall: k is 6; allowed: 1 to 5");
  images[2].zero_();
  CHECK_THROWS_WITH(clip_values(images, embeddings(5, 8)), "image embeddings: row 2 is all zero and has no direction");
  images[1].fill_(std::numeric_limits<float>::infinity());
  CHECK_THROWS_WITH(clip_values(images, embeddings(5, 8)), "image embeddings: row 1 holds a value that is not finite");
}
