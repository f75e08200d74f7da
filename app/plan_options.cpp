#include "app/plan_options.h"

namespace mds {

void add_plan_options(po::options_description& options, int64_t* devices, double* tflops) {
  options.add_options()("devices", number(devices, between(1, 1e6)), "With --plan: how many devices share the work")(
      "tflops", number(tflops, between(1e-9, 1e12), "not known"),
      "With --plan: sustained TFLOP/s of each device, 2 FLOP a multiply-accumulate, from which days follow");
}

void check_plan_options(const po::variables_map& values, bool plan, const std::vector<std::string>& speeds) {
  const auto given = [&](const std::string& flag) { return !values[flag].defaulted(); };
  if (!plan && given("devices")) throw UsageError("--devices goes with --plan");
  for (const auto& flag : speeds) {
    if (!plan && given(flag)) throw UsageError("--" + flag + " goes with --plan");
    if (given(flag) && values[flag].as<double>() <= 0) throw UsageError("--" + flag + " is 0; allowed: more than 0");
  }
}

}  // namespace mds
