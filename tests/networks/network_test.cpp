// Plans and modules agree: for random specs of the space, scaled down, parameters, shapes and multiply-accumulates are
// equal step by step. Those of the module are counted by an observer of LibTorch's dispatcher, independent of plans.
#include "networks/network.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <random>
#include <set>

#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

int64_t counted_macs = 0;

int64_t convolution_macs(c10::ArrayRef<c10::IValue> inputs) {
  const auto x = inputs[0].toTensor(), w = inputs[1].toTensor();
  const int64_t stride = inputs[3].toIntVector()[0], padding = inputs[4].toIntVector()[0];
  const auto side = [&](int64_t n) { return (n + 2 * padding - w.size(2)) / stride + 1; };
  return x.size(0) * w.numel() * side(x.size(2)) * side(x.size(3));
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& f) {
  const std::string name = f.name();
  const auto inputs = f.inputs();
  if (name == "aten::convolution") counted_macs += convolution_macs(inputs);
  if (name == "aten::mm") counted_macs += inputs[0].toTensor().numel() * inputs[1].toTensor().size(1);
  if (name == "aten::addmm") counted_macs += inputs[1].toTensor().numel() * inputs[2].toTensor().size(1);
  if (name == "aten::bmm") counted_macs += inputs[0].toTensor().numel() * inputs[1].toTensor().size(2);
  if (name == "aten::_scaled_dot_product_flash_attention_for_cpu")
    counted_macs += 2 * inputs[0].toTensor().numel() * inputs[1].toTensor().size(2);
  return nullptr;
}

struct MacCounter {
  at::CallbackHandle handle = at::addGlobalCallback(at::RecordFunctionCallback(count).needsInputs(true));
  ~MacCounter() { at::removeCallback(handle); }
};

LevelSpec random_level(std::mt19937& random, int64_t width, bool inner) {
  const auto pick = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  LevelSpec level{.width = width};
  const int64_t layers = pick(1, 2);
  for (auto* depths : {&level.down, &level.up}) depths->clear();
  for (int64_t i = 0; i < layers; ++i) level.down.push_back(pick(0, 2));
  for (int64_t i = 0; i < layers + 1; ++i) level.up.push_back(pick(0, 2));
  level.conv = ConvKind(pick(0, 1));
  level.time = TimeUse(pick(0, 2));
  level.kernel = 3 + 2 * pick(0, 3);
  level.expansion = pick(1, 4);
  level.norm = NormKind(pick(0, 1));
  level.skips = inner ? Skips(pick(0, 3)) : Skips::all;
  level.stack.head_width = 8;
  level.transformer_width = pick(0, 1) * 24;
  level.stack.self_attention = pick(0, 1);
  level.stack.cross_attention = pick(0, 1);
  level.stack.share_self_kv = pick(0, 1);
  level.stack.share_cross_kv = pick(0, 1);
  level.stack.ff_expansion = 2 * pick(1, 4);
  level.stack.ff_gated = pick(0, 1);
  level.stack.projections = level.transformer_width != 0 || pick(0, 1);
  level.stack.linear_projections = pick(0, 1);
  level.stack.attention = AttentionFunction(pick(0, 1));
  level.stack_depth = pick(0, 1);
  level.stack.grounding = pick(0, 1);
  level.stack.grounding_once = pick(0, 1);
  level.stack.grounding_ff = pick(0, 1);
  return level;
}

UNetSpec random_unet(unsigned seed) {
  std::mt19937 random(seed);
  UNetSpec spec{.latent_channels = 4, .size = 16, .text_tokens = 7, .text_width = 24, .time_width = 32};
  spec.levels = {random_level(random, 16, false), random_level(random, 32, false), random_level(random, 40, true)};
  spec.mid = int64_t(seed % 3) - 1;
  spec.mid_residuals = 1 + seed % 4;
  spec.pooled_width = 12 * (seed % 2);
  spec.time_ids = seed % 5;
  spec.time_id_width = 8;
  spec.boxes = 3;
  spec.box_width = 20;
  return spec;
}

Conditioning conditioning(const UNetSpec& spec, int64_t batch) {
  return {.timesteps_N = at::arange(batch) * 100,
          .text_NSC = at::randn({batch, spec.text_tokens, spec.text_width}),
          .text_embeds_NP = at::randn({batch, spec.pooled_width}),
          .time_ids_NI = at::full({batch, spec.time_ids}, 512),
          .boxes_NB4 = at::rand({batch, spec.boxes, 4}),
          .phrases_NBC = at::randn({batch, spec.boxes, spec.text_width}),
          .box_mask_NB = at::ones({batch, spec.boxes})};
}

std::vector<int64_t> sizes(int64_t batch, const Shape& s) {
  if (s.kind == ShapeKind::vector) return {batch, s.channels};
  if (s.kind == ShapeKind::tokens) return {batch, s.height, s.channels};
  return {batch, s.channels, s.height, s.width};
}

}  // namespace

TEST_CASE("plan and module agree in parameters, shapes and MACs, step by step", "[networks][torch]") {
  const unsigned seed = GENERATE(range(0u, 24u));
  INFO("seed " << seed);
  torch::NoGradGuard no_grad;
  const UNetSpec spec = random_unet(seed);
  const auto network = make_network(make_plan(spec));
  initialise(*network, seed);
  CHECK(parameter_count(*network) == cost(network->plan()).params);

  MacCounter counter;
  counted_macs = 0;
  const Tensor x = at::randn({1, 4, 16, 16});
  const Tensor y = network->forward(x, conditioning(spec, 1), [&](const PlanStep& step, Tensor out) {
    INFO(step.path);
    CHECK(out.sizes() == sizes(1, step.out));
    CHECK(counted_macs == cost(step).macs);
    counted_macs = 0;
    return out;
  });
  CHECK(y.sizes() == x.sizes());
}

TEST_CASE("checkpointed activations give the same output and gradients bit for bit", "[networks][torch]") {
  const unsigned seed = GENERATE(range(0u, 12u));
  INFO("seed " << seed);
  const UNetSpec spec = random_unet(seed);
  const auto network = make_network(make_plan(spec));
  initialise(*network, seed);
  {
    torch::NoGradGuard no_grad;  // residual branches start at zero
    for (auto& weight : network->parameters()) weight += 0.1 * at::randn(weight.sizes());
  }
  const Conditioning told = conditioning(spec, 2);
  const Tensor input = at::randn({2, 4, 16, 16});
  // The output; then the gradients of the input, of a tensor that an observer adds to a block, and of the weights.
  const auto results = [&](bool checkpointed) {
    network->checkpoint_activations(checkpointed);
    for (auto& weight : network->parameters()) weight.mutable_grad() = Tensor();
    const Tensor x = input.clone().requires_grad_(), added = at::zeros({2, 1, 1, 1}).requires_grad_();
    const Tensor y = network->forward(x, told, [&](const PlanStep& step, const Tensor& out) {
      return step.path == "down2.0.conv" ? out + added : out;
    });
    y.square().mean().backward();
    std::vector<Tensor> all{y.detach(), x.grad(), added.grad()};
    for (const auto& weight : network->parameters()) all.push_back(weight.grad());
    return all;
  };
  const auto kept = results(false), again = results(true);
  for (size_t i = 0; i < kept.size(); ++i) CHECK(at::equal(kept[i], again[i]));
}

TEST_CASE("a frozen network of checkpointed activations hands gradients through to its input", "[networks][torch]") {
  const UNetSpec spec = random_unet(3);
  const auto network = make_network(make_plan(spec));
  initialise(*network, 3);
  for (auto& weight : network->parameters()) weight.requires_grad_(false);
  const Conditioning told = conditioning(spec, 2);
  const Tensor x = at::randn({2, 4, 16, 16});
  const auto gradient = [&](bool checkpointed) {
    network->checkpoint_activations(checkpointed);
    const Tensor input = x.clone().requires_grad_();
    network
        ->forward(input, told,
                  [](const PlanStep& step, const Tensor& out) { return step.path == "conv_out" ? out + 1 : out; })
        .square()
        .sum()
        .backward();
    return input.grad();
  };
  CHECK(at::equal(gradient(false), gradient(true)));
  CHECK(!network->forward(x, told).requires_grad());  // so nothing is recomputed
}

TEST_CASE("parameters are named by the paths of the plan's layers", "[networks][torch]") {
  const auto network = make_network(make_plan(random_unet(1)));
  std::set<std::string> wanted, found;
  for (const auto& step : network->plan().steps)
    for (const auto& layer : layers(step.block, step.site))
      if (cost(layer.op, layer.in, layer.out).params > 0) wanted.insert(layer_path(step.path, layer.name) + ".weight");
  for (const auto& item : network->named_parameters())
    if (item.key().ends_with(".weight")) found.insert(item.key());
  CHECK(wanted == found);
}

TEST_CASE("initialisation depends on the seed alone and zeroes the output", "[networks][torch]") {
  const UNetSpec spec = random_unet(2);
  const auto one = make_network(make_plan(spec)), two = make_network(make_plan(spec));
  initialise(*one, 7);
  initialise(*two, 7);
  const auto a = one->parameters(), b = two->parameters();
  for (size_t i = 0; i < a.size(); ++i) CHECK(at::equal(a[i], b[i]));
  torch::NoGradGuard no_grad;
  const Tensor y = one->forward(at::randn({2, 4, 16, 16}), conditioning(spec, 2));
  CHECK(y.abs().max().item<double>() == 0);
}

TEST_CASE("a new stack is the identity, with projections and without", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const bool projections = GENERATE(true, false);
  const Site site{Shape::map(16, 4, 4), 0, 7, 24, 0};
  const TransformerStack stack{.depth = 2, .options = {.head_width = 8, .projections = projections}};
  const auto network =
      make_network({site.in, {{.path = "attn", .block = stack, .site = site, .out = site.in, .output = {}}}});
  initialise(*network, 5);
  const Tensor x = at::randn({2, 16, 4, 4});
  CHECK(at::equal(network->forward(x, {.text_NSC = at::randn({2, 7, 24})}), x));
}

TEST_CASE("pooled text and time ids change what a network that reads them says", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  UNetSpec spec = random_unet(1);
  for (auto& level : spec.levels) level.time = TimeUse::add;
  spec.pooled_width = 12;
  spec.time_ids = 6;
  auto network = make_network(make_plan(spec));
  initialise(*network, 1);
  for (auto& parameter : network->parameters()) parameter.add_(0.01);
  const Tensor x = at::randn({2, 4, 16, 16});
  const Conditioning c = conditioning(spec, 2);
  Conditioning other_text = c, other_ids = c;
  other_text.text_embeds_NP = c.text_embeds_NP + 1;
  other_ids.time_ids_NI = c.time_ids_NI / 2;
  const Tensor y = network->forward(x, c);
  CHECK(!at::allclose(network->forward(x, other_text), y));
  CHECK(!at::allclose(network->forward(x, other_ids), y));
  other_ids.time_ids_NI = Tensor();
  CHECK_THROWS_WITH(network->forward(x, other_ids), Catch::Contains("time_ids_NI is missing; expected [2, 6]"));
}

TEST_CASE("conditioning that a network needs and does not get, or of another size, is refused", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  UNetSpec spec = random_unet(3);
  spec.levels[1].stack.cross_attention = true;
  spec.levels[1].up.back() = 1;
  const auto network = make_network(make_plan(spec));
  const auto run = [&](auto change) {
    Conditioning c = conditioning(spec, 2);
    change(c);
    network->forward(at::zeros({2, 4, 16, 16}), c);
  };
  CHECK_NOTHROW(run([](Conditioning&) {}));
  CHECK_THROWS_WITH(run([](Conditioning& c) { c.text_NSC = Tensor(); }),
                    Catch::Contains("text_NSC is missing; expected [2, 7, 24]"));
  CHECK_THROWS_WITH(run([](Conditioning& c) { c.text_NSC = at::zeros({2, 9, 24}); }),
                    Catch::Contains("text_NSC has sizes [2, 9, 24]; expected [2, 7, 24]"));
  CHECK_THROWS_WITH(run([](Conditioning& c) { c.timesteps_N = Tensor(); }),
                    Catch::Contains("timesteps_N is missing; expected [2]"));
  CHECK_THROWS_WITH(run([](Conditioning& c) { c.timesteps_N = at::zeros({3}); }),
                    Catch::Contains("timesteps_N has sizes [3]; expected [2]"));
  const auto text = make_network(make_plan(
      TextTowerSpec{.vocabulary = 50, .tokens = 6, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 12}));
  CHECK_THROWS_WITH(text->forward(at::zeros({3, 6}, at::kLong)),
                    Catch::Contains("text_end_N is missing; expected [3]"));
}

TEST_CASE("towers and autoencoder halves run with the shapes their plans say", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const auto text = make_network(make_plan(
      TextTowerSpec{.vocabulary = 50, .tokens = 6, .width = 16, .layers = 2, .heads = 2, .mlp = 32, .projection = 12}));
  initialise(*text, 1);
  const auto outputs = text->outputs(at::randint(50, {3, 6}), {.text_end_N = at::full({3}, 4, at::kLong)});
  CHECK(outputs.at("last_hidden_state").sizes() == std::vector<int64_t>{3, 6, 16});
  CHECK(outputs.at("text_embeds").sizes() == std::vector<int64_t>{3, 12});
  const auto image = make_network(make_plan(
      ImageTowerSpec{.size = 32, .patch = 8, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 12}));
  initialise(*image, 1);
  CHECK(image->forward(at::randn({2, 3, 32, 32})).sizes() == std::vector<int64_t>{2, 12});
  const auto encoder = make_network(make_plan(
      EncoderSpec{.size = 32, .latent_channels = 3, .widths = {8, 16, 16, 16}, .blocks = 1, .mid_blocks = 1}));
  const auto decoder = make_network(make_plan(
      DecoderSpec{.size = 32, .latent_channels = 3, .widths = {8, 16, 16, 16}, .blocks = 1, .mid_blocks = 1}));
  initialise(*encoder, 1);
  initialise(*decoder, 1);
  const Tensor moments = encoder->forward(at::randn({2, 3, 32, 32}));
  CHECK(moments.sizes() == std::vector<int64_t>{2, 6, 4, 4});
  CHECK(decoder->forward(moments.slice(1, 0, 3)).sizes() == std::vector<int64_t>{2, 3, 32, 32});
}

TEST_CASE("a network has the type of its placement", "[networks][torch]") {
  const Plan plan = make_plan(random_unet(2));
  CHECK(make_network(plan)->dtype() == at::kFloat);
  const auto placed = make_network(plan, {.dtype = Precision::bf16});
  for (const auto& item : state_of(*placed)) CHECK(item.value().scalar_type() == at::kBFloat16);
}

TEST_CASE("a network is on the device of its placement", "[networks][torch][gpu]") {
  const Plan plan = make_plan(random_unet(2));
  CHECK(make_network(plan)->device() == at::kCPU);
  if (!torch::cuda::is_available()) {
    WARN("skipped: there is no GPU");
    return;
  }
  const auto placed = make_network(plan, {.device = at::kCUDA});
  for (const auto& item : state_of(*placed)) CHECK(item.value().is_cuda());
}

TEST_CASE("the memory format of maps changes nothing but rounding", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const Plan plan =
      make_plan(DecoderSpec{.size = 32, .latent_channels = 3, .widths = {8, 16, 16, 16}, .blocks = 1, .mid_blocks = 1});
  const auto last = make_network(plan), contiguous = make_network(plan, {}, at::MemoryFormat::Contiguous);
  for (const auto& network : {last, contiguous}) network->to(at::kDouble);
  initialise(*last, 1);
  initialise(*contiguous, 1);
  const Tensor x = at::randn({2, 3, 4, 4});
  Tensor seen;
  const Tensor y = contiguous->forward(x, {}, [&](const PlanStep&, Tensor map) { return seen = map; });
  CHECK(seen.is_contiguous());
  CHECK(last->forward(x).is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK(at::allclose(y, last->forward(x), 1e-9, 1e-9));
}

TEST_CASE("a text tower is causal: later tokens do not change earlier states", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const auto text = make_network(
      make_plan(TextTowerSpec{.vocabulary = 50, .tokens = 6, .width = 16, .layers = 2, .heads = 2, .mlp = 32}));
  initialise(*text, 3);
  const Tensor ids = at::arange(6).unsqueeze(0);
  Tensor changed = ids.clone();
  changed[0][5] = 40;
  const Tensor a = text->forward(ids), b = text->forward(changed);
  CHECK(at::equal(a.slice(1, 0, 5), b.slice(1, 0, 5)));
  CHECK(!at::equal(a, b));
}

TEST_CASE("relu attention is homogeneous in the queries and blind to the order of keys", "[blocks][torch]") {
  const Shape keys = Shape::tokens(5, 16);
  const AttentionLayer attention({.heads = 2, .keys = keys, .function = AttentionFunction::relu});
  const Tensor q = at::randn({1, 3, 16}), k = at::randn({1, 5, 16}), v = at::randn({1, 5, 16});
  const Tensor order = at::randperm(5);
  CHECK(at::allclose(attention.forward(3 * q, k, v), 3 * attention.forward(q, k, v), 1e-5, 1e-6));
  CHECK(at::allclose(attention.forward(q, k.index_select(1, order), v.index_select(1, order)),
                     attention.forward(q, k, v), 1e-5, 1e-6));
}

TEST_CASE("an input of another shape is refused with both shapes", "[networks][torch]") {
  const auto network = make_network(make_plan(random_unet(3)));
  CHECK_THROWS_WITH(network->forward(at::zeros({1, 4, 8, 8})), Catch::Contains("expected N x 4x16x16"));
}
