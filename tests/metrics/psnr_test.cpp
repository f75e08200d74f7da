#include "metrics/psnr.h"

#include <torch/types.h>

#include "tests/catch.h"

using namespace mds;

TEST_CASE("an error of a tenth of the range is twenty decibels", "[metrics]") {
  const auto reference = torch::full({4, 3, 8, 8}, 0.5);
  const auto score = psnr(reference + 0.1, reference, 1);
  CHECK(score.value == Approx(20).epsilon(1e-5));
  CHECK(score.low == Approx(20).epsilon(1e-5));
  CHECK(score.n == 4);
}

TEST_CASE("the unit of the pictures does not matter when the range goes with it", "[metrics]") {
  const auto a = torch::rand({3, 3, 8, 8}), b = torch::rand({3, 3, 8, 8});
  CHECK(psnr(a, b, 1).value == Approx(psnr(a * 255, b * 255, 255).value).epsilon(1e-5));
  CHECK(psnr(a, b, 1).value == Approx(psnr(a * 2 - 1, b * 2 - 1, 2).value).epsilon(1e-5));
}

TEST_CASE("identical pictures count a hundred decibels", "[metrics]") {
  const auto a = torch::rand({2, 3, 4, 4});
  CHECK(psnr(a, a, 1).value == 100);
}

TEST_CASE("pictures that cannot be compared are named", "[metrics]") {
  const auto a = torch::rand({2, 3, 4, 4});
  CHECK_THROWS_WITH(psnr(a, torch::rand({2, 3, 4, 5}), 1),
                    Catch::Contains("pictures are [2, 3, 4, 4], the reference is [2, 3, 4, 5]"));
  CHECK_THROWS_WITH(psnr(a, a, 0), Catch::Contains("data_range is 0.000000; allowed: above 0"));
  CHECK_THROWS_WITH(psnr(a / 0, a, 1), Catch::Contains("row 0 holds a value that is not finite"));
}
