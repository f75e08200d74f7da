#include "networks/tower.h"

namespace mds {
namespace {

class TowerChain {
 public:
  explicit TowerChain(Shape input) : x_(input) { sink_.plan.input = input; }
  void add(const StepName& name, const BlockSpec& block, const char* output = "") {
    const Site site{.in = x_};
    x_ = output_shape(block, site);
    sink_.step(name, block, site, x_, Link::none);
    sink_.plan.steps.back().output = output;
  }
  Plan plan() { return std::move(sink_.plan); }

 private:
  Shape x_;
  PlanSink sink_;
};

}  // namespace

Plan make_plan(const TextTowerSpec& spec) {
  TowerChain chain(Shape::tokens(spec.tokens, 1));
  chain.add({"embeddings"}, TokenEmbedding{spec.vocabulary, spec.width});
  for (int64_t i = 0; i < spec.layers; ++i)
    chain.add({"layers", 0, i}, EncoderBlock{spec.heads, spec.mlp, spec.activation, /*causal=*/true});
  chain.add({"final_norm"}, TokenNorm{}, "last_hidden_state");
  if (spec.projection > 0) chain.add({"projection"}, PooledProjection{spec.projection, /*at_text_end=*/true}, "text_embeds");
  return chain.plan();
}

Plan make_plan(const ImageTowerSpec& spec) {
  TowerChain chain(Shape::map(3, spec.size, spec.size));
  chain.add({"embeddings"}, PatchEmbedding{spec.patch, spec.width});
  for (int64_t i = 0; i < spec.layers; ++i) chain.add({"layers", 0, i}, EncoderBlock{spec.heads, spec.mlp, spec.activation});
  chain.add({"final_norm"}, TokenNorm{});
  chain.add({"projection"}, PooledProjection{spec.projection}, "image_embeds");
  return chain.plan();
}

}  // namespace mds
