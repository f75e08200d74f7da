// Autoencoders have the counts of their references, and their parts agree with formulas written out in LibTorch.
#include "networks/autoencoder.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "networks/network.h"
#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

NetworkPtr one_step(const BlockSpec& block, const Shape& in) {
  const Site site{.in = in};
  Plan plan{in, {{.path = "x", .block = block, .site = site, .out = output_shape(block, site), .output = {}}}};
  auto network = make_network(std::move(plan));
  torch::NoGradGuard no_grad;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t(7));
  for (auto& p : network->parameters()) p.copy_(0.2 * at::randn(p.sizes(), generator));
  return network;
}

Tensor weight(const Network& network, const std::string& name) { return network.named_parameters()[name]; }

Tensor linear(const Network& network, const std::string& name, const Tensor& x) {
  return at::matmul(x, weight(network, "x." + name + ".weight").t()) + weight(network, "x." + name + ".bias");
}

Tensor conv(const Network& network, const std::string& name, const Tensor& x) {
  return at::conv2d(x, weight(network, name + ".weight"), weight(network, name + ".bias"), 1, 1);
}

bool near(const Tensor& a, const Tensor& b) { return a.sizes() == b.sizes() && at::allclose(a, b, 1e-5, 1e-5); }

Cost cost_of(const NetworkSpec& spec) { return cost(make_plan(spec)); }

}  // namespace

TEST_CASE("autoencoder halves have the exact totals of their references", "[networks]") {
  CHECK(cost_of(load_network("sd-vae-encoder")) == Cost{34163664, 558329233408, 554033972736});
  CHECK(cost_of(load_network("md-vae-encoder")) == Cost{34200736, 558481014784, 554182624768});
  auto decoder = std::get<DecoderSpec>(load_network("sd-vae-decoder"));
  CHECK(cost_of(decoder) == Cost{49490199, 1257259466752, 1249123247616});
  decoder.latent_channels = 8;
  CHECK(cost_of(decoder) == Cost{49508683, 1257335160832, 1249197377024});
  auto small_encoder = std::get<TaesdEncoderSpec>(load_network("taesd-encoder"));
  auto small_decoder = std::get<TaesdDecoderSpec>(load_network("taesd-decoder"));
  CHECK(cost_of(small_encoder).params == 1222532);
  CHECK(cost_of(small_decoder).params == 1222531);
  small_encoder.latent_channels = small_decoder.latent_channels = 8;
  CHECK(cost_of(small_encoder).params == 1224840);
  CHECK(cost_of(small_decoder).params == 1224835);
  CHECK(cost(TaesdBlock{}, Site{.in = Shape::map(64, 8, 8)}).params == 110784);
}

TEST_CASE("decoders with attention in the middle have the counts of their descriptions", "[networks]") {
  const DecoderSpec softmax{.blocks = 2, .mid_attention = AttentionFunction::softmax};
  CHECK(cost_of(softmax).params == 38588491);
  DecoderSpec relu = softmax, none = softmax;
  relu.mid_attention = AttentionFunction::relu;
  none.mid_attention.reset();
  CHECK(cost_of(relu) == cost_of(softmax));
  CHECK(hash_of(relu) != hash_of(softmax));
  CHECK(cost_of(softmax).params - cost_of(none).params == 2 * 512 + 4 * (512 * 512 + 512));
}

TEST_CASE("attention stands behind the first block of the middle, or alone", "[networks]") {
  const auto middle = [](int64_t blocks) {
    std::vector<std::string> paths;
    for (const auto& step :
         make_plan(DecoderSpec{.mid_blocks = blocks, .mid_attention = AttentionFunction::softmax}).steps)
      if (step.path.starts_with("mid")) paths.push_back(step.path);
    return paths;
  };
  CHECK(middle(2) == std::vector<std::string>{"mid.0.conv", "mid.0.attn", "mid.1.conv"});
  CHECK(middle(0) == std::vector<std::string>{"mid.0.attn"});
}

TEST_CASE("halves without the later fields keep their identity", "[networks]") {
  const Json encoder = to_json(EncoderSpec{}), decoder = to_json(DecoderSpec{}), down = to_json(Downsample{8});
  for (const char* field : {"mid_attention", "downsample_padding", "padding", "bias"})
    for (const Json& json : {encoder, decoder, down}) CHECK(!json.contains(field));
  const auto sd = load_network("sd-vae-encoder");
  CHECK(from_json<NetworkSpec>(to_json(sd), "x") == sd);
}

TEST_CASE("autoencoder halves that cannot be built say why", "[networks]") {
  CHECK_THROWS_WITH(make_plan(EncoderSpec{.downsample_padding = Padding::none}),
                    Catch::Contains("down1.downsample: padding \"none\" does not halve a map"));
  CHECK_THROWS_WITH(make_plan(TaesdDecoderSpec{.size = 100}), Catch::Contains("factor 8 does not divide"));
  CHECK_THROWS_WITH(from_json<DecoderSpec>({{"mid_attention", "maximum"}}, "x"),
                    Catch::Contains("mid_attention is \"maximum\"; valid: softmax, relu"));
}

TEST_CASE("map attention is softmax(QK^T / sqrt(d)) V of the normed map, added to it", "[blocks][torch]") {
  torch::NoGradGuard no_grad;
  const int64_t heads = GENERATE(1, 2);
  const auto function = GENERATE(AttentionFunction::softmax, AttentionFunction::relu);
  const auto network = one_step(MapAttention{.heads = heads, .attention = function, .groups = 4}, Shape::map(8, 3, 5));
  const Tensor x = at::randn({2, 8, 3, 5}), grouped = x.view({2, 4, -1});
  const Tensor centred = grouped - grouped.mean(-1, true);
  const Tensor normed = (centred / (centred.square().mean(-1, true) + 1e-6).sqrt()).view({2, 8, -1}).transpose(1, 2) *
                            weight(*network, "x.norm.weight") +
                        weight(*network, "x.norm.bias");
  const auto split = [&](const char* name) {
    return linear(*network, name, normed).view({2, 15, heads, 8 / heads}).transpose(1, 2);
  };
  const Tensor scores = at::matmul(split("q"), split("k").transpose(2, 3)) / std::sqrt(8.0 / double(heads));
  const Tensor weights = function == AttentionFunction::softmax ? at::softmax(scores, -1) : at::relu(scores) / 15;
  const Tensor mixed = at::matmul(weights, split("v")).transpose(1, 2).reshape({2, 15, 8});
  const Tensor wanted = x + linear(*network, "out", mixed).transpose(1, 2).reshape({2, 8, 3, 5});
  CHECK(near(network->forward(x), wanted));
}

TEST_CASE("a map padded after its rows and columns is halved from its first pixel", "[blocks][torch]") {
  torch::NoGradGuard no_grad;
  const auto network = one_step(Downsample{.out = 4, .padding = Padding::after, .bias = false}, Shape::map(3, 6, 8));
  CHECK(network->parameters().size() == 1);
  const Tensor x = at::randn({2, 3, 6, 8});
  CHECK(near(network->forward(x),
             at::conv2d(at::constant_pad_nd(x, {0, 1, 0, 1}), weight(*network, "x.weight"), {}, /*stride=*/2)));
}

TEST_CASE("TAESD's block and ends are their formulas", "[blocks][torch]") {
  torch::NoGradGuard no_grad;
  const Shape in = Shape::map(4, 6, 5);
  const Tensor x = 5 * at::randn({2, 4, 6, 5});
  const auto block = one_step(TaesdBlock{}, in);
  Tensor h = x;
  for (const char* name : {"x.conv1", "x.conv2"}) h = conv(*block, name, h).clamp_min(0);
  CHECK(near(block->forward(x), (x + conv(*block, "x.conv3", h)).clamp_min(0)));
  const auto run = [&](TaesdEnd end, const auto& formula) {
    const auto network = one_step(TaesdConvolution{end, 6}, in);
    CHECK(near(network->forward(x), formula([&](const Tensor& y) { return conv(*network, "x", y); })));
  };
  run(TaesdEnd::picture_in, [&](const auto& f) { return f(0.5 * x + 0.5); });
  run(TaesdEnd::latent_in, [&](const auto& f) { return f(3 * at::tanh(x / 3)).clamp_min(0); });
  run(TaesdEnd::picture_out, [&](const auto& f) { return 2 * f(x) - 1; });
}

TEST_CASE("TAESD's halves read and write what their header says", "[networks][torch]") {
  torch::NoGradGuard no_grad;
  const auto encoder = make_network(make_plan(TaesdEncoderSpec{.size = 32, .latent_channels = 3, .width = 8}));
  const auto decoder = make_network(make_plan(TaesdDecoderSpec{.size = 32, .latent_channels = 3, .width = 8}));
  initialise(*encoder, 1);
  initialise(*decoder, 1);
  CHECK(parameter_count(*decoder) == cost(decoder->plan()).params);
  const Tensor latent = encoder->outputs(at::randn({2, 3, 32, 32})).at("latent");
  CHECK(latent.sizes() == std::vector<int64_t>{2, 3, 4, 4});
  CHECK(decoder->outputs(latent).at("sample").sizes() == std::vector<int64_t>{2, 3, 32, 32});
}
