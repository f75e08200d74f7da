#include "spec/rank_correlation.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"

using namespace mds;

namespace {

// By the definition, over all pairs.
std::optional<double> by_definition(const std::vector<double>& a, const std::vector<double>& b) {
  int64_t sum = 0, untied_a = 0, untied_b = 0;
  const auto sign = [](double x) { return (x > 0) - (x < 0); };
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      sum += sign(a[i] - a[j]) * sign(b[i] - b[j]);
      untied_a += a[i] != a[j];
      untied_b += b[i] != b[j];
    }
  if (untied_a == 0 || untied_b == 0) return std::nullopt;
  return double(sum) / std::sqrt(double(untied_a) * double(untied_b));
}

}  // namespace

TEST_CASE("tau-b is that of its definition, with any ties", "[spec]") {
  Random random(1);
  for (int n = 0; n < 40; ++n)
    for (const int64_t levels : {1, 2, 5, 1000}) {
      std::vector<double> a, b;
      for (int i = 0; i < n; ++i) {
        a.push_back(double(random.below(levels)));
        b.push_back(double(random.below(levels)) + (i % 2 ? a.back() : 0));
      }
      const auto tau = kendall_tau_b(a, b), wanted = by_definition(a, b);
      REQUIRE(tau.has_value() == wanted.has_value());
      if (tau) CHECK(*tau == Approx(*wanted).margin(1e-12));
      if (tau) CHECK(*kendall_tau_b(b, a) == Approx(*tau).margin(1e-12));
    }
}

TEST_CASE("tau-b has its known values", "[spec]") {
  CHECK(kendall_tau_b({1, 2, 3, 4}, {10, 20, 30, 40}) == 1.0);
  CHECK(kendall_tau_b({1, 2, 3, 4}, {4, 3, 2, 1}) == -1.0);
  // scipy.stats.kendalltau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])
  CHECK(*kendall_tau_b({12, 2, 1, 12, 2}, {1, 4, 7, 1, 0}) == Approx(-0.4714045207910316));
  CHECK_FALSE(kendall_tau_b({1, 1, 1}, {1, 2, 3}));
  CHECK_FALSE(kendall_tau_b({}, {}));
  CHECK_THROWS_WITH(kendall_tau_b({1}, {1, 2}), Catch::Contains("has 1 and 2 values"));
  CHECK_THROWS_WITH(kendall_tau_b({1, std::numeric_limits<double>::quiet_NaN()}, {1, 2}),
                    Catch::Contains("pair 1 is not finite"));
}

TEST_CASE("tau's spread over a bootstrap is near that of independent orders", "[spec]") {
  // The standard error under no correlation is 0.129 at n = 30.
  Random random(5);
  std::vector<double> a, b;
  for (int i = 0; i < 30; ++i) {
    a.push_back(double(random.next() >> 11));
    b.push_back(double(random.next() >> 11));
  }
  double sum = 0, squares = 0;
  const auto taus = tau_replicates(a, b, bootstrap_indices(30, 2000, 1));
  for (const auto& tau : taus) {
    sum += *tau;
    squares += *tau * *tau;
  }
  const double mean = sum / double(taus.size());
  CHECK(mean == Approx(*kendall_tau_b(a, b)).margin(0.03));
  CHECK(std::sqrt(squares / double(taus.size()) - mean * mean) == Approx(0.129).epsilon(0.3));
}

TEST_CASE("the bootstrap's interval of tau contains the true one nearly as often as it says", "[spec]") {
  // Of normal values with correlation r, tau is 2 / pi asin r.
  constexpr double r = 0.7;
  constexpr int draws = 300, n = 48;
  const double truth = 2 / M_PI * std::asin(r);
  Random random(9);
  const auto normal = [&] {
    const auto uniform = [&] { return (double(random.next() >> 11) + 0.5) * 0x1p-53; };
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * M_PI * uniform());
  };
  int contained = 0;
  for (int draw = 0; draw < draws; ++draw) {
    std::vector<double> a, b, taus;
    for (int i = 0; i < n; ++i) {
      a.push_back(normal());
      b.push_back(r * a.back() + std::sqrt(1 - r * r) * normal());
    }
    for (const auto& tau : tau_replicates(a, b, bootstrap_indices(n, 200, uint64_t(draw)))) taus.push_back(*tau);
    const Interval interval = percentile_interval(taus);
    contained += interval.low <= truth && truth <= interval.high;
  }
  CHECK(double(contained) / draws > 0.9);
}

TEST_CASE("the recall of the best counts those that both orders have at the top; ties share places", "[spec]") {
  CHECK(top_k_recall({1, 2, 3, 4}, {1, 2, 3, 4}, 2) == 1);
  CHECK(top_k_recall({4, 3, 2, 1}, {1, 2, 3, 4}, 2) == 0);
  CHECK(top_k_recall({1, 4, 2, 3}, {1, 2, 3, 4}, 2) == 0.5);
  CHECK(top_k_recall({7, 7, 7, 7}, {1, 2, 3, 4}, 1) == 0.25);
  CHECK(top_k_recall({0, 7, 7, 7}, {1, 2, 3, 4}, 2) == Approx((1 + 1.0 / 3) / 2));
  CHECK_THROWS_WITH(top_k_recall({1, 2}, {1, 2}, 3), Catch::Contains("k is 3"));
}
