#include "experiments/evaluation/request.h"

#include "experiments/evaluation/evaluate_model.h"

namespace mds {

std::vector<std::string> inputs_of(const EvaluationRequest& request) {
  std::vector<std::string> inputs{request.images, request.reference, request.prompts};
  for (const auto& folder : model_folders(request.models)) inputs.push_back(folder);
  for (const auto& [network, file] : parse_weight_files("`weights`", request.weights)) inputs.push_back(file);
  return inputs;
}

MeasureOptions measure_options(const EvaluationRequest& request) {
  MeasureOptions result{.metrics = find_metrics(request.metrics),
                        .reference = request.reference,
                        .split = request.split,
                        .cache = request.cache,
                        .placement = request.placement.with_fp32(),
                        .batch = request.batch,
                        .size = request.size,
                        .score = {.replicates = request.replicates, .seed = request.seed},
                        .subsets = request.subsets};
  result.weights = parse_weight_files("`weights`", request.weights);
  return result;
}

}  // namespace mds
