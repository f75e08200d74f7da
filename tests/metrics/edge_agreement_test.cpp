#include "metrics/edge_agreement.h"

#include <torch/types.h>

#include "tests/catch.h"

using namespace mds;

namespace {

// 1 x 1 x 9 x 9 with edges at these places.
Tensor edges(const std::vector<std::pair<int64_t, int64_t>>& places) {
  Tensor map = at::zeros({1, 1, 9, 9});
  for (const auto& [row, column] : places)
    map.index_put_({at::tensor(0), at::tensor(0), at::tensor(row), at::tensor(column)}, 1);
  return map;
}

double value(const Tensor& x) { return x.item<double>(); }

}  // namespace

TEST_CASE("edges within one row and column of each other agree, those further away do not", "[metrics]") {
  const auto agreement = edge_agreement(edges({{2, 2}, {2, 3}, {8, 8}}), edges({{3, 3}, {6, 6}}));
  CHECK(value(agreement.precision) == Approx(2.0 / 3));
  CHECK(value(agreement.recall) == Approx(0.5));
  CHECK(value(agreement.f1) == Approx(2 * (2.0 / 3) * 0.5 / (2.0 / 3 + 0.5)));
}

TEST_CASE("precision of one is recall of the other, and equal edges agree wholly", "[metrics]") {
  const Tensor a = at::rand({3, 1, 20, 20}) > 0.8, b = at::rand({3, 1, 20, 20}) > 0.9;
  const auto ab = edge_agreement(a, b), ba = edge_agreement(b, a);
  CHECK(at::equal(ab.precision, ba.recall));
  CHECK(at::equal(ab.f1, ba.f1));
  CHECK(at::equal(edge_agreement(a, a).f1, at::ones({3}, at::kDouble)));
}

TEST_CASE("no edges agree with no edges and with no others", "[metrics]") {
  const Tensor none = edges({}), some = edges({{4, 4}});
  CHECK(value(edge_agreement(none, none).f1) == 1);
  CHECK(value(edge_agreement(none, some).f1) == 0);
  CHECK(value(edge_agreement(none, some).precision) == 1);
  CHECK(value(edge_agreement(some, none).f1) == 0);
}

TEST_CASE("edges of two sizes are an error", "[metrics]") {
  CHECK_THROWS_WITH(edge_agreement(at::zeros({1, 1, 4, 4}), at::zeros({1, 1, 4, 5})),
                    Catch::Contains("are [1, 1, 4, 4] and [1, 1, 4, 5]"));
}
