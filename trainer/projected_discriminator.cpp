#include "trainer/projected_discriminator.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <array>
#include <cmath>

#include "networks/efficientnet.h"
#include "networks/freeze.h"
#include "pipeline/weight_import.h"
#include "trainer/stage.h"

namespace mds {
namespace {

struct Level {
  const char* path;  // the last block of its resolution
  int64_t channels;  // of its map
  int64_t widened;   // by the mixing across channels
  int64_t fused;     // by the mixing across levels, to as many as the next finer level's widened ones
};
constexpr std::array levels{Level{"blocks.2", 24, 64, 64}, Level{"blocks.4", 40, 128, 64},
                            Level{"blocks.10", 112, 256, 128}, Level{"blocks.15", 320, 512, 256}};
constexpr int64_t projected_width = 64;
constexpr double leak = 0.2;
constexpr int64_t power_steps = 4;

// Sides of the classifier's maps are halves of each other.
int64_t checked_side(int64_t side) {
  if (side % 32 != 0 || side < 64)
    throw ConfigError("stage.adversary.discriminator is \"projected\", and decoded pictures are of " +
                      std::to_string(side) + " px; allowed: multiples of 32 from 64 on");
  return side;
}

// Divided by its largest singular value as a matrix of output by input, found anew from the same first vector.
Tensor of_norm_1(const Tensor& weight) {
  const Tensor matrix = weight.flatten(1);
  Tensor u = at::ones({matrix.size(0)}, matrix.options().requires_grad(false)), v;
  {
    const torch::NoGradGuard no_grad;
    const auto unit = [](const Tensor& x) { return x / (at::linalg_vector_norm(x) + 1e-12); };
    for (int64_t i = 0; i < power_steps; ++i) {
      v = unit(at::mv(matrix.t(), u));
      u = unit(at::mv(matrix, v));
    }
  }
  return weight / (at::dot(u, at::mv(matrix, v)) + 1e-12);
}

Tensor halved(const Tensor& x, const Tensor& weight) {
  return at::leaky_relu(at::conv2d(x, of_norm_1(weight), {}, /*stride=*/2, /*padding=*/1), leak);
}

}  // namespace

LatentDecoder latent_decoder(const LatentSource& latents, const EncoderFolders& folders, const Placement& placement) {
  const EncoderCards cards = check_encoders(latents, folders);
  return {
      load_part(shipped_file(folders.autoencoder), "vae_decoder", make_plan(*cards.autoencoder.vae_decoder), placement),
      latents.scale};
}

ProjectedDiscriminator::ProjectedDiscriminator(LatentDecoder decoder, const std::string& weights,
                                               const LoopConfig& loop)
    : decoder_(decoder.network), scale_(std::move(decoder.scale)) {
  const int64_t side = checked_side(decoder_->plan().steps.back().out.height);
  classifier_ = make_network(make_plan(EfficientNetSpec{.size = side}), loop.placement, at::MemoryFormat::Contiguous);
  adopt_weights(*classifier_, import_weights(classifier_->plan(), load_tensors(weights).tensors, weights), weights);
  for (const auto& network : {decoder_, classifier_}) freeze(*network);
  int64_t number = 0;
  const auto normal = [&](int64_t out, int64_t in, int64_t kernel) {
    const double deviation = std::sqrt(2.0 / double(in * kernel * kernel));
    return (deviation * at::randn({out, in, kernel, kernel}, generator_for(loop.seed, number++, /*purpose=*/6)))
        .to(loop.placement.device);
  };
  const auto here = at::device(loop.placement.device);
  for (const Level& level : levels) {
    across_channels_.push_back(normal(level.widened, level.channels, 1));
    across_levels_.push_back(normal(level.fused, level.widened, 1));
    heads_.push_back({.first = normal(projected_width, level.fused, 4),
                      .second = normal(projected_width, projected_width, 4),
                      .last = at::zeros({1, projected_width, 1, 1}, here),
                      .last_bias = at::zeros({1}, here)});
  }
}

TensorMap ProjectedDiscriminator::weights() const {
  TensorMap weights;
  for (size_t i = 0; i < heads_.size(); ++i) {
    const Head& head = heads_[i];
    const std::string name = "projected." + std::to_string(i) + ".";
    weights[name + "first.weight"] = head.first;
    weights[name + "second.weight"] = head.second;
    weights[name + "last.weight"] = head.last;
    weights[name + "last.bias"] = head.last_bias;
  }
  return weights;
}

Tensor ProjectedDiscriminator::decoded(const Tensor& latents) const {
  return decoder_->forward(from_unet(scale_, latents), {}).to(at::kFloat);
}

// The classifier's maps widened by 1 x 1 convolutions, then from coarse to fine doubled in size and added to the next.
std::vector<Tensor> ProjectedDiscriminator::mixed(const Tensor& pictures) const {
  std::vector<Tensor> maps;
  classifier_->forward((pictures + 1) * 127.5, {}, [&](const PlanStep& step, Tensor y) {
    if (maps.size() < levels.size() && step.path == levels[maps.size()].path)
      maps.push_back(at::conv2d(y.to(at::kFloat), across_channels_[maps.size()]));
    return y;
  });
  Tensor coarser;
  for (size_t i = maps.size(); i-- > 0;) {
    const Tensor sum = coarser.defined() ? maps[i] + coarser : maps[i];
    const Tensor doubled = at::upsample_bilinear2d(sum, {2 * sum.size(2), 2 * sum.size(3)}, /*align_corners=*/true);
    coarser = maps[i] = at::conv2d(doubled, across_levels_[i]);
  }
  return maps;
}

Tensor ProjectedDiscriminator::logits(const Tensor& pictures) const {
  const std::vector<Tensor> maps = mixed(pictures);
  std::vector<Tensor> logits;
  for (size_t i = 0; i < maps.size(); ++i) {
    const auto& [first, second, last, last_bias] = heads_[i];
    const Tensor hidden = halved(halved(maps[i], first), second);
    logits.push_back(at::conv2d(hidden, last, last_bias).flatten(1).to(at::kFloat));
  }
  return at::cat(logits, 1);
}

std::vector<PlannedNetwork> planned_projection(const EncoderFolders& folders) {
  const Plan decoder = make_plan(*load_card(shipped_file(folders.autoencoder), {"vae_decoder"}).vae_decoder);
  const Plan classifier = make_plan(EfficientNetSpec{.size = checked_side(decoder.steps.back().out.height)});
  return {{.name = "decoder", .plan = decoder, .trained = false},
          {.name = "classifier", .plan = classifier, .trained = false}};
}

}  // namespace mds
