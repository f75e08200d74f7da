#include "app/profile_process.h"

#include <ATen/Parallel.h>

#include "experiments/subprocess.h"

namespace mds {

RawProfile measure_apart(const std::vector<std::string>& subject, const ProfileOptions& options, int64_t process) {
  std::vector<std::string> arguments{"profile"};
  arguments.insert(arguments.end(), subject.begin(), subject.end());
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"mode", std::string(name_of(options.mode))},
                                          {"dtype", std::string(name_of(options.dtype))},
                                          {"kernels", std::string(name_of(options.kernels))},
                                          {"batch", std::to_string(options.batch)},
                                          {"threads", std::to_string(at::get_num_threads())},
                                          {"seed", std::to_string(options.seed + uint64_t(process))}})
    arguments.push_back("--" + name + "=" + value);
  arguments.push_back("--raw");
  return from_json<RawProfile>(Json::parse(run_self(arguments)), "process " + std::to_string(process));
}

}  // namespace mds
