// Activation checkpointing and bfloat16 in training: equal gradients with less memory, and weights in full precision.
#include <ATen/ATen.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/types.h>

#include "tests/catch.h"
#include "tests/trainer/toy.h"
#include "trainer/autoencoder.h"
#include "trainer/relu.h"
#include "trainer/train_plan.h"
#include "trainer/ufogen.h"

using namespace mds;

namespace {

LoopConfig config_of(bool checkpointed, TrainingPrecision dtype = TrainingPrecision::fp32) {
  return {.batch = 4, .seed = 3, .dtype = dtype, .micro_batch = 2, .checkpoint_activations = checkpointed};
}

// Checks that stages built by `make` have equal gradients with and without checkpointed activations.
void check_same(const std::function<std::unique_ptr<Stage>(const LoopConfig&)>& make,
                TrainingPrecision dtype = TrainingPrecision::fp32) {
  const LoopConfig keeps = config_of(false, dtype), checkpoints = config_of(true, dtype);
  const auto kept = make(keeps), again = make(checkpoints);
  CHECK(at::equal(toy::gradients_of(*kept, keeps), toy::gradients_of(*again, checkpoints)));
  if (!kept->adversary()) return;
  Stage &one = *kept->adversary()->stage, &other = *again->adversary()->stage;
  CHECK(at::equal(toy::gradients_of(one, keeps), toy::gradients_of(other, checkpoints)));
}

// Counts the bytes of tensors on this thread, now and at most, relative to the start.
class Bytes final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t size, size_t, size_t, c10::Device) override {
    now_ += size;
    peak_ = std::max(peak_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }
  int64_t now() const { return now_; }

 private:
  int64_t now_ = 0, peak_ = 0;
};

int64_t peak_bytes(const std::function<void()>& work) {
  const auto bytes = std::make_shared<Bytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
  work();
  return bytes->peak();
}

// Blocks of four levels, on maps that are large compared with the weights.
UNetSpec deep() {
  UNetSpec unet = toy::unet();
  unet.size = 32;
  unet.levels = {LevelSpec{.width = 8, .down = {1, 1, 1}, .up = {1, 1, 1, 1}, .stack = {.head_width = 4}},
                 LevelSpec{.width = 16, .down = {0, 0, 0}, .up = {0, 0, 0, 0}, .conv = ConvKind::separable}};
  return unet;
}

LatentSet large_latents() {
  LatentSet set = toy::latents();
  set.moments = at::upsample_nearest2d(set.moments.to(at::kFloat), {32, 32}).to(at::kHalf);
  return set;
}

}  // namespace

TEST_CASE("every stage has the same gradients bit for bit where activations are checkpointed", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  SECTION("base") {
    const TrainingPrecision dtype = GENERATE(TrainingPrecision::fp32, TrainingPrecision::bf16);
    check_same(
        [&](const LoopConfig& loop) { return std::make_unique<BaseStage>(toy::unet(), BaseConfig{}, loop, set); },
        dtype);
  }
  SECTION("relu, whose gains are weights beside the network's") {
    ReluConfig config;
    config.start = toy::model("activations_softmax");
    check_same([&](const LoopConfig& loop) { return std::make_unique<ReluStage>(config, loop, set); });
  }
  SECTION("one step, through a discriminator") {
    UfogenConfig config;
    config.start = toy::model("activations_generator");
    config.adversary.discriminator = GENERATE(DiscriminatorKind::unet, DiscriminatorKind::heads);
    check_same([&](const LoopConfig& loop) { return std::make_unique<UfogenStage>(config, loop, set); });
  }
}

TEST_CASE("checkpointed activations take less than half the memory of a deep UNet's step", "[trainer][torch]") {
  const LatentSet set = large_latents();
  const auto peak = [&](bool checkpointed) {
    LoopConfig loop = config_of(checkpointed);
    BaseStage stage(deep(), {}, loop, set);
    return peak_bytes([&] { toy::gradients_of(stage, loop); });
  };
  const int64_t kept = peak(false), again = peak(true);
  INFO(kept << " bytes kept, " << again << " checkpointed");
  CHECK(again < kept / 2);
}

TEST_CASE("the plan's estimate is of the size of what a forward pass keeps", "[trainer][torch]") {
  const LatentSet set = large_latents();
  const LoopConfig loop = config_of(/*checkpointed=*/false);
  BaseStage stage(deep(), {}, loop, set);
  const LatentBatch batch = stage.draw({0, generator_for(1, 0)});
  const auto bytes = std::make_shared<Bytes>();
  Tensor loss;
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, bytes);
    loss = stage.loss(batch, {});
  }
  const int64_t estimate = loop.batch * 4 * activation_count(stage.unet().plan(), /*checkpointed=*/false);
  INFO(estimate << " bytes estimated, " << bytes->now() << " kept");
  CHECK(estimate > 0.67 * double(bytes->now()));
  CHECK(estimate < 1.5 * double(bytes->now()));
}

TEST_CASE("in bfloat16 weights, moments and average stay in float32 and move by less than bfloat16 resolves",
          "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig loop{.iterations = 3, .batch = 4, .seed = 3, .dtype = TrainingPrecision::bf16};
  BaseStage stage(toy::unet(), {}, loop, set);
  const Tensor weight = stage.weights().at("conv_in.weight"), before = weight.detach().clone();
  Loop training(stage, loop, {.lr = 1e-6, .warmup = 0, .weight_decay = 0});
  training.run_to(3);
  const std::string file = toy::temporary("bf16");
  training.save(file, "identity");
  for (const auto& [name, tensor] : load_tensors(file).tensors)
    if (name != "steps") CHECK(tensor.scalar_type() == at::kFloat);
  CHECK(weight.grad().scalar_type() == at::kFloat);
  const auto moved = [&](const Tensor& now, at::ScalarType type) {
    return (now.to(type) != before.to(type)).to(at::kFloat).mean().item<double>();
  };
  CHECK(moved(weight, at::kFloat) > 0.9);
  CHECK(moved(training.ema().at("conv_in.weight"), at::kFloat) > 0.9);
  CHECK(moved(weight, at::kBFloat16) < 0.1);
}

TEST_CASE("bfloat16 is what the forward pass computes in", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string folder = toy::model("bf16_start");
  const auto gradients = [&](TrainingPrecision dtype) {
    LoopConfig loop = config_of(false, dtype);
    BaseStage stage(open_predecessor(folder, set).unet(), {}, loop, set);
    return toy::gradients_of(stage, loop);
  };
  const Tensor full = gradients(TrainingPrecision::fp32), half = gradients(TrainingPrecision::bf16);
  const double error = ((half - full).norm() / full.norm()).item<double>();
  CHECK(error > 1e-3);  // bfloat16 has 8 bits
  CHECK(error < 1e-1);
}
