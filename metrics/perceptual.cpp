#include "metrics/perceptual.h"

#include <torch/types.h>

namespace mds {
namespace {

void require_pairs(const std::string& metric, const Tensor& a_NCHW, const Tensor& b_NCHW) {
  if (a_NCHW.sizes() != b_NCHW.sizes())
    throw ConfigError(c10::str(metric, ": pictures are ", a_NCHW.sizes(), ", the reference is ", b_NCHW.sizes()));
  if (a_NCHW.dim() != 4 || a_NCHW.size(0) < 1 || a_NCHW.size(1) != 3)
    throw ConfigError(c10::str(metric, ": pictures are ", a_NCHW.sizes(), "; allowed: N x 3 x height x width"));
}

Tensor checked_pictures(const std::string& metric, const std::string& what, const Tensor& images_NCHW) {
  const Tensor values = checked_float64(what, images_NCHW, 4);
  const double most = values.abs().max().item<double>();
  if (most > 1) throw ConfigError(metric + ": " + what + " reach " + std::to_string(most) + "; allowed: -1 to 1");
  return values.to(at::kFloat);
}

}  // namespace

// One pair at a time, because VGG's maps of one picture of 512 x 512 take a quarter of a gigabyte.
Tensor perceptual_values(PerceptualNetwork& network, const Tensor& images_NCHW, const Tensor& reference_NCHW) {
  const torch::NoGradGuard no_grad;
  require_pairs(network.metric(), images_NCHW, reference_NCHW);
  const Tensor a = checked_pictures(network.metric(), "pictures", images_NCHW);
  const Tensor b = checked_pictures(network.metric(), "reference pictures", reference_NCHW);
  std::vector<Tensor> values;
  for (int64_t i = 0; i < a.size(0); ++i)
    values.push_back(network.distance(a.narrow(0, i, 1), b.narrow(0, i, 1)).to(at::kCPU, at::kDouble));
  return at::cat(values);
}

Score perceptual_score(PerceptualNetwork& network, const Tensor& images_NCHW, const Tensor& reference_NCHW,
                       const ScoreOptions& options) {
  return mean_score(network.metric(), perceptual_values(network, images_NCHW, reference_NCHW), options);
}

}  // namespace mds
