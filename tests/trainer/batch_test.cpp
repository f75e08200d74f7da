// The batch as the loop sees it: the defined tensors of a stage's struct, whole or in parts.
#include "trainer/batch.h"

#include <ATen/ATen.h>

#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

struct Toy {
  Tensor x_NC, share{}, absent{};
  static void for_each(auto& self, auto&& visit) {
    visit("x", self.x_NC);
    visit("share", self.share);
    visit("absent", self.absent);
  }
};

Batch toy() { return Batch(Toy{.x_NC = at::arange(8).view({4, 2}), .share = at::ones({})}); }

}  // namespace

TEST_CASE("a batch visits the tensors of its struct that are defined, by name", "[trainer]") {
  std::vector<std::string> names;
  toy().for_each([&](const char* name, Tensor&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"x", "share"});
  CHECK(tensors_of(toy()).size() == 2);
}

TEST_CASE("a part has some of the examples and the numbers of the whole batch", "[trainer]") {
  const Batch whole = toy();
  const Toy part = part_of(whole, {.count = 4, .first = 1, .examples = 2}).as<Toy>();
  CHECK(at::equal(part.x_NC, at::tensor({2, 3, 4, 5}).view({2, 2})));
  CHECK(part.share.item<double>() == 1);
  CHECK(!part.absent.defined());
  CHECK(whole.as<Toy>().x_NC.size(0) == 4);
  CHECK_THROWS_WITH(part_of(whole, {.count = 3, .first = 0, .examples = 1}), Contains("x: expected 3 examples"));
}
