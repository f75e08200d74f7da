// Processes that train together find each other, and agree on sums bit by bit.
#include "trainer/ranks.h"

#include <ATen/ATen.h>

#include <map>
#include <mutex>

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/trainer/together.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

std::optional<RankAddress> address_in(const std::map<std::string, std::string>& environment) {
  return rank_address([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

Tensor some_numbers(int64_t n, uint64_t seed) { return at::randn({n}, generator_for(seed, 0)); }

}  // namespace

TEST_CASE("a process finds its place in what torchrun or srun sets", "[ranks]") {
  CHECK_FALSE(address_in({}));
  CHECK_FALSE(address_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}));  // a batch script, outside srun
  CHECK_FALSE(address_in({{"RANK", "0"}, {"WORLD_SIZE", "1"}, {"MASTER_PORT", "1"}}));
  const auto torchrun = address_in({{"RANK", "3"},
                                    {"WORLD_SIZE", "4"},
                                    {"LOCAL_RANK", "1"},
                                    {"LOCAL_WORLD_SIZE", "2"},
                                    {"MASTER_ADDR", "n1"},
                                    {"MASTER_PORT", "29500"},
                                    {"TORCHELASTIC_USE_AGENT_STORE", "True"}});
  REQUIRE(torchrun);
  CHECK((torchrun->rank == 3 && torchrun->count == 4 && torchrun->local_rank == 1 && torchrun->local_count == 2));
  CHECK((torchrun->host == "n1" && torchrun->port == 29500 && torchrun->served));
  const auto srun = address_in({{"SLURM_PROCID", "1"},
                                {"SLURM_NTASKS", "2"},
                                {"SLURM_LOCALID", "0"},
                                {"MASTER_ADDR", "n1"},
                                {"MASTER_PORT", "20001"}});
  REQUIRE(srun);
  CHECK((srun->rank == 1 && srun->count == 2 && srun->local_rank == 0 && !srun->served));
}

TEST_CASE("an environment that a launcher left incomplete is refused with the variable", "[ranks]") {
  CHECK_THROWS_WITH(address_in({{"RANK", "0"}}), Contains("lacks WORLD_SIZE"));
  CHECK_THROWS_WITH(address_in({{"RANK", "0"}, {"WORLD_SIZE", "2"}}), Contains("lacks MASTER_PORT"));
  CHECK_THROWS_WITH(address_in({{"RANK", "x"}, {"WORLD_SIZE", "2"}}), Contains("RANK is \"x\"; allowed"));
  CHECK_THROWS_WITH(address_in({{"RANK", "2"}, {"WORLD_SIZE", "2"}}), Contains("process 2 of 2"));
}

TEST_CASE("sums over 2 and 4 processes are the tree over their numbers, bit by bit", "[ranks][torch]") {
  const int64_t count = GENERATE(2, 3, 4);
  std::vector<Tensor> numbers;
  for (int64_t i = 0; i < count; ++i) numbers.push_back(some_numbers(1001, uint64_t(i)));
  std::vector<Tensor> copies;
  for (const Tensor& tensor : numbers) copies.push_back(tensor.clone());
  const Tensor wanted = tree_sum(copies);
  std::mutex mutex;
  toy::together(count, [&](const RanksPtr& ranks) {
    const Tensor sum = sum_over(ranks, numbers[size_t(ranks->rank())]);
    const Tensor given = at::full({3}, double(ranks->rank()));
    ranks->copy_from(1, {given});
    const auto texts = ranks->texts("I am " + std::to_string(ranks->rank()));
    const std::lock_guard lock(mutex);
    CHECK(at::equal(sum, wanted));
    CHECK(at::equal(given, at::ones({3})));
    CHECK(texts.size() == size_t(count));
    CHECK(texts[1] == "I am 1");
  });
}

TEST_CASE("a mean over processes has the gradient of the whole batch's mean", "[ranks][torch]") {
  const auto loss_of = [](const Tensor& x, const Tensor& mean) { return (x * mean.square()).mean(); };
  const Tensor all = some_numbers(8, 5).to(at::kDouble).requires_grad_();
  loss_of(all, all.mean()).backward();
  Tensor found = at::zeros({8}, at::kDouble);
  std::mutex mutex;
  toy::together(2, [&](const RanksPtr& ranks) {
    const int64_t first = 4 * ranks->rank();
    const Tensor own = all.detach().slice(0, first, first + 4).clone().requires_grad_();
    loss_of(own, mean_over(ranks, own.mean())).backward();
    const std::lock_guard lock(mutex);
    found.slice(0, first, first + 4).copy_(own.grad() / 2);
  });
  CHECK(at::allclose(found, all.grad(), 1e-12, 1e-12));
}

TEST_CASE("a process whose other one has gone says so", "[ranks][torch]") {
  CHECK_THROWS_WITH(toy::together(2,
                                  [](const RanksPtr& ranks) {
                                    if (!ranks->lead()) return;
                                    for (int i = 0; i < 3; ++i) sum_over(ranks, at::ones({4}));
                                  }),
                    Contains("another process of this training has ended or cannot be reached"));
}
