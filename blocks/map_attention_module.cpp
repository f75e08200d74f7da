#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

class MapAttentionModule final : public Block {
 public:
  explicit MapAttentionModule(const LayerMap& layers)
      : norm_(layers.get<NormLayer>("norm")),
        q_(layers.get<LinearLayer>("q")),
        k_(layers.get<LinearLayer>("k")),
        v_(layers.get<LinearLayer>("v")),
        out_(layers.get<LinearLayer>("out")),
        attention_(layers.get<AttentionLayer>("qkv")) {}

  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    const Tensor y = to_tokens(norm_.forward(x));
    return x + to_map(out_.forward(attention_.forward(q_.forward(y), k_.forward(y), v_.forward(y))), x);
  }

 private:
  const NormLayer& norm_;
  const LinearLayer &q_, &k_, &v_, &out_;
  const AttentionLayer& attention_;
};

}  // namespace

std::unique_ptr<Block> make_module(const MapAttention&, const Site&, const LayerMap& layers) {
  return std::make_unique<MapAttentionModule>(layers);
}

}  // namespace mds
