#include "pipeline/tiles.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

namespace mds {
namespace {

// One tile along one side of the latent, and the weight of each of its pixels in the result.
struct Span {
  int64_t begin, size;
  Tensor weight_L;
};

struct Cut {
  int64_t tile, overlap;
  int64_t dropped;  // part of the overlap that is dropped at each inner edge
};

// The weights at a tile's inner edge: 0 where it is dropped, 1 beyond the overlap, and linear between.
Tensor ramp(const Cut& cut, int64_t factor) {
  const int64_t length = factor * (cut.overlap - 2 * cut.dropped);
  const Tensor zeros = at::zeros({factor * cut.dropped});
  return at::cat({zeros, (at::arange(length, at::kFloat) + 0.5) / double(std::max<int64_t>(length, 1)), 1 - zeros});
}

std::vector<Span> spans(int64_t side, const Cut& cut, int64_t factor) {
  const int64_t size = std::min(side, cut.tile), width = factor * cut.overlap;
  const Tensor rise = ramp(cut, factor);
  Tensor total_L = at::zeros({factor * side});
  std::vector<Span> all;
  for (int64_t begin = 0; all.empty() || all.back().begin + size < side; begin += cut.tile - cut.overlap) {
    Span span{std::min(begin, side - size), size, at::ones({factor * size})};
    if (span.begin > 0) span.weight_L.slice(0, 0, width).mul_(rise);
    if (span.begin + size < side) span.weight_L.slice(0, factor * size - width).mul_(rise.flip(0));
    total_L.slice(0, factor * span.begin, factor * (span.begin + size)).add_(span.weight_L);
    all.push_back(std::move(span));
  }
  for (auto& span : all) span.weight_L.div_(total_L.slice(0, factor * span.begin, factor * (span.begin + size)));
  return all;
}

void check(bool allowed, const char* what, int64_t value, const std::string& range) {
  if (!allowed) throw ConfigError(std::string(what) + " is " + std::to_string(value) + "; allowed: " + range);
}

bool whole(const Plan& plan, const TileOptions& options) {
  return options.tile == 0 || options.tile >= std::max(plan.input.height, plan.input.width);
}

Cut checked_cut(const Plan& plan, const TileOptions& options) {
  check(options.tile >= 1, "tile", options.tile, "at least 1 latent pixel");
  const Reach reach = reach_of(plan);
  const int64_t overlap = options.overlap.value_or(default_overlap(reach, options.tile));
  if (!options.overlap)
    check(
        overlap < options.tile, "tile", options.tile,
        "more than " + std::to_string(overlap) + ", twice what a latent pixel reaches in this decoder, or an overlap");
  check(overlap >= 0 && overlap < options.tile, "overlap", overlap, "0 to " + std::to_string(options.tile - 1));
  return {options.tile, overlap, reach.global ? 0 : std::min(reach.pixels, overlap / 2)};
}

// Runs the network on an input whose height and width may differ from the plan's.
Tensor run_steps(const Network& decoder, const Tensor& latent) {
  Tensor x = latent.to(decoder.device(), decoder.dtype()).contiguous(decoder.maps());
  for (size_t i = 0; i < decoder.plan().steps.size(); ++i) x = decoder.run_step(i, x, {}, {});
  return x.to(at::kFloat).cpu();
}

}  // namespace

Reach reach_of(const Plan& plan) {
  Reach reach;
  double pixels = 0;
  for (const auto& step : plan.steps)
    for (const auto& layer : layers(step.block, step.site)) {
      const auto* norm = std::get_if<NormOp>(&layer.op);
      reach.global |= std::holds_alternative<AttentionOp>(layer.op) || (norm && norm->kind == NormKind::group);
      if (const auto* convolution = std::get_if<ConvolutionOp>(&layer.op))
        pixels += double(convolution->kernel / 2) * double(plan.input.height) / double(layer.in.height);
    }
  reach.pixels = int64_t(std::ceil(pixels));
  return reach;
}

int64_t default_overlap(const Reach& reach, int64_t tile) {
  return reach.global ? std::min(2 * reach.pixels, tile / 2) : 2 * reach.pixels;
}

void check_tiles(const Plan& plan, const TileOptions& options) {
  if (!whole(plan, options)) checked_cut(plan, options);
}

Tensor decode_tiled(const Network& decoder, const Tensor& latent, const TileOptions& options) {
  const Plan& plan = decoder.plan();
  check_input(plan, latent);
  torch::NoGradGuard no_grad;
  if (whole(plan, options)) return decoder.forward(latent).to(at::kFloat).cpu();
  const Cut cut = checked_cut(plan, options);
  const Shape& out = plan.steps.back().out;
  const int64_t factor = out.height / plan.input.height;
  const auto rows = spans(plan.input.height, cut, factor), columns = spans(plan.input.width, cut, factor);
  Tensor picture = at::zeros({latent.size(0), out.channels, out.height, out.width});
  for (const auto& row : rows)
    for (const auto& column : columns) {
      const Tensor tile = latent.narrow(2, row.begin, row.size).narrow(3, column.begin, column.size);
      picture.narrow(2, factor * row.begin, factor * row.size)
          .narrow(3, factor * column.begin, factor * column.size)
          .add_(run_steps(decoder, tile).mul_(row.weight_L.unsqueeze(-1)).mul_(column.weight_L));
    }
  return picture;
}

}  // namespace mds
