// The optimizer is compared with LibTorch's AdamW; its average and learning rate with values computed by hand.
#include "trainer/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/optim/adamw.h>

#include <cmath>

#include "pipeline/sampler.h"
#include "tests/catch.h"

using namespace mds;

namespace {

Tensor noise(uint64_t seed, std::vector<int64_t> shape) { return seeded_noise({seed}, shape)[0]; }

// A convolution with channels-last weights and a bias, fitted to a random target.
struct Problem {
  Tensor weight = noise(1, {4, 3, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast), bias = noise(2, {4});
  Tensor x = noise(3, {2, 3, 5, 5}), y = noise(4, {2, 4, 5, 5});
  Tensor loss() const { return at::mse_loss(at::conv2d(x, weight, bias, /*stride=*/1, /*padding=*/1), y); }
};

// Takes one step of the weight w = 1 with gradient 1, and returns how far it moved.
double moved(Optimizer& optimizer) {
  const Tensor w = optimizer.weights().at("w");
  const double before = w.item<double>();
  w.mutable_grad() = at::ones({1});
  optimizer.step(optimizer.gradient_norm());
  return before - w.item<double>();
}

}  // namespace

TEST_CASE("AdamW repeats LibTorch's, channels-last weights included", "[trainer][torch]") {
  Problem ours, theirs;
  Optimizer optimizer(
      {{"weight", ours.weight}, {"bias", ours.bias}},
      {.lr = 0.02, .warmup = 0, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.1, .clip = 0}, 30);
  theirs.weight.requires_grad_(true);
  theirs.bias.requires_grad_(true);
  torch::optim::AdamW reference({theirs.weight, theirs.bias},
                                torch::optim::AdamWOptions(0.02).betas({0.8, 0.95}).eps(1e-6).weight_decay(0.1));
  for (int i = 0; i < 30; ++i) {
    optimizer.zero_grad();
    ours.loss().backward();
    optimizer.step(optimizer.gradient_norm());
    reference.zero_grad();
    theirs.loss().backward();
    reference.step();
  }
  CHECK(at::allclose(ours.weight, theirs.weight, 1e-5, 1e-6));
  CHECK(at::allclose(ours.bias, theirs.bias, 1e-5, 1e-6));
  CHECK(!at::allclose(ours.weight, Problem().weight, 1e-2, 1e-2));
}

TEST_CASE("gradients above the limit are scaled to it all together", "[trainer][torch]") {
  // After one step the first moment is 1 - beta1 times the clipped gradient.
  const Tensor a = at::zeros({1}), b = at::zeros({1});
  Optimizer optimizer({{"a", a}, {"b", b}}, {.clip = 1}, 1);
  a.mutable_grad() = at::full({1}, 3.0f);
  b.mutable_grad() = at::full({1}, 4.0f);
  CHECK(optimizer.gradient_norm() == Approx(5));
  optimizer.step(optimizer.gradient_norm());
  CHECK(optimizer.state().at("mean.a").item<double>() == Approx(0.1 * 0.6));
  CHECK(optimizer.state().at("mean.b").item<double>() == Approx(0.1 * 0.8));
}

TEST_CASE("the average warms up with (1 + k) / (10 + k) and then keeps its decay", "[trainer][torch]") {
  const Tensor w = at::ones({1});
  Optimizer optimizer({{"w", w}}, {.lr = 0.1, .warmup = 0, .clip = 0, .ema = 0.4}, 20);
  double average = 1;
  for (int k = 1; k <= 20; ++k) {
    moved(optimizer);
    const double decay = std::min(0.4, (1.0 + k) / (10.0 + k));  // 2/11, 3/12, 4/13, 5/14, 6/15, then 0.4
    average = decay * average + (1 - decay) * w.item<double>();
    CHECK(optimizer.ema().at("w").item<double>() == Approx(average).epsilon(1e-5));
  }
}

TEST_CASE("the rate warms up linearly and a cosine ends at 0", "[trainer][torch]") {
  const Tensor w = at::ones({1});
  Optimizer optimizer({{"w", w}}, {.lr = 0.01, .warmup = 4, .decay = RateDecay::cosine, .weight_decay = 0}, 12);
  std::vector<double> rates;  // with equal gradients a step is as long as the rate
  for (int i = 0; i < 13; ++i) rates.push_back(moved(optimizer));
  for (int i = 0; i < 4; ++i) CHECK(rates[size_t(i)] == Approx(0.01 * (i + 1) / 4).epsilon(1e-3));
  CHECK(rates[4] == Approx(0.01).epsilon(1e-3));
  CHECK(rates[8] == Approx(0.005).epsilon(1e-3));
  CHECK(rates[12] == Approx(0).margin(1e-6));
}

TEST_CASE("a gradient that is not finite is named", "[trainer][torch]") {
  const Tensor a = at::zeros({1}), b = at::zeros({1});
  Optimizer optimizer({{"a", a}, {"b", b}}, {}, 1);
  a.mutable_grad() = at::ones({1});
  b.mutable_grad() = at::full({1}, NAN);
  CHECK(!std::isfinite(optimizer.gradient_norm()));
  CHECK(optimizer.first_bad_gradient() == "b");
}

TEST_CASE("a step does not depend on the number of threads, and weights without a gradient only enter the average",
          "[trainer][torch]") {
  const auto state_by = [](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const Tensor a = noise(1, {300, 500}), b = noise(2, {77}), still = noise(3, {5});
    Optimizer optimizer({{"a", a}, {"b", b}, {"still", still}}, {.warmup = 0, .clip = 1, .ema = 0.5}, 10);
    for (uint64_t i = 0; i < 3; ++i) {
      a.mutable_grad() = noise(10 + i, {300, 500});
      b.mutable_grad() = noise(20 + i, {77});
      optimizer.step(optimizer.gradient_norm());
    }
    at::set_num_threads(before);
    CHECK(at::equal(still, noise(3, {5})));
    CHECK(at::allclose(optimizer.ema().at("still"), still));
    CHECK(optimizer.state().at("square.still").abs().max().item<double>() == 0);
    return optimizer.state();
  };
  const TensorMap one = state_by(1), three = state_by(3);
  for (const auto& [name, tensor] : one) {
    CAPTURE(name);
    CHECK(at::equal(tensor, three.at(name)));
  }
}

TEST_CASE("the norm is that of float64", "[trainer][torch]") {
  const Tensor w = at::zeros({40000}), gradient = 1e-3 * noise(5, {40000});
  Optimizer optimizer({{"w", w}}, {}, 1);
  w.mutable_grad() = gradient;
  CHECK(optimizer.gradient_norm() == Approx(gradient.to(at::kDouble).norm().item<double>()).epsilon(1e-6));
}
