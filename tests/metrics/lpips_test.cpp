#include "metrics/lpips.h"

#include <torch/types.h>

#include <filesystem>

#include "networks/network_spec.h"
#include "pipeline/weight_import.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

at::Tensor pictures(at::IntArrayRef sizes, uint64_t seed) {
  return 2 * torch::rand(sizes, at::detail::createCPUGenerator(seed)) - 1;
}

TensorMap random_weights(LpipsTrunk trunk) {
  const NetworkPtr network = make_network(make_plan(LpipsSpec{.trunk = trunk}));
  initialise(*network, 9);
  TensorMap weights = weights_of(*network);
  for (auto& [name, tensor] : weights)
    if (name.ends_with(".weight") && !name.starts_with("head")) tensor = tensor * 2.4;  // keeps the maps' magnitude
  return weights;
}

struct File {
  std::string path;
  explicit File(const TensorMap& tensors) : path(scratch("lpips.safetensors").string()) {
    save_tensors(path, {.tensors = tensors, .metadata = {}});
  }
  ~File() { std::filesystem::remove(path); }
};

Lpips random_lpips(LpipsTrunk trunk = LpipsTrunk::alex) { return {trunk, File(random_weights(trunk)).path}; }

}  // namespace

TEST_CASE("identical pictures have no perceptual distance, others one that is the same both ways", "[metrics]") {
  Lpips lpips = random_lpips(GENERATE(LpipsTrunk::alex, LpipsTrunk::vgg));
  const auto a = pictures({2, 3, 40, 40}, 1), b = pictures({2, 3, 40, 40}, 2);
  CHECK(lpips.values(a, a).eq(0).all().item<bool>());
  CHECK(lpips.values(a, b).gt(1e-4).all().item<bool>());
  CHECK(torch::equal(lpips.values(a, b), lpips.values(b, a)));
}

TEST_CASE("a pair's perceptual distance does not depend on its neighbours", "[metrics]") {
  Lpips lpips = random_lpips();
  const auto a = pictures({3, 3, 40, 52}, 1), b = pictures({3, 3, 40, 52}, 2);
  const auto values = lpips.values(a, b);
  CHECK(values.sizes() == at::IntArrayRef({3}));
  for (int64_t i = 0; i < 3; ++i)
    CHECK(torch::equal(lpips.values(a.narrow(0, i, 1), b.narrow(0, i, 1)), values.narrow(0, i, 1)));
}

TEST_CASE("pictures of another size in between change nothing", "[metrics]") {
  Lpips lpips = random_lpips();
  const auto a = pictures({1, 3, 40, 40}, 1), b = pictures({1, 3, 40, 40}, 2);
  const auto before = lpips.values(a, b);
  lpips.values(pictures({1, 3, 33, 70}, 3), pictures({1, 3, 33, 70}, 4));
  CHECK(torch::equal(lpips.values(a, b), before));
}

TEST_CASE("a picture that is changed more is further away", "[metrics]") {
  Lpips lpips = random_lpips();
  const auto a = pictures({1, 3, 48, 48}, 1), noise = pictures({1, 3, 48, 48}, 2);
  const auto at_share = [&](double share) {
    return lpips.score(a * (1 - share) + noise * share, a, {.replicates = 2}).value;
  };
  CHECK(at_share(0.1) < at_share(0.3));
  CHECK(at_share(0.3) < at_share(0.9));
}

TEST_CASE("the score carries its trunk's name", "[metrics]") {
  Lpips lpips = random_lpips();
  const auto a = pictures({2, 3, 40, 40}, 1), b = pictures({2, 3, 40, 40}, 2);
  const Score score = lpips.score(a, b);
  CHECK(score.name == "lpips_alex");
  CHECK(score.n == 2);
  CHECK(score.value == Approx(lpips.values(a, b).mean().item<double>()));
}

TEST_CASE("weights in the layouts of lpips and torchvision are the same measure as in ours", "[metrics]") {
  const TensorMap ours = random_weights(LpipsTrunk::alex);
  const Plan plan = make_plan(LpipsSpec{.trunk = LpipsTrunk::alex});
  const auto layout = GENERATE(Layout::lpips, Layout::torchvision);
  TensorMap theirs = export_weights(plan, layout, ours);
  theirs["scaling_layer.shift"] = torch::zeros({1, 3, 1, 1});
  theirs["lins.0.model.1.weight"] = theirs.at("lin0.model.1.weight").clone();
  const auto a = pictures({1, 3, 40, 40}, 1), b = pictures({1, 3, 40, 40}, 2);
  CHECK(torch::equal(Lpips(LpipsTrunk::alex, File(theirs).path).values(a, b), random_lpips().values(a, b)));
}

TEST_CASE("heads below zero and weights of the other trunk are refused", "[metrics]") {
  TensorMap weights = random_weights(LpipsTrunk::alex);
  weights.at("head3.weight").view(-1)[7] = -1e-3;
  const File negative(weights);
  CHECK_THROWS_WITH(Lpips(LpipsTrunk::alex, negative.path), Contains("negative head3.weight; allowed: 0 and above"));
  CHECK_THROWS_WITH(Lpips(LpipsTrunk::vgg, negative.path), Contains("missing conv1.0.weight"));
}

TEST_CASE("pictures that LPIPS cannot compare are named", "[metrics]") {
  Lpips lpips = random_lpips();
  const auto a = pictures({2, 3, 40, 40}, 1);
  CHECK_THROWS_WITH(lpips.values(a, pictures({2, 3, 40, 41}, 1)), Contains("the reference is [2, 3, 40, 41]"));
  CHECK_THROWS_WITH(lpips.values(a.narrow(1, 0, 1), a.narrow(1, 0, 1)), Contains("allowed: N x 3 x height x width"));
  CHECK_THROWS_WITH(lpips.values(a * 255, a), Contains("allowed: -1 to 1"));
  CHECK_THROWS_WITH(lpips.values(a, a / 0), Contains("not finite"));
  CHECK_THROWS_AS(lpips.values(pictures({1, 3, 20, 20}, 1), pictures({1, 3, 20, 20}, 2)), ConfigError);
}
