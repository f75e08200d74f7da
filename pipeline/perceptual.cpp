#include "pipeline/perceptual.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

#include "networks/freeze.h"
#include "pipeline/lpips.h"
#include "pipeline/weight_import.h"

namespace mds {
namespace {

// EfficientNet-Lite0's last blocks at 1/2, 1/4, 1/8, 1/16 and 1/32 of the side.
constexpr std::array levels{"blocks.0", "blocks.2", "blocks.4", "blocks.10", "blocks.15"};

std::string metric_of(const NetworkSpec& spec) {
  if (const auto* lpips = std::get_if<LpipsSpec>(&spec)) return "lpips_" + std::string(name_of(lpips->trunk));
  if (std::holds_alternative<EfficientNetSpec>(spec)) return "perceptual_effnet";
  throw ConfigError("a perceptual distance by another network; allowed: lpips-vgg, lpips-alex, efficientnet-lite0");
}

NetworkSpec sized(NetworkSpec spec, int64_t height, int64_t width) {
  if (auto* lpips = std::get_if<LpipsSpec>(&spec)) {
    lpips->size = height;
    lpips->width = width;
    return spec;
  }
  if (height != width)
    throw ConfigError("perceptual_effnet: pictures are " + std::to_string(width) + "x" + std::to_string(height) +
                      "; allowed: square ones");
  std::get<EfficientNetSpec>(spec).size = height;
  return spec;
}

NetworkPtr network_of(const NetworkSpec& spec, const Placement& placement) {
  return make_network(make_plan(spec), placement, at::MemoryFormat::Contiguous);
}

// vector_norm has gradient zero at a vector of zeros, which occurs after a relu; a square root would give NaN.
Tensor unit_over_channels(const Tensor& x_NCHW) {
  return x_NCHW / (at::linalg_vector_norm(x_NCHW, 2, at::IntArrayRef{1}, /*keepdim=*/true) + 1e-10);
}

std::vector<Tensor> features(const Network& network, const Tensor& x_NCHW, const Observer& observer) {
  std::vector<Tensor> maps;
  const auto kept = [&](const PlanStep& step, Tensor y) {
    if (std::find(levels.begin(), levels.end(), step.path) != levels.end())
      maps.push_back(unit_over_channels(y.to(at::kFloat)));
    return y;
  };
  network.forward((x_NCHW + 1) * 127.5, {}, compose({observer, kept}));
  return maps;
}

Tensor feature_distance(const Network& network, const Tensor& a_NCHW, const Tensor& b_NCHW, const Observer& observer) {
  const auto a = features(network, a_NCHW, observer), b = features(network, b_NCHW, observer);
  std::vector<Tensor> of_levels;
  for (size_t i = 0; i < a.size(); ++i) of_levels.push_back((a[i] - b[i]).square().sum(1).mean({1, 2}));
  return at::stack(of_levels).mean(0);
}

}  // namespace

PerceptualNetwork::PerceptualNetwork(const NetworkSpec& spec, const std::string& file, const Placement& placement)
    : spec_(spec), metric_(metric_of(spec)), placement_(placement), network_(network_of(spec, placement)) {
  adopt_weights(*network_, import_weights(network_->plan(), load_tensors(file).tensors, file), file);
  freeze(*network_);
}

const Network& PerceptualNetwork::network_for(int64_t height, int64_t width) {
  const Shape& in = network_->plan().input;
  if (in.height == height && in.width == width) return *network_;
  spec_ = sized(spec_, height, width);
  const NetworkPtr resized = network_of(spec_, placement_);
  adopt_weights(*resized, weights_of(*network_), metric_);
  network_ = resized;
  freeze(*network_);
  return *network_;
}

Tensor PerceptualNetwork::distance(const Tensor& a_NCHW, const Tensor& b_NCHW, const Observer& observer) {
  const Network& network = network_for(a_NCHW.size(2), a_NCHW.size(3));
  return std::holds_alternative<LpipsSpec>(spec_) ? lpips_distance(network, a_NCHW, b_NCHW, observer)
                                                  : feature_distance(network, a_NCHW, b_NCHW, observer);
}

PerceptualDistance distance_of(std::shared_ptr<PerceptualNetwork> network) {
  return [network = std::move(network)](const Tensor& a, const Tensor& b, const Observer& observer) {
    return network->distance(a, b, observer);
  };
}

}  // namespace mds
