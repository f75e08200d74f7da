// The loop: resuming gives equal bits, numbers that are not finite stop it, damaged checkpoints are refused.
#include "trainer/loop.h"

#include <ATen/ATen.h>

#include <numeric>
#include <set>

#include "tests/catch.h"
#include "tests/full_disk.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

const LoopConfig loop_config{.iterations = 6, .batch = 4, .seed = 5};
const OptimizerConfig optimizer_config{.lr = 3e-3, .warmup = 2, .decay = RateDecay::cosine};

struct BaseRun {
  explicit BaseRun(Prediction prediction = Prediction::v, LoopConfig config = loop_config)
      : stage(toy::unet(), toy::predicting(prediction), config, set), loop(stage, config, optimizer_config) {}
  LatentSet set = toy::latents();
  BaseStage stage;
  Loop loop;
};

// The checkpoint of a base run after `iterations`.
std::string checkpoint(const std::string& name, int64_t iterations, const LoopConfig& config = loop_config) {
  const std::string file = toy::temporary(name);
  BaseRun run(Prediction::v, config);
  run.loop.run_to(iterations);
  run.loop.save(file, "identity");
  return file;
}

bool equal(const TensorMap& x, const TensorMap& y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](const auto& a, const auto& b) { return a.first == b.first && at::equal(a.second, b.second); });
}

}  // namespace

TEST_CASE("3 iterations, a stop and 3 more end in the same bytes as 6", "[trainer][torch]") {
  LoopConfig config = loop_config;
  config.micro_batch = GENERATE(0, 2);
  config.checkpoint_activations = config.micro_batch > 0;
  const std::string at_once = checkpoint("once", 6, config), half = checkpoint("half", 3, config);
  BaseRun resumed(Prediction::v, config);
  REQUIRE(resumed.loop.resume(half, "identity"));
  CHECK(resumed.loop.iteration() == 3);
  resumed.loop.run_to(6);
  resumed.loop.save(half, "identity");
  CHECK(toy::bytes_of(half) == toy::bytes_of(at_once));
}

TEST_CASE("another seed gives other weights", "[trainer][torch]") {
  LoopConfig other = loop_config;
  other.seed = 6;
  BaseRun one, two(Prediction::v, other);
  one.loop.run_to(2);
  two.loop.run_to(2);
  CHECK(!equal(one.loop.weights(), two.loop.weights()));
}

TEST_CASE("a checkpoint of another run is refused", "[trainer][torch]") {
  const std::string file = checkpoint("other", 1);
  BaseRun run;
  CHECK_THROWS_AS(run.loop.resume(file, "another identity"), ConfigError);
  CHECK_THROWS_WITH(run.loop.resume(file, "another identity"), Contains(file) && Contains("of another run"));
  CHECK(run.loop.iteration() == 0);
  CHECK(!run.loop.resume(toy::temporary("none"), "identity"));
}

TEST_CASE("a damaged checkpoint is refused and changes nothing, on disk or in memory", "[trainer][torch]") {
  const std::string file = checkpoint("damaged", 1);
  SECTION("truncated") { std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5); }
  SECTION("of another network") {
    TensorFile content = load_tensors(file);
    content.tensors["weights." + BaseRun().loop.weights().rbegin()->first] = at::zeros({1, 2, 3});
    save_tensors(file, content);
  }
  SECTION("without the optimizer") {
    TensorFile content = load_tensors(file);
    content.tensors.erase("steps");
    save_tensors(file, content);
  }
  const std::string before = toy::bytes_of(file);
  BaseRun run, fresh;
  CHECK_THROWS_AS(run.loop.resume(file, "identity"), FileError);
  CHECK_THROWS_WITH(run.loop.resume(file, "identity"), Contains(file));
  CHECK(toy::bytes_of(file) == before);
  CHECK(run.loop.iteration() == 0);
  CHECK(equal(run.loop.weights(), fresh.loop.weights()));
  CHECK(equal(run.loop.ema(), fresh.loop.ema()));
}

TEST_CASE("a disk that fills keeps the checkpoint that was there, and no part of the new one", "[trainer][torch]") {
  const std::string file = checkpoint("full_disk", 2), before = toy::bytes_of(file);
  BaseRun run;
  REQUIRE(run.loop.resume(file, "identity"));
  run.loop.run_to(3);
  {
    const FullDisk full(before.size() / 2);
    CHECK_THROWS_WITH(run.loop.save(file, "identity"), Contains(file) && Contains("File too large"));
  }
  CHECK(toy::bytes_of(file) == before);
  const std::filesystem::path path = file;
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path()))
    CHECK(!entry.path().filename().string().starts_with(path.filename().string() + ".tmp"));
}

TEST_CASE("a state that is not finite is not saved over the checkpoint that was there", "[trainer][torch]") {
  const std::string file = checkpoint("not_finite", 2), before = toy::bytes_of(file);
  BaseRun run;
  REQUIRE(run.loop.resume(file, "identity"));
  run.loop.run_to(3);
  run.loop.ema().begin()->second.fill_(INFINITY);
  CHECK_THROWS_WITH(run.loop.save(file, "identity"),
                    Contains("iteration 3") && Contains("ema." + run.loop.ema().begin()->first));
  CHECK(toy::bytes_of(file) == before);
}

TEST_CASE("an adversary's loss is told in the iterations in which it took a step", "[trainer][torch]") {
  class Pair final : public Stage {
   public:
    TensorMap weights() const override { return own_.weights(); }
    Batch batch(const Turn& turn) override { return own_.batch(turn); }
    Tensor loss_of(const Batch& batch, const Observer& observer) override { return own_.loss_of(batch, observer); }
    std::optional<Adversary> adversary() override { return Adversary{.stage = &other_, .optimizer = {}, .every = 2}; }

   private:
    static Tensor sum(const Tensor& w, int64_t) { return w.sum(); }
    toy::OneWeight own_{sum}, other_{sum};
  };
  Pair stage;
  Loop loop(stage, loop_config, optimizer_config);
  std::vector<bool> told;
  loop.run_to(4, [&](const StepReport& report) { told.push_back(std::isfinite(report.adversary_loss)); });
  CHECK(told == std::vector<bool>{true, false, true, false});
}

TEST_CASE("a weight that is not finite stops the run at the first block it reaches", "[trainer][torch]") {
  BaseRun run;
  run.loop.run_to(2);
  const std::string path = "up2.0.conv";
  for (auto& item : run.stage.unet().named_parameters())
    if (item.key().starts_with(path)) item.value().detach().fill_(NAN);
  CHECK_THROWS_WITH(run.loop.run_to(6),
                    Contains("iteration 2") && Contains("loss is not finite") && Contains("first at " + path));
  CHECK(run.loop.iteration() == 2);
}

TEST_CASE("a gradient that is not finite stops the run with the weights of the last good step", "[trainer][torch]") {
  toy::OneWeight stage(
      [](const Tensor& w, int64_t iteration) { return iteration < 3 ? w.sum() : (w * 0).sqrt().sum(); });
  Loop loop(stage, loop_config, optimizer_config);
  loop.run_to(3);
  const Tensor before = loop.weights().at("w").detach().clone();
  CHECK_THROWS_WITH(loop.run_to(6),
                    Contains("iteration 3") && Contains("gradient is not finite") && Contains("first at w"));
  CHECK(at::equal(loop.weights().at("w"), before));
  CHECK(loop.iteration() == 3);
}

TEST_CASE("each epoch visits every example once, in an order of its own", "[trainer]") {
  const int64_t count = 10, batch = 4;
  Batches batches(count, batch, /*seed=*/3);
  std::vector<int64_t> visited;
  for (int64_t iteration = 0; iteration < 10; ++iteration) {
    const Tensor chosen = batches.at(iteration);
    REQUIRE(chosen.size(0) == batch);
    visited.insert(visited.end(), chosen.const_data_ptr<int64_t>(), chosen.const_data_ptr<int64_t>() + batch);
  }
  std::set<std::vector<int64_t>> orders;
  for (size_t epoch = 0; epoch < 4; ++epoch) {
    std::vector<int64_t> order(visited.begin() + int64_t(epoch) * count, visited.begin() + int64_t(epoch + 1) * count);
    orders.insert(order);
    std::sort(order.begin(), order.end());
    std::vector<int64_t> all(10);
    std::iota(all.begin(), all.end(), 0);
    CHECK(order == all);
  }
  CHECK(orders.size() == 4);
  CHECK(Batches(3, 7, /*seed=*/0).at(0).size(0) == 7);                       // a batch may span epochs
  CHECK(at::equal(batches.at(2), Batches(count, batch, /*seed=*/3).at(2)));  // independent of earlier calls
}

TEST_CASE("a sample of rows comes from all of them, each at most once, and follows its seed", "[trainer]") {
  const Tensor rows = sampled_rows(/*count=*/1000, /*most=*/100, /*seed=*/1);
  REQUIRE(rows.numel() == 100);
  CHECK(std::get<0>(at::_unique(rows)).numel() == 100);
  CHECK(rows.min().item<int64_t>() < 200);
  CHECK(rows.max().item<int64_t>() >= 800);
  CHECK(at::equal(rows, sampled_rows(1000, 100, 1)));
  CHECK(!at::equal(rows, sampled_rows(1000, 100, 2)));
  CHECK(sampled_rows(3, 100, 1).numel() == 3);
}

TEST_CASE("randomness depends on seed, iteration and purpose alone", "[trainer]") {
  const auto draw = [](uint64_t seed, int64_t iteration, uint64_t purpose) {
    return at::randn({4}, generator_for(seed, iteration, purpose));
  };
  CHECK(at::equal(draw(1, 2, 3), draw(1, 2, 3)));
  for (const Tensor& other : {draw(2, 2, 3), draw(1, 3, 3), draw(1, 2, 4), draw(2, 1, 3)})
    CHECK(!at::equal(draw(1, 2, 3), other));
  CHECK(generator_for(1, 2, 3).current_seed() == 0xd0734750fde362b3);  // must not change: trainings depend on it
}
