// The options of `mdsearch evaluate`.
#pragma once

#include "app/size_options.h"
#include "metrics/measure.h"

namespace mds {

struct EvaluateOptions {
  std::string images, reference, split, save_reference, metrics, prompts, out, sheet, db, format, precision, cache;
  std::vector<std::string> models, weights;
  int64_t size = 0, captions = 0, batch = 32, replicates = 200, seeds = 1, repeats = 1, sheet_rows = 6;
  bool overwrite = false;  // also replace drawn pictures that were made differently
  SubsetSizes subsets;
  GivenFields sampler;
  SizeOptions drawn;  // of drawn pictures
  ComputeOptions compute;

  bool reconstructs() const { return !models.empty() && prompts.empty(); }  // autoencoders, not models that draw
};

CommandLine evaluate_command_line(EvaluateOptions& options);

// UsageError where options contradict each other.
void check(const EvaluateOptions& options);

// Files and folders that are read, and must not be written to.
std::vector<std::string> inputs_of(const EvaluateOptions& options);

MeasureOptions measure_options(const EvaluateOptions& options);

}  // namespace mds
