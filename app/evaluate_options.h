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

// The request that the options make. UsageError where they contradict each other.
EvaluationRequest checked_request(const EvaluateOptions& options);

}  // namespace mds
