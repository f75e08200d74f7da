// Grounded stacks: without boxes, and with gates at zero, they are those of the base; what empty slots and the order of
// boxes may and may not change.
#include <ATen/ATen.h>
#include <torch/types.h>

#include "networks/network.h"
#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

constexpr int64_t slots = 5, rows = 2;

UNetSpec base_spec() {
  const TransformerOptions outer{.head_width = 8, .self_attention = false, .attention = AttentionFunction::relu};
  return {.latent_channels = 4,
          .size = 8,
          .text_tokens = 7,
          .text_width = 24,
          .time_width = 16,
          .mid = 1,
          .levels = {LevelSpec{.width = 16, .down = {1}, .up = {0, 1}, .stack = outer},
                     LevelSpec{.width = 32, .down = {2}, .up = {1, 1}, .stack = {.head_width = 8}}}};
}

struct Grounding {
  bool once = false, ff = true;
};

UNetSpec grounded(UNetSpec spec, const Grounding& kind = {}) {
  for (LevelSpec& level : spec.levels) {
    level.stack.grounding = true;
    level.stack.grounding_once = kind.once;
    level.stack.grounding_ff = kind.ff;
  }
  spec.boxes = slots;
  spec.box_width = 40;
  return spec;
}

bool is_gate(const std::string& name) { return name.ends_with(".gate.weight"); }

// A base with random weights, and the same network grounded: what it has more is random too, but its gates are zero.
struct Pair {
  NetworkPtr base, more;

  explicit Pair(const Grounding& kind = {})
      : base(make_network(make_plan(base_spec()))), more(make_network(make_plan(grounded(base_spec(), kind)))) {
    const torch::NoGradGuard no_grad;
    at::manual_seed(4);
    auto shared = state_of(*base);
    for (auto& weight : shared) weight.value().copy_(0.2 * at::randn(weight.value().sizes()));
    for (auto& weight : state_of(*more)) {
      if (const Tensor* same = shared.find(weight.key()))
        weight.value().copy_(*same);
      else
        weight.value().copy_(is_gate(weight.key()) ? at::zeros({1, 1}) : 0.2 * at::randn(weight.value().sizes()));
    }
  }
  void open_gates() {
    const torch::NoGradGuard no_grad;
    for (auto& weight : state_of(*more))
      if (is_gate(weight.key())) weight.value().fill_(0.7);
  }
};

const Tensor& input() {
  static const Tensor x = (at::manual_seed(5), at::randn({rows, 4, 8, 8}));
  return x;
}

Conditioning told() {
  at::manual_seed(6);
  Conditioning c;
  c.timesteps_N = at::tensor({900, 10});
  c.text_NSC = at::randn({rows, 7, 24});
  c.boxes_NB4 = at::rand({rows, slots, 4});
  c.phrases_NBC = at::randn({rows, slots, 24});
  c.box_mask_NB = at::tensor({1.f, 1.f, 0.f, 1.f, 0.f, 1.f, 0.f, 0.f, 0.f, 0.f}).view({rows, slots});
  return c;
}

Conditioning without_boxes() {
  Conditioning c = told();
  c.boxes_NB4 = c.phrases_NBC = c.box_mask_NB = Tensor();
  return c;
}

}  // namespace

TEST_CASE("a grounded network whose gates are zero draws what its base draws, bit for bit", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const bool prepared = GENERATE(false, true), once = GENERATE(false, true);
  const Pair pair({once, !once});
  if (prepared) {
    pair.base->prepare();
    pair.more->prepare();
  }
  const Tensor right = pair.base->forward(input(), without_boxes());
  CHECK(at::equal(pair.more->forward(input(), told()), right));
  CHECK(at::equal(pair.more->forward(input(), without_boxes()), right));
}

TEST_CASE("a new grounded network has gates at zero", "[networks][torch]") {
  const auto gates_of = [](const Grounding& kind) {
    const auto network = make_network(make_plan(grounded(base_spec(), kind)));
    initialise(*network, 3);
    int64_t gates = 0;
    for (const auto& weight : state_of(*network)) {
      if (!is_gate(weight.key())) continue;
      CHECK(weight.value().item<float>() == 0);
      ++gates;
    }
    return gates;
  };
  // Blocks: 1 + 1 outside, 2 + 1 + 1 inside, 1 in the middle; two gates each, one without the feed-forward. The inner
  // two on the way down are one stack.
  CHECK(gates_of({}) == 2 * 7);
  CHECK(gates_of({.ff = false}) == 7);
  CHECK(gates_of({.once = true}) == 2 * 6);
}

TEST_CASE("gates at zero have gradients, with projections around a stack and without", "[networks][torch]") {
  UNetSpec spec = grounded(base_spec());
  for (LevelSpec& level : spec.levels) level.stack.projections = GENERATE(true, false);
  const auto network = make_network(make_plan(spec));
  initialise(*network, 3);
  {
    const torch::NoGradGuard no_grad;
    for (auto& weight : state_of(*network))  // the last layers of a new network are zero
      if (!is_gate(weight.key())) weight.value().add_(0.05);
  }
  network->forward(input(), told()).square().sum().backward();
  for (const auto& weight : state_of(*network))
    if (is_gate(weight.key())) CHECK(weight.value().grad().item<float>() != 0);
}

TEST_CASE("open gates let boxes change the picture, and no boxes leave the base's", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const bool once = GENERATE(false, true), ff = GENERATE(false, true);
  Pair pair({once, ff});
  pair.open_gates();
  const Tensor base = pair.base->forward(input(), without_boxes());
  CHECK(at::equal(pair.more->forward(input(), without_boxes()), base));
  CHECK(!at::allclose(pair.more->forward(input(), told()), base, 1e-2, 1e-2));
}

TEST_CASE("an empty slot hides its box and phrase, and boxes have no order", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  Pair pair;
  pair.open_gates();
  const Tensor right = pair.more->forward(input(), told());

  Conditioning hidden = told();
  const Tensor empty = (hidden.box_mask_NB == 0).unsqueeze(-1);
  hidden.boxes_NB4 = at::where(empty, 0.25, hidden.boxes_NB4);
  hidden.phrases_NBC = at::where(empty, 9.0, hidden.phrases_NBC);
  CHECK(at::allclose(pair.more->forward(input(), hidden), right, 1e-5, 1e-6));

  Conditioning turned = told();
  for (Tensor* each : {&turned.boxes_NB4, &turned.phrases_NBC, &turned.box_mask_NB}) *each = each->flip(1);
  CHECK(at::allclose(pair.more->forward(input(), turned), right, 1e-4, 1e-5));

  Conditioning moved = told();
  moved.boxes_NB4 = moved.boxes_NB4.clone();
  moved.boxes_NB4[0][1][0] += 0.3;
  CHECK(!at::allclose(pair.more->forward(input(), moved)[0], right[0], 1e-4, 1e-5));
}

TEST_CASE("a prepared grounded network draws what the library's draws", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const bool once = GENERATE(false, true);
  Pair pair({once, !once});
  pair.open_gates();
  const Tensor right = pair.more->forward(input(), told());
  pair.more->prepare();
  const Tensor y = pair.more->forward(input(), told());
  CHECK(((y - right).norm() / right.norm()).item<double>() < 1e-5);
}

TEST_CASE("boxes of another number, or without phrases, are refused", "[networks][torch]") {
  const torch::NoGradGuard no_grad;
  const Pair pair;
  Conditioning c = told();
  c.boxes_NB4 = at::zeros({rows, slots + 1, 4});
  CHECK_THROWS_WITH(pair.more->forward(input(), c), Contains("boxes_NB4 has sizes [2, 6, 4]; expected [2, 5, 4]"));
  c = told();
  c.phrases_NBC = Tensor();
  CHECK_THROWS_WITH(pair.more->forward(input(), c), Contains("phrases_NBC is missing; expected [2, 5, 24]"));
}

TEST_CASE("Stable Diffusion's UNet with GLIGEN has the parameters that diffusers counts", "[networks]") {
  UNetSpec spec = load_unet("sd15");
  for (LevelSpec& level : spec.levels) level.stack.grounding = true;
  CHECK_THROWS_WITH(make_plan(spec), Contains("down1.0.attn: grounding reads the boxes of a layout, and boxes is 0"));
  spec.boxes = 30;
  CHECK(cost(make_plan(spec)).params == 1068623204);
}

TEST_CASE("the hash knows grounding, where a level has stacks, and boxes, where one is grounded", "[networks]") {
  const UNetSpec md = load_unet("mobilediffusion");
  UNetSpec same = md;
  same.levels[0].stack.grounding = true;       // no stack
  same.levels[1].stack.grounding_once = true;  // not grounded
  same.boxes = 8;
  CHECK(hash_of(same) == hash_of(md));
  CHECK(make_plan(same).steps.size() == make_plan(md).steps.size());
  UNetSpec other = md;
  other.levels[1].stack.grounding = true;
  other.boxes = 8;
  UNetSpec once = other, no_ff = other;
  once.levels[1].stack.grounding_once = true;
  no_ff.levels[1].stack.grounding_ff = false;
  CHECK(hash_of(once) != hash_of(other));
  CHECK(hash_of(no_ff) != hash_of(other));
  UNetSpec more_slots = other;
  more_slots.boxes = 9;
  CHECK(hash_of(other) != hash_of(md));
  CHECK(hash_of(other) != hash_of(more_slots));
  CHECK(to_json(md).dump().find("grounding") == std::string::npos);  // so that identities from before it hold
}
