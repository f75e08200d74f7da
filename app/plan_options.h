// The flags that go with --plan, for commands that train.
#pragma once

#include "app/options.h"

namespace mds {

// --devices: what the work is shared by. --tflops: their speed.
void add_plan_options(po::options_description& options, int64_t* devices, double* tflops);

// UsageError for one of these flags without --plan, and for a speed of 0; a speed that was not given is 0.
void check_plan_options(const po::variables_map& values, bool plan,
                        const std::vector<std::string>& speeds = {"tflops"});

}  // namespace mds
