#include "experiments/evaluation/request.h"

#include "experiments/evaluation/evaluate_model.h"
#include "experiments/picture_file.h"

namespace mds {

std::vector<std::string> inputs_of(const EvaluationRequest& request) {
  std::vector<std::string> inputs{request.images, request.reference, request.prompts};
  for (const auto& folder : model_folders(request.models)) inputs.push_back(folder);
  for (const auto& [network, file] : parse_weight_files("`weights`", request.weights)) inputs.push_back(file);
  return inputs;
}

std::vector<const Metric*> metrics_of(const EvaluationRequest& request) {
  return find_metrics(request.metrics.empty() ? default_metrics : request.metrics);
}

MeasureOptions measure_options(const EvaluationRequest& request) {
  MeasureOptions result{.metrics = metrics_of(request),
                        .reference = request.reference,
                        .split = request.split,
                        .cache = request.cache,
                        .placement = request.placement.with_fp32().with_library(),
                        .batch = request.batch,
                        .size = request.size,
                        .score = {.replicates = request.replicates, .seed = request.seed},
                        .subsets = request.subsets};
  result.weights = parse_weight_files("`weights`", request.weights);
  return result;
}

void check(const EvaluationRequest& request) {
  if (request.images.empty() == request.models.empty())
    throw RequestError("needs either `images` DIR or `model` DIR with `prompts` FILE");
  if (request.reconstructs() && (request.reference.empty() || request.out.empty()))
    throw RequestError("`model` needs `prompts` FILE and `out` DIR; an autoencoder `reference` DIR and `out` DIR");
  if (!request.models.empty() && request.out.empty()) throw RequestError("`model` needs `out` DIR");
  if (request.reconstructs() &&
      !(request.sampler.empty() && request.placement.dtype == Precision::fp32 && request.seeds == 1))
    throw RequestError("`dtype`, `seeds` and the sampler need `prompts`: an autoencoder draws nothing at random");
  if (!request.reconstructs() && !request.sheet.empty())
    throw RequestError("`sheet` needs `model` with autoencoders, and no `prompts`");
  if (request.models.empty() && !(request.prompts.empty() && request.out.empty() && request.sampler.empty()))
    throw RequestError("`prompts`, `out` and the sampler need `model`");
  if ((request.models.empty() || request.reconstructs()) && !(request.drawn == Extent{}))
    throw RequestError("`width` and `height` are of drawn pictures: they need `model` and `prompts`");
  if (!request.save_reference.empty() && request.reference.empty())
    throw RequestError("`save_reference` needs `reference`");
  if (!request.sheet.empty()) require_picture("`sheet`", request.sheet);
  if (request.overwrite && request.models.empty()) throw RequestError("`overwrite` needs `model`");
  if (request.models.empty() && request.seeds > 1) throw RequestError("`seeds` needs `model`");
  if (request.models.empty() && request.repeats > 1) throw RequestError("`repeats` needs `model`");
}

}  // namespace mds
