#include <ATen/ATen.h>

#include <cmath>

#include "blocks/block.h"

namespace mds {
namespace {

// N x B x 64: for each frequency its sines of x0, y0, x1 and y1, then its cosines, in float32.
Tensor fourier(const Tensor& boxes_NB4) {
  constexpr int64_t count = PositionNetwork::frequencies;
  const Tensor k = at::arange(count, boxes_NB4.options().dtype(at::kFloat));
  const Tensor factors = at::exp(k * (std::log(100.0) / double(count)));
  const Tensor angles_NB4K1 = (boxes_NB4.to(at::kFloat).unsqueeze(-1) * factors).unsqueeze(-1);
  return at::cat({angles_NB4K1.sin(), angles_NB4K1.cos()}, -1).permute({0, 1, 3, 4, 2}).flatten(2);
}

class PositionModule final : public Block {
 public:
  PositionModule(const PositionNames& names, const Site& site, const LayerMap& layers)
      : site_(site),
        first_(layers.get(names.first)),
        second_(layers.get(names.second)),
        third_(layers.get(names.third)),
        no_phrase_(layers.get(names.no_phrase)),
        no_box_(layers.get(names.no_box)) {}

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning& c) const override {
    const int64_t n = x.size(0), slots = site_.boxes;
    check_conditioning("boxes_NB4", c.boxes_NB4, {n, slots, 4});
    check_conditioning("phrases_NBC", c.phrases_NBC, {n, slots, site_.text_width});
    check_conditioning("box_mask_NB", c.box_mask_NB, {n, slots});
    const auto type = x.scalar_type();
    const Tensor used = c.box_mask_NB.to(type).unsqueeze(-1), empty = used * -1 + 1;
    const Tensor phrases = c.phrases_NBC.to(type) * used + empty * no_phrase_.rows();
    const Tensor boxes = fourier(c.boxes_NB4).to(type) * used + empty * no_box_.rows();
    const Tensor h = first_.forward(at::cat({phrases, boxes}, -1), {.activation = Activation::silu});
    return third_.forward(second_.forward(h, {.activation = Activation::silu}));
  }

 private:
  Site site_;
  const LinearLayer &first_, &second_, &third_;
  const TableLayer &no_phrase_, &no_box_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const PositionNetwork& spec, const Site& site, const LayerMap& layers) {
  return std::make_unique<PositionModule>(spec.names, site, layers);
}

}  // namespace mds
