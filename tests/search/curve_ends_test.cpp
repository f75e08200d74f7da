#include "search/curve_ends.h"

#include "tests/catch.h"

using namespace mds;

namespace {

BegunCurve curve(int16_t choice, std::vector<double> values) {
  return {.features = {.numbers = {0}, .choices = {choice}}, .values = std::move(values)};
}

}  // namespace

TEST_CASE("curves that are linear in their beginnings end where the line says", "[search]") {
  std::vector<BegunCurve> curves;
  for (int i = 0; i < 50; ++i) curves.push_back(curve(0, {double(i), 0.5 * i + 2}));
  curves.push_back(curve(0, {100}));
  const auto ends = curve_ends(curves, 2);
  CHECK(ends[7] == 5.5);
  CHECK(ends.back() == Approx(52).margin(1));
}

TEST_CASE("what the features say of the errors of the line is added to it", "[search]") {
  std::vector<BegunCurve> curves;
  for (int i = 0; i < 40; ++i) curves.push_back(curve(int16_t(i % 2), {double(i), double(i) - (i % 2 ? 5 : 0)}));
  curves.push_back(curve(0, {20}));
  curves.push_back(curve(1, {20}));
  const auto ends = curve_ends(curves, 2);
  CHECK(ends[40] == Approx(20).margin(0.5));
  CHECK(ends[41] == Approx(15).margin(0.5));
}

TEST_CASE("without a whole curve, the rung that all reached decides", "[search]") {
  CHECK(curve_ends({curve(0, {5, 1}), curve(0, {4})}, 3) == std::vector<double>{5, 4});
  CHECK(curve_ends({curve(0, {5, 1}), curve(0, {4})}, 2) == std::vector<double>{1, 0});  // falls as the other did
  CHECK(curve_ends({}, 2).empty());
}
