// The cost of a training, compared with numbers computed by hand.
#include "trainer/train_plan.h"

#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

// One convolution 3 x 3 from 4 to 8 channels on 16 x 16: 296 weights, 73,728 MACs, 2,048 outputs.
PlannedNetwork convolution() {
  PlanSink sink;
  sink.plan.input = Shape::map(4, 16, 16);
  sink.step({"conv"}, SingleConvolution{8, 3}, Site{.in = sink.plan.input}, Link::none);
  return {.name = "one", .plan = std::move(sink.plan)};
}

PlannedTraining training(std::vector<PlannedNetwork> networks) {
  return {.networks = std::move(networks), .iterations = 10, .batch = 32, .examples_a_pass = 8};
}

}  // namespace

TEST_CASE("the plan of one convolution is what the hand counts", "[trainer]") {
  const TrainCost c = cost(training({convolution()}));
  CHECK(c.trained_params == 4 * 8 * 9 + 8);
  CHECK(c.frozen_params == 0);
  CHECK(c.examples == 320);
  CHECK(c.macs_an_example == 3 * 73728.0);
  CHECK(c.macs == 320 * 3 * 73728.0);
  CHECK(c.memory.weights == 4 * 296);
  CHECK(c.memory.gradients == 4 * 296);
  CHECK(c.memory.average == 4 * 296);
  CHECK(c.memory.moments == 8 * 296);
  CHECK(c.memory.activations == 8 * 2048 * 4);
  CHECK(c.memory.total() == 20 * 296 + 8 * 2048 * 4);
}

TEST_CASE("the paper's network takes 7.73 GB of weights and their company before activations", "[trainer]") {
  UNetSpec unet = load_unet("mobilediffusion");
  unet.size = 32;
  PlannedTraining paper = training({{.name = "unet", .plan = make_plan(unet)}});
  paper.iterations = 750000;
  paper.batch = 4096;
  const TrainCost c = cost(paper);
  CHECK(c.trained_params == 386687048);
  CHECK(c.memory.weights == 1546748192);
  CHECK(c.memory.total() - c.memory.activations == int64_t(20) * 386687048);
  CHECK(c.examples == 3072000000);
  CHECK(c.macs == Approx(3.0 * 3.072e9 * double(cost(make_plan(unet)).macs)).epsilon(1e-12));
}

TEST_CASE("checkpointed activations cost a forward pass more and keep the steps' outputs", "[trainer]") {
  PlannedTraining with = training({{.name = "unet", .plan = make_plan(load_unet("mobilediffusion"))}});
  const TrainCost kept = cost(with);
  with.checkpoint_activations = true;
  const TrainCost again = cost(with);
  CHECK(again.macs == Approx(kept.macs * 4 / 3).epsilon(1e-12));
  CHECK(again.memory.activations < kept.memory.activations / 3);
  CHECK(again.memory.total() - again.memory.activations == kept.memory.total() - kept.memory.activations);
}

TEST_CASE("relu attention keeps its scores, heads x queries x keys", "[trainer]") {
  UNetSpec softmax = load_unet("mobilediffusion"), relu = softmax;
  for (auto& level : relu.levels) level.stack.attention = AttentionFunction::relu;
  int64_t scores = 0;
  for (const auto& step : make_plan(relu).steps)
    for (const auto& layer : layers(step.block, step.site))
      if (const auto* op = std::get_if<AttentionOp>(&layer.op)) scores += op->heads * layer.in.height * op->keys.height;
  CHECK(scores > 0);
  CHECK(activation_count(make_plan(relu), false) == activation_count(make_plan(softmax), false) + scores);
}

TEST_CASE("a frozen network costs its forward passes and its weights alone", "[trainer]") {
  PlannedNetwork teacher = convolution();
  teacher.trained = false;
  teacher.passes = {.plain = 2};
  const TrainCost alone = cost(training({convolution()})), both = cost(training({convolution(), teacher}));
  CHECK(both.frozen_params == 296);
  CHECK(both.macs_an_example == alone.macs_an_example + 2 * 73728);
  CHECK(both.memory.total() == alone.memory.total() + 4 * 296);
}

TEST_CASE("devices share a batch, and no pass is larger than a device's share", "[trainer]") {
  PlannedTraining shared = training({convolution()});
  shared.devices = 8;
  CHECK(cost(shared).examples_a_pass == 4);
  shared.devices = 3;
  CHECK(cost(shared).examples_a_pass == 8);
  shared.devices = 5;
  CHECK(cost(shared).examples_a_pass == 7);
}

TEST_CASE("an iteration takes what follows from images a second, or from TFLOP/s at two a MAC", "[trainer]") {
  PlannedTraining shared = training({convolution()});
  shared.devices = 2;
  CHECK(iteration_time(shared, {.rate = 10}, {})->total_s() == Approx(1.6));
  const double macs = 3 * 73728.0 * 32 / 2;  // of each device
  CHECK(iteration_time(shared, {.tflops = 1e-6}, {})->total_s() == Approx(2 * macs / 1e6));
  CHECK_FALSE(iteration_time(shared, {}, {}));
}

TEST_CASE("what devices send hides behind the backward pass as far as they overlap", "[trainer]") {
  PlannedTraining shared = training({convolution()});
  shared.devices = 4;  // 8 examples each
  CHECK(sent_bytes(shared) == 2 * 0.75 * 4 * 296);
  const DeviceSpeed speed{.rate = 4};
  const double gb_s = 1e-9 * sent_bytes(shared) / 3;  // 3 s
  const auto time = [&](double overlap) { return iteration_time(shared, speed, {gb_s, overlap}); };
  CHECK(time(0)->compute_s == Approx(2));
  CHECK(time(0)->communication_s == Approx(3));
  CHECK(time(0)->total_s() == Approx(5));
  CHECK(time(1)->total_s() == Approx(2 + 3 - 4.0 / 3));
  CHECK(iteration_time(shared, speed, {})->total_s() == Approx(2));
  CHECK_FALSE(iteration_time(shared, {}, {}));
}

TEST_CASE("a sharded optimizer divides average and moments and sends half as much again", "[trainer]") {
  PlannedTraining shared = training({convolution()});
  shared.devices = 8;
  const double sent = sent_bytes(shared);
  shared.shard_optimizer = true;
  const TrainMemory memory = cost(shared).memory;
  CHECK(memory.weights == 4 * 296);
  CHECK(memory.gradients == 4 * 296);
  CHECK(memory.average == 4 * 296 / 8);
  CHECK(memory.moments == 8 * 296 / 8);
  CHECK(sent_bytes(shared) == Approx(1.5 * sent));
}
