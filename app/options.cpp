#include "app/options.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <iostream>
#include <thread>

#include "spec/error.h"

namespace mds {

bool parse(const CommandLine& line, int argc, char** argv, po::variables_map& values) {
  po::options_description all;
  all.add(line.options);
  all.add_options()("help,h", "print this help");
  po::positional_options_description positions;
  for (size_t i = 0; i < line.positional.size(); ++i) positions.add(line.positional[i].c_str(), i + 1 == line.positional.size() ? -1 : 1);
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), values);
    if (values.count("help")) {
      std::cout << "usage: " << line.usage << "\n\n" << all << "\nexample: " << line.example << "\n";
      return false;
    }
    po::notify(values);
  } catch (const po::error& error) {
    throw UsageError(std::string(error.what()) + "; usage: " + line.usage);
  }
  return true;
}

void add_compute_options(po::options_description& options, ComputeOptions& compute) {
  options.add_options()("seed", po::value(&compute.seed)->default_value(compute.seed), "of everything drawn at random")(
      "threads", po::value(&compute.threads)->default_value(compute.threads), "CPU threads; 0: all cores")(
      "device", po::value(&compute.device)->default_value(compute.device), "cpu");
}

void apply(const ComputeOptions& compute) {
  if (compute.threads < 0 || compute.threads > 1024)
    throw UsageError("--threads is " + std::to_string(compute.threads) + "; allowed: 0 to 1024");
  if (compute.device != "cpu") throw UsageError("--device is \"" + compute.device + "\"; allowed: cpu");
  at::set_num_threads(compute.threads > 0 ? compute.threads : int(std::thread::hardware_concurrency()));
}

}  // namespace mds
