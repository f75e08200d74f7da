#include "experiments/timing/fresh_process.h"

#include <ATen/Parallel.h>

#include <map>

#include "experiments/subprocess.h"

namespace mds {
namespace {

using Arguments = std::vector<std::string>;

RawProfile measure_apart(const Arguments& subject, const ProfileOptions& options, int64_t process) {
  Arguments arguments{"profile"};
  arguments.insert(arguments.end(), subject.begin(), subject.end());
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"mode", std::string(name_of(options.mode))},
                                          {"dtype", std::string(name_of(options.dtype))},
                                          {"kernels", std::string(name_of(options.kernels))},
                                          {"device", options.device},
                                          {"batch", std::to_string(options.batch)},
                                          {"threads", std::to_string(at::get_num_threads())},
                                          {"seed", std::to_string(options.seed + uint64_t(process))}})
    arguments.push_back("--" + name + "=" + value);
  arguments.push_back("--raw");
  return from_json<RawProfile>(Json::parse(run_self(arguments)), "process " + std::to_string(process));
}

Arguments size_arguments(Extent pixels) {
  Arguments arguments;
  for (const auto& [name, side] : {std::pair{"--width", pixels.width}, std::pair{"--height", pixels.height}})
    if (side > 0) arguments.insert(arguments.end(), {name, std::to_string(side)});
  return arguments;
}

}  // namespace

MeasureNetwork networks_apart(const std::string& database, const ProfileOptions& options, Extent pixels) {
  return [=](const ApartRun& run) {
    Arguments subject = size_arguments(pixels);
    subject.insert(subject.end(), {run.network, "--db", database});
    if (run.blocks) subject.push_back("--blocks");
    return measure_apart(subject, options, run.round);
  };
}

MeasureApart network_apart(const ProfileRequest& request) {
  return [network = request.subject, blocks = request.options.blocks,
          measure = networks_apart(request.database, request.options, request.pixels)](int64_t i) {
    return measure({network, blocks, i});
  };
}

MeasureApart model_apart(const ProfileRequest& request) {
  Arguments subject = size_arguments(request.pixels);
  subject.insert(subject.end(), {"--model", request.subject});
  for (const auto& [name, value] : request.sampler) subject.push_back("--" + name + "=" + value);
  return [subject, options = request.options](int64_t i) { return measure_apart(subject, options, i); };
}

MeasureBlocks blocks_apart(const ProfileOptions& options) {
  return [options](const std::string& blocks, int64_t i) { return measure_apart({"--block", blocks}, options, i); };
}

}  // namespace mds
