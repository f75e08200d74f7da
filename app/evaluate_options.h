// The options of `mdsearch evaluate`.
#pragma once

#include "app/compute_options.h"
#include "app/size_options.h"
#include "experiments/evaluation/request.h"

namespace mds {

struct EvaluateOptions {
  EvaluationRequest request;
  std::string format, precision;
  SizeOptions drawn;  // of drawn pictures
  ComputeOptions compute;
};

CommandLine evaluate_command_line(EvaluateOptions& options);

}  // namespace mds
