// Our side of tests/parity/forward_time.py: `forward_time FOLDER` loads the network that the folder describes by
// case.json ("network", "weights", "dtype", "kernels", "threads") and inputs.safetensors, and writes the last output of
// a pass. Then it reads numbers of passes and answers each with a line of JSON: the seconds of each pass. As in a
// drawing, what the first pass computes of the text alone serves all that follow.
#include <ATen/Parallel.h>
#include <torch/types.h>

#include <chrono>
#include <iostream>

#include "networks/network_file.h"
#include "pipeline/network_io.h"
#include "profiler/memory.h"
#include "spec/freed_memory.h"

using namespace mds;

namespace {

struct Case {
  std::string network, weights;
  Precision dtype = Precision::fp32;
  Kernels kernels = Kernels::prepared;
  int64_t threads = 1;

  static void describe(auto& self, auto&& field) {
    field("network", self.network, "shipped architecture");
    field("weights", self.weights, "safetensors, under our names");
    field("dtype", self.dtype, "of weights and computation");
    field("kernels", self.kernels, "library or prepared");
    field("threads", self.threads, "of LibTorch", at_least(1));
  }
};

NetworkPtr loaded(const NetworkSpec& spec, const Case& of) {
  const NetworkPtr network = make_network(make_plan(spec), {.dtype = of.dtype});
  adopt_weights(*network, load_tensors(of.weights).tensors, of.weights);
  network->prepare(of.kernels);
  return network;
}

double seconds_of(const std::function<void()>& pass) {
  const auto start = std::chrono::steady_clock::now();
  pass();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  keep_freed_memory();
  torch::NoGradGuard no_grad;
  const std::string folder = std::string(argv[1]) + "/";
  const auto of = load_described<Case>(folder + "case.json");
  at::set_num_threads(int(of.threads));
  const TensorMap tensors = load_tensors(folder + "inputs.safetensors").tensors;
  const NetworkSpec spec = sized_for(load_network(of.network), tensors);
  const NetworkPtr network = loaded(spec, of);
  NetworkBatch batch(inputs_from(tensors, spec, folder + "inputs.safetensors"));
  batch.text_products = std::make_shared<TextProducts>();
  const auto pass = [&] { return run_network(*network, spec, batch); };
  save_tensors(folder + "outputs-" + std::string(name_of(of.kernels)) + ".safetensors",
               {.tensors = {{outputs_of(network->plan()).back(), pass().back().to(at::kFloat)}}, .metadata = {}});
  std::cout << "ready" << std::endl;
  for (int64_t passes; std::cin >> passes;) {
    Json seconds = Json::array();
    for (int64_t i = 0; i < passes; ++i) seconds.push_back(seconds_of(pass));
    std::cout << Json{{"seconds", seconds}, {"peak_mb", peak_resident_bytes().value_or(0) >> 20}}.dump() << std::endl;
  }
}
