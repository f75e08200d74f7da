#include "metrics/perceptual.h"

#include <torch/types.h>

#include <filesystem>

#include "networks/network_spec.h"
#include "pipeline/weight_import.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

Tensor pictures(at::IntArrayRef sizes, uint64_t seed) {
  return 2 * torch::rand(sizes, at::detail::createCPUGenerator(seed)) - 1;
}

TensorMap random_weights(LpipsTrunk trunk) {
  const NetworkPtr network = make_network(make_plan(LpipsSpec{.trunk = trunk}));
  initialise(*network, 9);
  TensorMap weights = weights_of(*network);
  for (auto& [name, tensor] : weights)
    if (name.ends_with(".weight") && !name.starts_with("head")) tensor = tensor * 2.4;  // keeps the magnitude of maps
  return weights;
}

struct File {
  std::string path;
  explicit File(const TensorMap& tensors) : path(scratch("lpips.safetensors").string()) {
    save_tensors(path, {.tensors = tensors, .metadata = {}});
  }
  ~File() { std::filesystem::remove(path); }
};

PerceptualNetwork lpips_of(LpipsTrunk trunk, const std::string& file) { return {LpipsSpec{.trunk = trunk}, file}; }

PerceptualNetwork random_lpips(LpipsTrunk trunk = LpipsTrunk::alex) {
  return lpips_of(trunk, File(random_weights(trunk)).path);
}

PerceptualNetwork random_effnet() {
  const NetworkPtr network = make_network(make_plan(EfficientNetSpec{}));
  initialise(*network, 9);
  TensorMap state;
  for (const auto& item : state_of(*network)) state[item.key()] = item.value();
  return {EfficientNetSpec{}, File(state).path};
}

}  // namespace

TEST_CASE("identical pictures have no perceptual distance, others one that is the same both ways", "[metrics]") {
  PerceptualNetwork lpips = random_lpips(GENERATE(LpipsTrunk::alex, LpipsTrunk::vgg));
  const auto a = pictures({2, 3, 40, 40}, 1), b = pictures({2, 3, 40, 40}, 2);
  CHECK(perceptual_values(lpips, a, a).eq(0).all().item<bool>());
  CHECK(perceptual_values(lpips, a, b).gt(1e-4).all().item<bool>());
  CHECK(torch::equal(perceptual_values(lpips, a, b), perceptual_values(lpips, b, a)));
}

TEST_CASE("a pair's perceptual distance does not depend on its neighbours", "[metrics]") {
  PerceptualNetwork lpips = random_lpips();
  const auto a = pictures({3, 3, 40, 52}, 1), b = pictures({3, 3, 40, 52}, 2);
  const auto values = perceptual_values(lpips, a, b);
  CHECK(values.sizes() == at::IntArrayRef({3}));
  for (int64_t i = 0; i < 3; ++i)
    CHECK(torch::equal(perceptual_values(lpips, a.narrow(0, i, 1), b.narrow(0, i, 1)), values.narrow(0, i, 1)));
}

TEST_CASE("pictures of another size in between change nothing", "[metrics]") {
  PerceptualNetwork lpips = random_lpips();
  const auto a = pictures({1, 3, 40, 40}, 1), b = pictures({1, 3, 40, 40}, 2);
  const auto before = perceptual_values(lpips, a, b);
  perceptual_values(lpips, pictures({1, 3, 33, 70}, 3), pictures({1, 3, 33, 70}, 4));
  CHECK(torch::equal(perceptual_values(lpips, a, b), before));
}

TEST_CASE("a picture that is changed more is further away", "[metrics]") {
  PerceptualNetwork lpips = random_lpips();
  const auto a = pictures({1, 3, 48, 48}, 1), noise = pictures({1, 3, 48, 48}, 2);
  const auto at_share = [&](double share) {
    return perceptual_score(lpips, a * (1 - share) + noise * share, a, {.replicates = 2}).value;
  };
  CHECK(at_share(0.1) < at_share(0.3));
  CHECK(at_share(0.3) < at_share(0.9));
}

TEST_CASE("the score carries its trunk's name", "[metrics]") {
  PerceptualNetwork lpips = random_lpips();
  const auto a = pictures({2, 3, 40, 40}, 1), b = pictures({2, 3, 40, 40}, 2);
  const Score score = perceptual_score(lpips, a, b);
  CHECK(score.name == "lpips_alex");
  CHECK(score.n == 2);
  CHECK(score.value == Approx(perceptual_values(lpips, a, b).mean().item<double>()));
}

TEST_CASE("weights in the layouts of lpips and torchvision are the same measure as in ours", "[metrics]") {
  const TensorMap ours = random_weights(LpipsTrunk::alex);
  const Plan plan = make_plan(LpipsSpec{.trunk = LpipsTrunk::alex});
  const auto layout = GENERATE(Layout::lpips, Layout::torchvision);
  TensorMap theirs = export_weights(plan, layout, ours);
  theirs["scaling_layer.shift"] = torch::zeros({1, 3, 1, 1});
  theirs["lins.0.model.1.weight"] = theirs.at("lin0.model.1.weight").clone();
  const auto a = pictures({1, 3, 40, 40}, 1), b = pictures({1, 3, 40, 40}, 2);
  PerceptualNetwork mine = random_lpips(), foreign = lpips_of(LpipsTrunk::alex, File(theirs).path);
  CHECK(torch::equal(perceptual_values(foreign, a, b), perceptual_values(mine, a, b)));
}

TEST_CASE("heads below zero and weights of the other trunk are refused", "[metrics]") {
  TensorMap weights = random_weights(LpipsTrunk::alex);
  weights.at("head3.weight").view(-1)[7] = -1e-3;
  const File negative(weights);
  CHECK_THROWS_WITH(lpips_of(LpipsTrunk::alex, negative.path), Contains("negative head3.weight; allowed: 0 and above"));
  CHECK_THROWS_WITH(lpips_of(LpipsTrunk::vgg, negative.path), Contains("missing conv1.0.weight"));
}

TEST_CASE("pictures that LPIPS cannot compare are named", "[metrics]") {
  PerceptualNetwork lpips = random_lpips();
  const auto a = pictures({2, 3, 40, 40}, 1);
  CHECK_THROWS_WITH(perceptual_values(lpips, a, pictures({2, 3, 40, 41}, 1)),
                    Contains("the reference is [2, 3, 40, 41]"));
  CHECK_THROWS_WITH(perceptual_values(lpips, a.narrow(1, 0, 1), a.narrow(1, 0, 1)),
                    Contains("allowed: N x 3 x height x width"));
  CHECK_THROWS_WITH(perceptual_values(lpips, a * 255, a), Contains("allowed: -1 to 1"));
  CHECK_THROWS_WITH(perceptual_values(lpips, a, a / 0), Contains("not finite"));
  CHECK_THROWS_AS(perceptual_values(lpips, pictures({1, 3, 20, 20}, 1), pictures({1, 3, 20, 20}, 2)), ConfigError);
}

TEST_CASE("features without heads make a distance from 0 to 4 under a name of their own", "[metrics]") {
  PerceptualNetwork effnet = random_effnet();
  const auto a = pictures({1, 3, 48, 48}, 1), b = pictures({1, 3, 48, 48}, 2);
  CHECK(effnet.metric() == "perceptual_effnet");
  CHECK(perceptual_values(effnet, a, a).eq(0).all().item<bool>());
  const auto values = perceptual_values(effnet, a, b);
  CHECK(values.gt(1e-6).all().item<bool>());
  CHECK(values.lt(4).all().item<bool>());
  CHECK(torch::equal(perceptual_values(effnet, b, a), values));
  CHECK(perceptual_values(effnet, 0.9 * a + 0.1 * b, a).lt(values).all().item<bool>());
}

TEST_CASE("the distance by features is the mean of five levels' squared differences of unit vectors", "[metrics]") {
  PerceptualNetwork effnet = random_effnet();
  const auto a = pictures({1, 3, 64, 64}, 1), b = pictures({1, 3, 64, 64}, 2);
  const torch::NoGradGuard no_grad;
  std::map<std::string, std::vector<Tensor>> maps;
  const double distance = effnet
                              .distance(a, b,
                                        [&](const PlanStep& step, Tensor x) {
                                          maps[step.path].push_back(x);
                                          return x;
                                        })
                              .item<double>();
  double sum = 0;
  for (const char* level : {"blocks.0", "blocks.2", "blocks.4", "blocks.10", "blocks.15"}) {
    const auto& pair = maps.at(level);
    sum += (2 - 2 * at::cosine_similarity(pair[0].to(at::kDouble), pair[1].to(at::kDouble), 1)).mean().item<double>();
  }
  CHECK(distance == Approx(sum / 5).epsilon(1e-4));
  CHECK(maps.at("blocks.0")[0].size(2) == 32);
  CHECK(maps.at("blocks.15")[0].size(2) == 2);
}

TEST_CASE("perceptual distances have finite gradients, also where features are all zero", "[metrics]") {
  TensorMap silent = random_weights(LpipsTrunk::vgg);
  silent.at("conv1.0.weight").zero_();
  silent.at("conv1.0.bias").fill_(-1);  // everything is 0 after relu
  silent.at("conv1.1.bias").fill_(-1);
  PerceptualNetwork nothing = lpips_of(LpipsTrunk::vgg, File(silent).path);
  PerceptualNetwork effnet = random_effnet();
  for (auto* network : {&nothing, &effnet}) {
    const auto a = pictures({1, 3, 32, 32}, 1).requires_grad_(true), b = pictures({1, 3, 32, 32}, 2);
    network->distance(a, b).sum().backward();
    CHECK(a.grad().isfinite().all().item<bool>());
    if (network != &nothing) CHECK(a.grad().abs().max().item<double>() > 0);
  }
}

TEST_CASE("networks and pictures without a perceptual distance are refused", "[metrics]") {
  PerceptualNetwork effnet = random_effnet();
  const auto oblong = pictures({1, 3, 64, 48}, 1);
  CHECK_THROWS_WITH(perceptual_values(effnet, oblong, oblong), Contains("are 48x64; allowed: square ones"));
  CHECK_THROWS_WITH(PerceptualNetwork(DecoderSpec{}, "x"), Contains("allowed: lpips-vgg, lpips-alex, efficientnet"));
}
