#include "metrics/ssim.h"

#include <torch/types.h>

#include <limits>

#include "tests/catch.h"

using namespace mds;

namespace {

Tensor pictures(int64_t n, uint64_t seed) {
  return 255 * torch::rand({n, 3, 16, 19}, at::detail::createCPUGenerator(seed), torch::kFloat64);
}

// The value of the window at the top left corner, by the formula's double sum.
double first_window(const Tensor& a, const Tensor& b, double range) {
  double weights = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  for (int64_t y = 0; y < 11; ++y)
    for (int64_t x = 0; x < 11; ++x) {
      const double w = std::exp(-double((y - 5) * (y - 5) + (x - 5) * (x - 5)) / (2 * 1.5 * 1.5));
      const double p = a[y][x].item<double>(), q = b[y][x].item<double>();
      weights += w;
      ma += w * p, mb += w * q, aa += w * p * p, bb += w * q * q, ab += w * p * q;
    }
  ma /= weights, mb /= weights, aa /= weights, bb /= weights, ab /= weights;
  const double c1 = std::pow(0.01 * range, 2), c2 = std::pow(0.03 * range, 2);
  return (2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2) /
         ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2));
}

}  // namespace

TEST_CASE("a picture of one window has the formula's value", "[metrics]") {
  const auto a = pictures(1, 1).slice(2, 0, 11).slice(3, 0, 11),
             b = 0.5 * a + 0.5 * pictures(1, 2).slice(2, 0, 11).slice(3, 0, 11);
  double expected = 0;
  for (int64_t c = 0; c < 3; ++c) expected += first_window(a[0][c], b[0][c], 255) / 3;
  CHECK(ssim_values(a, b, 255)[0].item<double>() == Approx(expected).epsilon(1e-10));
}

TEST_CASE("equal pictures have one, noise less, and the unit does not matter", "[metrics]") {
  const auto a = pictures(3, 3), noise = pictures(3, 4) - 127.5;
  CHECK((ssim_values(a, a, 255) - 1).abs().max().item<double>() < 1e-12);
  const auto some = ssim_values(a, a + 0.1 * noise, 255), more = ssim_values(a, a + 0.5 * noise, 255);
  CHECK(some.lt(1).all().item<bool>());
  CHECK(more.lt(some).all().item<bool>());
  CHECK(torch::allclose(ssim_values(a / 255, (a + 0.1 * noise) / 255, 1), some, 1e-9));
}

TEST_CASE("similarity of a picture is the same alone and among others, either way round", "[metrics]") {
  const auto a = pictures(4, 5), b = pictures(4, 6);
  const auto together = ssim_values(a, b, 255);
  for (int64_t i = 0; i < 4; ++i)
    CHECK(torch::equal(ssim_values(a.slice(0, i, i + 1), b.slice(0, i, i + 1), 255)[0], together[i]));
  CHECK(torch::allclose(ssim_values(b, a, 255), together, 1e-12));
  CHECK(ssim(a, b, 255).value == Approx(together.mean().item<double>()));
}

TEST_CASE("pictures that have no structural similarity are named", "[metrics]") {
  auto a = pictures(2, 7);
  CHECK_THROWS_WITH(ssim_values(a, pictures(3, 7), 255), Catch::Contains("ssim: pictures are [2, 3, 16, 19]"));
  CHECK_THROWS_AS(ssim_values(a, a, 0), ConfigError);
  CHECK_THROWS_WITH(ssim_values(a.slice(2, 0, 10), a.slice(2, 0, 10), 255),
                    "ssim: pictures are 10 x 19; allowed: sides of at least 11");
  a[1][0][0][0] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(ssim_values(a, a, 255), "pictures: row 1 holds a value that is not finite");
}
