// Our side of tests/parity/train_step.py: `train_step FOLDER` trains a base stage that the folder describes by
// case.json ("unet", "width_divisor", "threads", "device", "loop", "optimizer"), weights.safetensors, and
// data.safetensors ("moments", "text", "empty_text", as cached latents). It writes the batch, loss and gradients of the
// first iteration. Then it reads numbers of iterations and answers each with a line of JSON. Several processes with
// torchrun's environment variables train together; the first one writes.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdlib>
#include <ctime>
#include <iostream>

#include "spec/freed_memory.h"
#include "trainer/base.h"

using namespace mds;

namespace {

struct Case {
  std::string unet = "mobilediffusion";
  int64_t width_divisor = 8;
  int64_t threads = 1;
  std::string device = "cpu";
  LoopConfig loop;
  OptimizerConfig optimizer;

  static void describe(auto& self, auto&& field) {
    field("unet", self.unet, "shipped architecture");
    field("width_divisor", self.width_divisor, "every width over this", at_least(1));
    field("threads", self.threads, "of LibTorch", at_least(1));
    field("device", self.device, "cpu or cuda");
    field("loop", self.loop, "loop");
    field("optimizer", self.optimizer, "optimizer");
  }
};

LatentSet latents_of(const TensorMap& data) {
  const Tensor& moments = data.at("moments");
  const std::vector<double> zeros(size_t(moments.size(1) / 2), 0.0), ones(zeros.size(), 1.0);
  LatentSet latents;
  latents.moments = moments;
  latents.text = data.at("text");
  latents.empty_text = data.at("empty_text");
  latents.held_out = at::zeros({moments.size(0)}, at::kBool);
  latents.scale = {.mean = zeros, .std = ones};
  return latents;
}

// Saves the gradients after one step of the loop that neither clips nor changes the weights.
void save_gradients(BaseStage& stage, const Case& of, const std::string& file) {
  Loop loop(stage, of.loop, {.lr = 0, .clip = 0});
  TensorMap found;
  loop.run_to(1, [&](const StepReport& report) { found["loss"] = at::scalar_tensor(report.loss, at::kDouble); });
  for (const auto& [name, weight] : loop.weights()) found["gradient." + name] = weight.grad();
  if (leads(of.loop.ranks)) save_tensors(file, {.tensors = found, .metadata = {}});
}

// Seconds of each part of each iteration, and the processor time of all threads for all iterations.
Json timed(Loop& loop, int64_t iterations) {
  Json forward = Json::array(), backward = Json::array(), update = Json::array();
  const std::clock_t before = std::clock();
  loop.run_to(loop.iteration() + iterations, [&](const StepReport& report) {
    forward.push_back(report.times.data_s + report.times.forward_s);
    backward.push_back(report.times.backward_s);
    update.push_back(report.times.update_s);
  });
  const double cpu_s = double(std::clock() - before) / CLOCKS_PER_SEC;
  return {{"forward", forward}, {"backward", backward}, {"update", update}, {"cpu", cpu_s}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  keep_freed_memory();
  const std::string folder = std::string(argv[1]) + "/";
  auto of = load_described<Case>(folder + "case.json");
  at::set_num_threads(int(of.threads));
  LoopConfig& loop_config = of.loop;
  loop_config.placement.device = at::Device(of.device);
  if (const auto address = rank_address([](const char* name) { return std::getenv(name); }))
    loop_config.ranks = join_ranks(*address, loop_config.placement.device);
  const LatentSet latents = latents_of(load_tensors(folder + "data.safetensors").tensors);
  const NetworkPtr unet =
      make_network(make_plan(proxy_of(load_unet(of.unet), of.width_divisor, latents)), loop_config.placement);
  load_weights(*unet, load_tensors(folder + "weights.safetensors").tensors, folder + "weights.safetensors");
  BaseStage stage(unet, {}, loop_config, latents);
  TensorMap tensors;
  stage.batch({0, generator_for(of.loop.seed, /*iteration=*/0)}).for_each([&](const char* name, Tensor& tensor) {
    tensors[name] = tensor;
  });
  if (leads(loop_config.ranks)) save_tensors(folder + "batch.safetensors", {.tensors = tensors, .metadata = {}});
  save_gradients(stage, of, folder + "gradients.safetensors");
  Loop loop(stage, loop_config, of.optimizer);
  std::cout << "ready" << std::endl;
  for (int64_t iterations; std::cin >> iterations;) std::cout << timed(loop, iterations).dump() << std::endl;
}
