#include "metrics/lpips.h"

#include <torch/types.h>

#include "pipeline/lpips.h"
#include "pipeline/weight_import.h"

namespace mds {
namespace {

NetworkPtr network_of(const LpipsSpec& spec) {
  return make_network(make_plan(spec), at::kFloat, at::MemoryFormat::Contiguous);
}

void require_pairs(const at::Tensor& a_NCHW, const at::Tensor& b_NCHW) {
  if (a_NCHW.sizes() != b_NCHW.sizes())
    throw ConfigError(c10::str("lpips: pictures are ", a_NCHW.sizes(), ", the reference is ", b_NCHW.sizes()));
  if (a_NCHW.dim() != 4 || a_NCHW.size(0) < 1 || a_NCHW.size(1) != 3)
    throw ConfigError(c10::str("lpips: pictures are ", a_NCHW.sizes(), "; allowed: N x 3 x height x width"));
}

at::Tensor checked_pictures(const std::string& what, const at::Tensor& images_NCHW) {
  const at::Tensor values = checked_float64(what, images_NCHW, 4);
  const double most = values.abs().max().item<double>();
  if (most > 1) throw ConfigError("lpips: " + what + " reach " + std::to_string(most) + "; allowed: -1 to 1");
  return values.to(at::kFloat);
}

}  // namespace

Lpips::Lpips(LpipsTrunk trunk, const std::string& file) : spec_{.trunk = trunk}, network_(network_of(spec_)) {
  adopt_weights(*network_, import_weights(network_->plan(), load_tensors(file).tensors, file), at::kFloat, file);
}

const Network& Lpips::network_for(int64_t height, int64_t width) {
  const LpipsSpec wanted{.trunk = spec_.trunk, .size = height, .width = width};
  if (wanted == spec_) return *network_;
  const NetworkPtr resized = network_of(wanted);
  adopt_weights(*resized, weights_of(*network_), at::kFloat, "lpips");
  network_ = resized;
  spec_ = wanted;
  return *network_;
}

// Pair by pair: VGG's maps of one picture of 512 x 512 take a quarter of a gigabyte.
at::Tensor Lpips::values(const at::Tensor& images_NCHW, const at::Tensor& reference_NCHW) {
  const torch::NoGradGuard no_grad;
  require_pairs(images_NCHW, reference_NCHW);
  const at::Tensor a = checked_pictures("pictures", images_NCHW);
  const at::Tensor b = checked_pictures("reference pictures", reference_NCHW);
  const Network& network = network_for(a.size(2), a.size(3));
  std::vector<at::Tensor> values;
  for (int64_t i = 0; i < a.size(0); ++i)
    values.push_back(lpips_distance(network, a.narrow(0, i, 1), b.narrow(0, i, 1)).to(at::kCPU, at::kDouble));
  return at::cat(values);
}

Score Lpips::score(const at::Tensor& images_NCHW, const at::Tensor& reference_NCHW, const ScoreOptions& options) {
  return mean_score("lpips_" + std::string(name_of(spec_.trunk)), values(images_NCHW, reference_NCHW), options);
}

}  // namespace mds
