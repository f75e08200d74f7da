#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

class MapAttentionModule final : public Block {
 public:
  MapAttentionModule(const MapAttentionNames& names, const LayerMap& layers)
      : norm_(layers.get(names.norm)),
        q_(layers.get(names.attn.q)),
        k_(layers.get(names.attn.k)),
        v_(layers.get(names.attn.v)),
        out_(layers.get(names.attn.out)),
        attention_(layers.get(names.attn.attention)) {}

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    const Tensor y = to_tokens(norm_.forward(x));
    const Tensor attended = attention_.forward(q_.forward(y), k_.forward(y), v_.forward(y));
    return to_map(out_.forward(attended, {.residual = to_tokens(x)}), x);
  }

 private:
  const NormLayer& norm_;
  const LinearLayer &q_, &k_, &v_, &out_;
  const AttentionLayer& attention_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const MapAttention& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<MapAttentionModule>(spec.names, layers);
}

}  // namespace mds
