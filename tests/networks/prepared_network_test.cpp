// Whole networks with packed weights against the same networks by LibTorch's operators.
#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>

#include "blocks/kernels/prepared.h"
#include "networks/network.h"
#include "networks/network_spec.h"
#include "tests/catch.h"

using Catch::Contains;
using namespace mds;

namespace {

struct Twins {
  NetworkPtr library, prepared;
};

void copy_weights(const Network& from, Network& to) {
  torch::NoGradGuard no_grad;
  auto weights = state_of(to);
  for (const auto& item : state_of(from)) weights[item.key()].copy_(item.value());
}

// Two networks with the same random weights, none of them zero, so that the output depends on each.
Twins twins(const NetworkSpec& spec, Precision dtype) {
  const Placement placement{.dtype = dtype};
  const Twins both{make_network(make_plan(spec), placement), make_network(make_plan(spec), placement)};
  torch::NoGradGuard no_grad;
  initialise(*both.library, 1);
  at::manual_seed(1);
  for (auto& item : state_of(*both.library))
    if (item.value().abs().max().item<float>() == 0) item.value().uniform_(-0.1, 0.1);
  copy_weights(*both.library, *both.prepared);
  both.prepared->prepare();
  return both;
}

NetworkPtr in_float32(const NetworkSpec& spec, const Network& network) {
  auto exact = make_network(make_plan(spec));
  copy_weights(network, *exact);
  return exact;
}

double difference(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm()).item<double>();
}

double allowed(Precision dtype) { return dtype == Precision::fp32 ? 1e-5 : 2e-2; }

struct Inputs {
  Tensor x;
  Conditioning conditioning;
};

Inputs inputs_of(const NetworkSpec& spec, int64_t batch) {
  const Plan plan = make_plan(spec);
  const Shape& in = plan.input;
  if (const auto* tower = std::get_if<TextTowerSpec>(&spec))
    return {at::randint(tower->vocabulary, {batch, tower->tokens}, at::kLong),
            {.text_end_N = at::full({batch}, tower->tokens - 1, at::kLong)}};
  Inputs inputs{at::randn({batch, in.channels, in.height, in.width}), {}};
  if (const auto* unet = std::get_if<UNetSpec>(&spec)) {
    inputs.conditioning.timesteps_N = at::full({batch}, 321, at::kLong);
    inputs.conditioning.text_NSC = at::randn({batch, unet->text_tokens, unet->text_width});
    if (unet->pooled_width > 0) inputs.conditioning.text_embeds_NP = at::randn({batch, unet->pooled_width});
    if (unet->time_ids > 0) inputs.conditioning.time_ids_NI = at::randn({batch, unet->time_ids});
  }
  return inputs;
}

// Keeps what layers pack, then hands it out again.
struct Shelf final : Packing {
  std::vector<std::vector<Tensor>> kept;
  bool hands_out = false;
  size_t taken = 0;

  std::vector<Tensor> next(const std::vector<PackedShape>& shapes,
                           const std::function<std::vector<Tensor>()>& make) override {
    if (hands_out) return kept.at(taken++);
    kept.push_back(make());
    REQUIRE(kept.back().size() == shapes.size());
    for (size_t i = 0; i < shapes.size(); ++i) {
      const Tensor& made = kept.back()[i];
      CHECK((made.sizes() == shapes[i].sizes && made.scalar_type() == shapes[i].dtype && made.is_contiguous()));
    }
    return kept.back();
  }
};

UNetSpec proxy(const std::string& name, Extent latent) {
  UNetSpec spec = scaled(std::get<UNetSpec>(load_network(name)), 8);
  set_extent(spec, latent);
  return spec;
}

}  // namespace

TEST_CASE("a prepared UNet draws what the library's draws", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const auto dtype = GENERATE(Precision::fp32, Precision::bf16);
  const std::string name = GENERATE("mobilediffusion", "sd15");
  const auto [batch, extent] = GENERATE(table<int64_t, Extent>({{1, {32, 32}}, {3, {8, 24}}}));
  CAPTURE(name, batch, name_of(dtype));
  const UNetSpec spec = proxy(name, extent);
  const auto [library, prepared] = twins(spec, dtype);
  const auto [x, conditioning] = inputs_of(spec, batch);
  const Tensor right = in_float32(spec, *library)->forward(x, conditioning);
  const double theirs = difference(library->forward(x, conditioning), right);
  CHECK(difference(prepared->forward(x, conditioning), right) < std::max(allowed(dtype), theirs));
}

TEST_CASE("prepared autoencoders and text towers compute what the library's do", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const auto dtype = GENERATE(Precision::fp32, Precision::bf16);
  const NetworkSpec spec = GENERATE(
      NetworkSpec(EncoderSpec{.size = 64, .latent_channels = 4, .widths = {16, 32, 32}, .blocks = 1}),
      NetworkSpec(DecoderSpec{
          .size = 64, .latent_channels = 4, .widths = {16, 32, 48}, .mid_attention = AttentionFunction::softmax}),
      NetworkSpec(TextTowerSpec{
          .vocabulary = 50, .tokens = 9, .width = 48, .layers = 2, .heads = 3, .mlp = 100, .projection = 20}));
  const auto [library, prepared] = twins(spec, dtype);
  const auto exact = in_float32(spec, *library);
  const auto [x, conditioning] = inputs_of(spec, 2);
  const auto right = exact->outputs(x, conditioning), found = prepared->outputs(x, conditioning),
             theirs = library->outputs(x, conditioning);
  for (const auto& [name, output] : right) {
    CAPTURE(name, name_of(dtype));
    // Two roundings of one network are equally far off but for chance.
    CHECK(difference(found.at(name), output) < std::max(allowed(dtype), 1.05 * difference(theirs.at(name), output)));
  }
}

TEST_CASE("a prepared perceptual network still has the weights that its heads read", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const NetworkSpec spec = load_network("lpips-alex");
  const auto [library, prepared] = twins(spec, Precision::fp32);
  const auto [x, conditioning] = inputs_of(spec, 1);
  const auto right = library->outputs(x, conditioning), found = prepared->outputs(x, conditioning);
  CHECK(right.size() >= 5);
  for (const auto& [name, output] : right) {
    CAPTURE(name);
    CHECK(difference(found.at(name), output) < 1e-5);
  }
}

TEST_CASE("a UNet with 8-bit weights draws nearly what one of bfloat16 draws", "[networks][torch]") {
  if (!multiplies_int8()) {
    WARN("not run: this processor multiplies no 8-bit integers");
    return;
  }
  torch::NoGradGuard no_grad;
  const auto dtype = GENERATE(Precision::int8, Precision::int8_weights);
  const UNetSpec spec = proxy("mobilediffusion", {16, 24});
  const auto [library, prepared] = twins(spec, dtype);
  const auto [x, conditioning] = inputs_of(spec, 3);
  const double found = difference(prepared->forward(x, conditioning), library->forward(x, conditioning));
  CHECK(found < 0.1);
  const auto [same, exact] = twins(spec, Precision::bf16);
  CHECK(found > difference(exact->forward(x, conditioning), same->forward(x, conditioning)));
}

TEST_CASE("8-bit weights without the kernels that multiply them are refused", "[networks]") {
  const auto network = make_network(make_plan(proxy("mobilediffusion", {16, 16})), {.dtype = Precision::int8});
  CHECK_THROWS_WITH(network->prepare(Kernels::library),
                    Contains("dtype is int8") && Contains("allowed here: fp32, bf16"));
}

TEST_CASE("what a network makes of a text is used again by the next steps, and by no other text", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const UNetSpec spec = proxy("mobilediffusion", {16, 16});
  const auto [library, prepared] = twins(spec, Precision::fp32);
  const auto network = GENERATE_COPY(library, prepared);
  auto [x, plain] = inputs_of(spec, 2);
  Conditioning kept = plain;
  kept.text_products = std::make_shared<TextProducts>();
  const Tensor first = network->forward(x, kept);
  CHECK(at::equal(first, network->forward(x, plain)));
  CHECK_FALSE(kept.text_products->empty());
  const size_t products = kept.text_products->size();
  CHECK(at::equal(network->forward(x, kept), first));
  CHECK(kept.text_products->size() == products);
  plain.text_NSC = plain.text_NSC * 2;
  CHECK_FALSE(at::equal(network->forward(x, plain), first));
}

TEST_CASE("the weights of a prepared network can no longer be read", "[networks][torch]") {
  const auto [library, prepared] = twins(proxy("mobilediffusion", {16, 16}), Precision::fp32);
  CHECK_THROWS_WITH(state_of(*prepared), Contains("packed"));
  CHECK_THROWS_WITH(parameter_count(*prepared), Contains("packed"));
  library->prepare(Kernels::library);
  CHECK_NOTHROW(state_of(*library));
}

TEST_CASE("a step that reuses the inner levels' features equals a whole one of the same input, for less work",
          "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const UNetSpec spec = proxy("mobilediffusion", {16, 16});
  const auto [library, prepared] = twins(spec, Precision::fp32);
  const auto [x, conditioning] = inputs_of(spec, 2);
  const int64_t level = GENERATE(1, 2);
  InnerFeatures inner{.level = level};
  std::vector<std::string> whole, reused;
  const auto noted = [](std::vector<std::string>& paths) {
    return [&](const PlanStep& step, Tensor y) { return paths.push_back(step.path), y; };
  };
  const Tensor first = library->forward(x, conditioning, noted(whole), &inner);
  inner.reuse = true;
  CHECK(at::equal(library->forward(x, conditioning, noted(reused), &inner), first));
  CHECK(reused.size() < whole.size());
  for (const auto& path : reused) CHECK(path.find("down" + std::to_string(level + 1)) == std::string::npos);
  CHECK_FALSE(at::equal(library->forward(x + 1, conditioning, {}, &inner), library->forward(x + 1, conditioning)));
}

TEST_CASE("a level that has none inside it is refused with the levels that do", "[networks]") {
  const Plan plan = make_plan(proxy("mobilediffusion", {16, 16}));
  CHECK_THROWS_WITH(inner_steps(plan, 3), Contains("level 3 has none inside it; allowed: 1 to 2"));
}

TEST_CASE("a network without weights computes with what another one packed", "[networks][torch]") {
  if (!can_prepare()) return;
  torch::NoGradGuard no_grad;
  const auto dtype = GENERATE(Precision::fp32, Precision::bf16, Precision::int8, Precision::int8_weights);
  const bool quantised = dtype == Precision::int8 || dtype == Precision::int8_weights;
  if (quantised && !multiplies_int8()) return;
  const NetworkSpec spec = GENERATE(
      NetworkSpec(proxy("mobilediffusion", {32, 32})),
      NetworkSpec(DecoderSpec{.size = 64, .latent_channels = 4, .widths = {16, 32, 48}}),
      NetworkSpec(TextTowerSpec{.vocabulary = 50, .tokens = 9, .width = 48, .layers = 1, .heads = 3, .mlp = 100}),
      load_network("efficientnet-lite0"));
  const auto [library, prepared] = twins(spec, dtype);
  const auto packing = make_network(make_plan(spec), {.dtype = dtype}),
             taking = make_network(make_plan(spec), {.dtype = dtype});
  copy_weights(*library, *packing);
  for (auto& item : state_of(*taking)) item.value().fill_(NAN);
  Shelf shelf;
  packing->prepare(Kernels::prepared, &shelf);
  shelf.hands_out = true;
  taking->prepare(Kernels::prepared, &shelf);
  CHECK(shelf.taken == shelf.kept.size());
  const auto [x, conditioning] = inputs_of(spec, 1);
  const Tensor right = prepared->forward(x, conditioning);
  CAPTURE(name_of(dtype));
  CHECK(right.isfinite().all().item<bool>());
  CHECK(at::equal(packing->forward(x, conditioning), right));
  CHECK(at::equal(taking->forward(x, conditioning), right));
}
