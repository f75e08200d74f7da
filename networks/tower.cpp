#include "networks/tower.h"

namespace mds {

Plan make_plan(const TextTowerSpec& spec) {
  Chain chain(Shape::tokens(spec.tokens, 1));
  chain.add({"embeddings"}, TokenEmbedding{spec.vocabulary, spec.width});
  for (int64_t i = 0; i < spec.layers; ++i)
    chain.add({"layers", 0, i}, EncoderBlock{spec.heads, spec.mlp, spec.activation, /*causal=*/true, spec.attention},
              i + 2 == spec.layers ? "penultimate" : "");
  chain.add({"final_norm"}, TokenNorm{}, "last_hidden_state");
  if (spec.projection > 0)
    chain.add({"projection"}, PooledProjection{spec.projection, /*at_text_end=*/true}, "text_embeds");
  return chain.finish();
}

Plan make_plan(const ImageTowerSpec& spec) {
  Chain chain(Shape::map(3, spec.size, spec.size));
  chain.add({"embeddings"}, PatchEmbedding{spec.patch, spec.width});
  for (int64_t i = 0; i < spec.layers; ++i)
    chain.add({"layers", 0, i}, EncoderBlock{spec.heads, spec.mlp, spec.activation, /*causal=*/false, spec.attention});
  chain.add({"final_norm"}, TokenNorm{});
  chain.add({"projection"}, PooledProjection{spec.projection}, "image_embeds");
  return chain.finish();
}

}  // namespace mds
