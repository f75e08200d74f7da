#include "app/options.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include <iostream>
#include <thread>

#include "networks/network.h"
#include "spec/error.h"

namespace mds {

bool parse(const CommandLine& line, int argc, char** argv, po::variables_map& values) {
  po::options_description all;
  all.add(line.options);
  all.add_options()("help,h", "print this help");
  po::positional_options_description positions;
  for (size_t i = 0; i < line.positional.size(); ++i)
    positions.add(line.positional[i].c_str(), i + 1 == line.positional.size() ? -1 : 1);
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), values);
    if (values.count("help")) {
      std::cout << "usage: " << line.usage << "\n\n"
                << all << (line.notes.empty() ? "" : "\n" + line.notes + "\n") << "\nexample: " << line.example << "\n";
      return false;
    }
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(std::string(error.what()) + "; usage: " + line.usage);
  }
  return true;
}

namespace {

// "cpu", "cuda" (the first one) or "cuda:N".
at::Device device_of(const std::string& name) {
  const int64_t count = torch::cuda::device_count();
  if (name == "cpu") return at::kCPU;
  for (int64_t i = 0; i < count; ++i)
    if (name == "cuda:" + std::to_string(i) || (name == "cuda" && i == 0)) return {at::kCUDA, at::DeviceIndex(i)};
  throw UsageError("--device is \"" + name + "\"; allowed: cpu" +
                   (count > 0 ? ", cuda, cuda:0 to cuda:" + std::to_string(count - 1)
                              : "; this LibTorch finds no CUDA device here"));
}

}  // namespace

void add_compute_options(po::options_description& options, ComputeOptions& compute) {
  options.add_options()("seed", po::value<int64_t>()->default_value(int64_t(compute.seed))->notifier([&](int64_t seed) {
    require_within("--seed", seed, at_least(0));
    compute.seed = uint64_t(seed);
  }),
                        "of everything drawn at random")(
      "threads", po::value(&compute.threads)->default_value(compute.threads), "CPU threads; 0: all cores")(
      "device", po::value(&compute.device)->default_value(compute.device), "cpu, cuda or cuda:N");
}

void apply(const ComputeOptions& compute) {
  require_within("--threads", compute.threads, between(0, 1024));
  set_compute_device(device_of(compute.device));
  at::set_num_threads(compute.threads > 0 ? compute.threads : int(std::thread::hardware_concurrency()));
}

}  // namespace mds
