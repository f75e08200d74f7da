#include "search/surrogate.h"

#include <cmath>

#include "spec/bootstrap.h"
#include "tests/catch.h"

using namespace mds;

namespace {

Features at(double x, int16_t choice) { return {.numbers = {x}, .choices = {choice}}; }
double uniform(Random& random) { return double(random.next() >> 11) * 0x1p-53; }

}  // namespace

TEST_CASE("a surrogate predicts a smooth function between its observations, and is unsure far from them", "[search]") {
  std::vector<Features> features;
  std::vector<double> values;
  Random random(4);
  const auto truth = [](double x, int16_t choice) { return 50 + 10 * std::sin(x) + 5 * choice; };
  for (int i = 0; i < 40; ++i) {
    const double x = 6 * uniform(random);
    const auto choice = int16_t(random.below(2));
    features.push_back(at(x, choice));
    values.push_back(truth(x, choice));
  }
  const Surrogate surrogate(features, values);
  for (double x = 0.5; x < 5.5; x += 0.25)
    for (const int16_t choice : {0, 1}) CHECK(surrogate.at(at(x, choice)).mean == Approx(truth(x, choice)).margin(1.5));
  CHECK(surrogate.at(at(40, 0)).sd > 3 * surrogate.at(at(3, 0)).sd);
  CHECK(surrogate.at(at(40, 0)).mean == Approx(52).margin(5));
}

TEST_CASE("a surrogate of equal values, or of one, predicts that value", "[search]") {
  CHECK(Surrogate({at(1, 0)}, {7}).at(at(1, 0)).mean == Approx(7));
  CHECK(Surrogate({at(1, 0), at(2, 1)}, {7, 7}).at(at(9, 3)).mean == Approx(7));
  CHECK(std::isfinite(Surrogate({at(1, 0), at(1, 0)}, {7, 9}).at(at(1, 0)).mean));
}

TEST_CASE("the expected improvement is the mean of what a normal value falls below the best", "[search]") {
  Random random(8);
  const Estimate estimate{.mean = 1, .sd = 0.5};
  double sum = 0;
  constexpr int draws = 200'000;
  for (int i = 0; i < draws; ++i) {
    const double normal = std::sqrt(-2 * std::log(1 - uniform(random))) * std::cos(2 * M_PI * uniform(random));
    sum += std::fmax(0, 0.8 - (estimate.mean + estimate.sd * normal));
  }
  CHECK(expected_improvement(estimate, 0.8) == Approx(sum / draws).epsilon(0.02));
  CHECK(expected_improvement({.mean = 1, .sd = 0}, 0.8) == 0);
  CHECK(expected_improvement({.mean = 0.5, .sd = 0}, 0.8) == Approx(0.3));
}
