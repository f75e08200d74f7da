#include "blocks/layer_modules.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/types.h>

#include <cmath>
#include <utility>

#include "tests/catch.h"

using namespace mds;

namespace {

constexpr int64_t heads = 2, queries = 5, keys = 7, width = 8;

struct Inputs {
  Tensor q = at::randn({3, queries, width}), k = at::randn({3, keys, width}), v = at::randn({3, keys, width});
};

AttentionLayer attention(AttentionFunction function) {
  return AttentionLayer(AttentionOp{.heads = heads, .keys = Shape::tokens(keys, width), .function = function});
}

// The definition, computed head by head and query by query.
Tensor by_hand(const Inputs& in, const std::function<Tensor(const Tensor&)>& phi) {
  Tensor out = at::zeros_like(in.q);
  const int64_t head = width / heads;
  for (int64_t n = 0; n < in.q.size(0); ++n)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t i = 0; i < queries; ++i) {
        const auto part = [&](const Tensor& x) { return x[n].slice(1, h * head, (h + 1) * head); };
        const Tensor scores = part(in.k).matmul(part(in.q)[i]) / std::sqrt(double(head));
        part(out)[i].copy_(phi(scores).matmul(part(in.v)));
      }
  return out;
}

Tensor leaf(const Tensor& x) { return x.detach().clone().requires_grad_(); }

// The output, and the gradients of a weighted sum of it with respect to the inputs.
std::vector<Tensor> with_gradients(const std::vector<Tensor>& leaves, const std::function<Tensor()>& forward) {
  for (const Tensor& x : leaves) x.mutable_grad() = Tensor();
  const Tensor y = forward();
  (y * at::linspace(-1, 1, y.numel(), y.options()).view(y.sizes())).sum().backward();
  std::vector<Tensor> found{y.detach()};
  for (const Tensor& x : leaves) found.push_back(x.grad());
  return found;
}

// Checks that each tensor differs by at most `most` times its largest value.
void check_close(const std::vector<Tensor>& found, const std::vector<Tensor>& expected, double most) {
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    const Tensor wanted = expected[i].to(at::kDouble);
    CHECK((found[i].to(at::kDouble) - wanted).abs().max().item<double>() <= most * wanted.abs().max().item<double>());
  }
}

template <class Name>
concept Found = requires(const LayerMap& layers, Name name) { layers.get(name), layers.find(name); };

Tensor random_map(int64_t channels) {
  return leaf(at::randn({3, channels, 5, 4}).contiguous(at::MemoryFormat::ChannelsLast));
}

std::vector<Tensor> doubles(const std::vector<Tensor>& leaves) {
  std::vector<Tensor> copies;
  for (const Tensor& x : leaves) copies.push_back(leaf(x.to(at::kDouble)));
  return copies;
}

}  // namespace

TEST_CASE("softmax and relu attention follow their definitions", "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const Inputs in;
  const Tensor soft = by_hand(in, [](const Tensor& scores) { return at::softmax(scores, 0); });
  const Tensor relu = by_hand(in, [](const Tensor& scores) { return at::relu(scores) / double(keys); });
  CHECK(at::allclose(attention(AttentionFunction::softmax).forward(in.q, in.k, in.v), soft, 1e-5, 1e-6));
  CHECK(at::allclose(attention(AttentionFunction::relu).forward(in.q, in.k, in.v), relu, 1e-5, 1e-6));
}

TEST_CASE("relu attention is linear in values, homogeneous in queries and blind to the keys' order",
          "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const Inputs in, other;
  const auto layer = attention(AttentionFunction::relu);
  const Tensor y = layer.forward(in.q, in.k, in.v);
  const Tensor sum = layer.forward(in.q, in.k, 2 * in.v + other.v);
  CHECK(at::allclose(sum, 2 * y + layer.forward(in.q, in.k, other.v), 1e-5, 1e-6));
  CHECK(at::allclose(layer.forward(3 * in.q, in.k, in.v), 3 * y, 1e-5, 1e-6));
  const Tensor order = at::randperm(keys);
  CHECK(at::allclose(layer.forward(in.q, in.k.index_select(1, order), in.v.index_select(1, order)), y, 1e-5, 1e-6));
}

TEST_CASE("no token of causal attention sees a later one", "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const auto function = GENERATE(AttentionFunction::softmax, AttentionFunction::relu);
  const AttentionLayer layer(
      AttentionOp{.heads = heads, .keys = Shape::tokens(keys, width), .function = function, .causal = true});
  const Tensor x = at::randn({2, keys, width});
  Tensor changed = x.clone();
  changed.slice(1, 4).normal_();
  const Tensor y = layer.forward(x, x, x), z = layer.forward(changed, changed, changed);
  CHECK(at::allclose(y.slice(1, 0, 4), z.slice(1, 0, 4), 1e-5, 1e-6));
  CHECK(!at::allclose(y.slice(1, 4), z.slice(1, 4), 1e-5, 1e-6));
}

TEST_CASE("an attention computes the function that replaces its own, and another layer keeps its own",
          "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const Inputs in;
  auto replaced = attention(AttentionFunction::relu);
  replaced.replace([](const AttentionOp& op, const AttentionInput& of) { return 2 * attend(op, of); });
  const Tensor y = attention(AttentionFunction::relu).forward(in.q, in.k, in.v);
  CHECK(at::equal(std::as_const(replaced).forward(in.q, in.k, in.v), 2 * y));
}

TEST_CASE("a module finds its layers by their names, in the part that it reads", "[blocks][torch]") {
  const LayerName<LinearOp> q{"q", "sa"};
  LayerMap layers;
  for (const char* part : {"0", "1"})
    layers.add(layer_path(part, q.text()), make_layer(LinearOp{.in = 2, .out = part[0] - '0' + 1}));
  CHECK(layers.find(q) == nullptr);
  CHECK(layers.repeated(0).get(q).forward(at::ones({1, 2})).size(1) == 1);
  CHECK(layers.repeated(1).get(q).forward(at::ones({1, 2})).size(1) == 2);
  STATIC_REQUIRE(Found<LayerName<LinearOp>>);
  STATIC_REQUIRE(!Found<const char*>);
}

TEST_CASE("a convolution pads where its padding says", "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const auto padding = GENERATE(Padding::same, Padding::none, Padding::after);
  const ConvolutionOp op{.in = 3, .out = 4, .kernel = 3, .stride = 2, .padding = padding};
  ConvolutionLayer layer(op);
  layer.fill([](at::IntArrayRef sizes) { return at::rand(sizes) * 2 - 1; });
  const Tensor x = at::randn({2, 3, 8, 8});
  const auto parameters = layer.named_parameters();
  const auto [before, after] = padding_of(op, op.kernel);
  const Tensor padded = at::constant_pad_nd(x, {before, after, before, after});
  CHECK(at::allclose(layer.forward(x), at::conv2d(padded, parameters["weight"], parameters["bias"], 2), 1e-5, 1e-6));
}

TEST_CASE("a mean without its border leaves a constant map constant, and with it darkens the edge", "[blocks][torch]") {
  const Tensor x = at::ones({1, 2, 4, 5});
  PoolOp op{.kind = PoolKind::average, .kernel = 3, .stride = 1, .border = 1};
  CHECK(at::allclose(PoolLayer(op).forward(x), x));
  op.counts_border = true;
  const Tensor y = PoolLayer(op).forward(x);
  CHECK(y[0][1][0][0].item<float>() == Approx(4.0 / 9));
  CHECK(y[0][1][1][2].item<float>() == Approx(1));
}

TEST_CASE("a pool's output has the shape its layer says; over the whole map it is a vector", "[blocks][torch]") {
  const auto kind = GENERATE(PoolKind::max, PoolKind::average);
  const auto [kernel, stride, border] = GENERATE(table<int64_t, int64_t, int64_t>({{3, 2, 0}, {3, 1, 1}, {2, 2, 0}}));
  const Tensor x = at::randn({1, 3, 9, 8});
  const PoolOp op{.kind = kind, .kernel = kernel, .stride = stride, .border = border};
  const Shape out = output_shape(op, Shape::map(3, 9, 8));
  CHECK(PoolLayer(op).forward(x).sizes() == at::IntArrayRef({1, out.channels, out.height, out.width}));
  const PoolOp whole{.kind = kind};
  const Tensor expected = kind == PoolKind::max ? x.flatten(2).amax(2) : x.flatten(2).mean(2);
  CHECK(at::allclose(PoolLayer(whole).forward(x), expected));
  CHECK(output_shape(whole, Shape::map(3, 9, 8)) == Shape::vector(3));
  CHECK(cost(LayerOp(op), Shape::map(3, 9, 8), out) == Cost{});
}

TEST_CASE("a rectangular kernel keeps the map and sees one row or one column", "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const ConvolutionOp op{.in = 1, .out = 1, .kernel = 1, .bias = false, .columns = 7};
  ConvolutionLayer layer(op);
  layer.fill([](at::IntArrayRef sizes) { return at::ones(sizes); });
  Tensor x = at::zeros({1, 1, 9, 9});
  x[0][0][4][4] = 1;
  const Tensor lit = layer.forward(x) > 0;
  CHECK(output_shape(op, Shape::map(1, 9, 9)) == Shape::map(1, 9, 9));
  CHECK(lit.sum().item<int64_t>() == 7);
  CHECK(lit[0][0][4].sum().item<int64_t>() == 7);
  CHECK(cost(LayerOp(op), Shape::map(1, 9, 9), Shape::map(1, 9, 9)).macs_valid == 9 * (63 - 12));
}

TEST_CASE("a border of its own size stands in for a convolution's padding", "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const ConvolutionOp op{.in = 1, .out = 1, .kernel = 5, .stride = 2, .border = Border{1, 2}};
  ConvolutionLayer layer(op);
  layer.fill([](at::IntArrayRef sizes) { return at::rand(sizes); });
  const Tensor x = at::randn({1, 1, 8, 8});
  const auto parameters = layer.named_parameters();
  const Tensor padded = at::constant_pad_nd(x, {1, 2, 1, 2});
  CHECK(at::allclose(layer.forward(x), at::conv2d(padded, parameters["weight"], parameters["bias"], 2), 1e-5, 1e-6));
  CHECK(output_shape(op, Shape::map(1, 8, 8)) == Shape::map(1, 4, 4));
}

TEST_CASE("a batch norm follows its running statistics, whatever the batch", "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  NormLayer layer(NormOp{NormKind::batch, 2, 0, 1e-3, Activation::relu6});
  const Tensor mean = at::randn({2}), variance = at::rand({2}) + 0.5, weight = at::randn({2}), bias = at::randn({2});
  layer.named_buffers()["running_mean"].copy_(mean);
  layer.named_buffers()["running_var"].copy_(variance);
  layer.named_parameters()["weight"].copy_(weight);
  layer.named_parameters()["bias"].copy_(bias);
  const Tensor x = 20 * at::randn({3, 2, 4, 4});
  const auto wide = [](const Tensor& v) { return v.view({1, 2, 1, 1}); };
  const Tensor y = (x - wide(mean)) / (wide(variance) + 1e-3).sqrt() * wide(weight) + wide(bias);
  CHECK(at::allclose(layer.forward(x), y.clamp(0, 6), 1e-4, 1e-5));
}

TEST_CASE("attention that is trained has the values and gradients of its definition", "[blocks][torch]") {
  const at::ScalarType dtype = GENERATE(at::kFloat, at::kBFloat16);
  const AttentionFunction function = GENERATE(AttentionFunction::softmax, AttentionFunction::relu);
  const bool causal = GENERATE(false, true);
  const auto [samples, tokens, others, number, each] =
      GENERATE(table<int64_t, int64_t, int64_t, int64_t, int64_t>({{3, 5, 7, 2, 4},
                                                                   {2, 16, 16, 16, 8},
                                                                   {3, 33, 21, 5, 8},
                                                                   {1, 70, 300, 3, 16},
                                                                   {2, 9, 11, 1, 21},
                                                                   {1, 1, 1, 1, 1},
                                                                   {2, 70, 77, 2, 64},
                                                                   {1, 65, 600, 1, 40},
                                                                   {1, 9, 9, 2, 130}}));
  CAPTURE(dtype, function, causal, tokens, others, number, each);
  const AttentionOp op{
      .heads = number, .keys = Shape::tokens(others, number * each), .function = function, .causal = causal};
  std::vector<Tensor> leaves;
  for (const int64_t length : {tokens, others, others})
    leaves.push_back(leaf(at::randn({samples, length, number * each}).to(dtype)));
  const std::vector<Tensor> exact = doubles(leaves);
  const auto found =
      with_gradients(leaves, [&] { return AttentionLayer(op).forward(leaves[0], leaves[1], leaves[2]); });
  const auto expected = with_gradients(exact, [&] {
    const auto split = [&](const Tensor& x) { return x.unflatten(-1, {op.heads, -1}).transpose(1, 2); };
    const Tensor scores = at::matmul(split(exact[0]), split(exact[1]).transpose(-2, -1)) / std::sqrt(double(each));
    const Tensor hidden = at::ones_like(scores, at::kBool).triu(1).logical_and(at::scalar_tensor(causal, at::kBool));
    const Tensor seen = scores.masked_fill(hidden, -INFINITY);
    const Tensor weights =
        function == AttentionFunction::softmax ? at::softmax(seen, -1) : at::relu(seen) / double(others);
    return at::matmul(weights, split(exact[2])).transpose(1, 2).flatten(2);
  });
  check_close(found, expected, dtype == at::kFloat ? 1e-5 : 3e-2);
}

TEST_CASE("a linear layer or a 1x1 convolution that is trained has the values and gradients of its definition",
          "[blocks][torch]") {
  const at::ScalarType dtype = GENERATE(at::kFloat, at::kBFloat16);
  const bool map = GENERATE(false, true), bias = GENERATE(false, true), residual = GENERATE(false, true);
  const auto [in, out, side] =
      GENERATE(table<int64_t, int64_t, int64_t>({{8, 16, 4}, {33, 7, 3}, {130, 70, 9}, {1, 1, 1}, {20, 1100, 2}}));
  CAPTURE(dtype, map, bias, residual, in, out, side);
  const auto shaped = [&](int64_t channels) {
    const Tensor x = at::randn({3, side, side, channels}).to(dtype);
    return leaf(map ? x.permute({0, 3, 1, 2}) : x.flatten(1, 2));
  };
  const auto module = make_layer(map ? LayerOp(ConvolutionOp{.in = in, .out = out, .bias = bias})
                                     : LayerOp(LinearOp{.in = in, .out = out, .bias = bias}));
  module->fill([](at::IntArrayRef sizes) { return at::rand(sizes) * 2 - 1; });
  std::vector<Tensor> leaves{shaped(in)};
  if (residual) leaves.push_back(shaped(out));
  for (const Tensor& weight : module->parameters()) leaves.push_back(weight);
  std::vector<Tensor> exact = doubles(leaves);
  const Epilogue then{.residual = residual ? leaves[1] : Tensor()};
  const auto found = with_gradients(leaves, [&] {
    if (map) return dynamic_cast<ConvolutionLayer&>(*module).forward(leaves[0], then);
    return dynamic_cast<LinearLayer&>(*module).forward(leaves[0], then);
  });
  const auto expected = with_gradients(exact, [&] {
    const Tensor &weight = exact[residual ? 2 : 1], shift = bias ? exact.back() : Tensor();
    const Tensor y = map ? at::conv2d(exact[0], weight, shift) : at::linear(exact[0], weight, shift);
    return residual ? exact[1] + y : y;
  });
  CHECK(found[0].is_floating_point());
  check_close(found, expected, dtype == at::kFloat ? 2e-5 : 3e-2);
}

TEST_CASE("a trained layer's values and gradients do not depend on the number of threads", "[blocks][torch]") {
  const at::ScalarType dtype = GENERATE(at::kFloat, at::kBFloat16);
  const auto [tokens, in, out] = GENERATE(table<int64_t, int64_t, int64_t>({{70, 96, 40}, {200, 33, 130}}));
  CAPTURE(dtype, tokens, in, out);
  LinearLayer layer(LinearOp{.in = in, .out = 2 * out, .gated = true});
  layer.fill([](at::IntArrayRef sizes) { return at::rand(sizes) * 2 - 1; });
  std::vector<Tensor> leaves = layer.parameters();
  leaves.push_back(leaf(at::randn({2, tokens, in}).to(dtype)));
  const auto by = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    const auto found =
        with_gradients(leaves, [&] { return layer.forward(leaves.back(), {.activation = Activation::silu}); });
    at::set_num_threads(before);
    return found;
  };
  const auto one = by(1), three = by(3);
  for (size_t i = 0; i < one.size(); ++i) CHECK(at::equal(one[i], three[i]));
}

TEST_CASE("a product's weights have gradients where its input has none, and the other way round", "[blocks][torch]") {
  LinearLayer layer(LinearOp{.in = 6, .out = 5});
  layer.fill([](at::IntArrayRef sizes) { return at::rand(sizes) * 2 - 1; });
  const Tensor x = at::randn({4, 6}), weight = layer.parameters()[0];
  layer.forward(x).sum().backward();
  CHECK(at::allclose(weight.grad(), x.sum(0).expand({5, 6}), 1e-5, 1e-5));
  for (Tensor& each : layer.parameters()) each.requires_grad_(false).mutable_grad() = Tensor();
  const Tensor moved = leaf(x);
  layer.forward(moved).sum().backward();
  CHECK(!weight.grad().defined());
  CHECK(at::allclose(moved.grad(), weight.sum(0).expand({4, 6}), 1e-5, 1e-5));
}

TEST_CASE("a group norm that is trained has the values and gradients of its definition", "[blocks][torch]") {
  const Activation activation = GENERATE(Activation::none, Activation::silu);
  const double mean = GENERATE(0.0, 300.0);  // over a deviation of 1
  NormLayer layer({.kind = NormKind::group, .channels = 12, .groups = 4, .activation = activation});
  std::vector<Tensor> leaves = layer.parameters();
  {
    const torch::NoGradGuard no_grad;
    leaves[0].copy_(at::randn({12}));
    leaves[1].copy_(at::randn({12}));
  }
  leaves.push_back(leaf(random_map(12) + mean));
  const std::vector<Tensor> exact = doubles(leaves);
  const auto found = with_gradients(leaves, [&] { return layer.forward(leaves.back()); });
  const auto expected = with_gradients(
      exact, [&] { return activate(activation, at::group_norm(exact.back(), 4, exact[0], exact[1], 1e-5)); });
  check_close(found, expected, mean > 0 ? 1e-4 : 1e-5);
  CHECK(found[0].is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_CASE("a trained group norm keeps bfloat16, carries what is not finite and refuses second gradients",
          "[blocks][torch]") {
  NormLayer layer({.kind = NormKind::group, .channels = 8, .groups = 2, .activation = Activation::silu});
  layer.fill({});
  Tensor x = random_map(8);
  CHECK(layer.forward(x.to(at::kBFloat16)).scalar_type() == at::kBFloat16);
  const Tensor y = layer.forward(x);
  CHECK_THROWS_WITH(y.sum().backward({}, /*retain_graph=*/true, /*create_graph=*/true),
                    Catch::Contains("no second gradients"));
  {
    const torch::NoGradGuard no_grad;
    x[1][5][2][3] = NAN;
  }
  CHECK(layer.forward(x)[1].slice(0, 4, 8).isnan().all().item<bool>());
  CHECK(layer.forward(x)[0].isfinite().all().item<bool>());
}

TEST_CASE("a layer with a low-rank update computes what the sum of weight and update computes", "[blocks][torch]") {
  const auto fill = [](const auto& layer) {
    for (const auto& weight : layer->parameters()) weight.detach().copy_(at::randn_like(weight));
    return layer;
  };
  const bool recorded = GENERATE(false, true);
  const at::AutoGradMode gradients(recorded);
  const auto check = [&](const auto& layer, const LowRank& update, const Tensor& x, const Epilogue& then) {
    const Tensor before = layer->forward(x, then);
    layer->adapt(update);
    const Tensor beside = layer->forward(x, then);
    layer->adapt({});
    CHECK(at::equal(layer->forward(x, then), before));
    torch::NoGradGuard no_grad;
    Tensor weight = layer->parameters()[0];
    weight.add_(update.scale * at::mm(update.up.flatten(1), update.down.flatten(1)).view_as(weight));
    CHECK(at::allclose(beside, layer->forward(x, then), 1e-4, 1e-4));
    CHECK_FALSE(at::allclose(beside, before, 1e-2, 1e-2));
  };
  const Tensor tokens = at::randn({2, 6, 8}), map = at::randn({2, 8, 6, 6});
  const LowRank linear{.down = at::randn({3, 8}), .up = at::randn({10, 3}), .scale = -0.5};
  check(fill(std::make_shared<LinearLayer>(LinearOp{8, 10})), linear, tokens, {.residual = at::randn({2, 6, 10})});
  check(fill(std::make_shared<LinearLayer>(LinearOp{.in = 8, .out = 10, .gated = true})), linear, tokens,
        {.activation = Activation::silu});
  const LowRank wide{.down = at::randn({3, 8, 3, 3}), .up = at::randn({10, 3, 1, 1}), .scale = 2};
  for (const auto& op : {ConvolutionOp{8, 10, 3}, ConvolutionOp{.in = 8, .out = 10, .kernel = 3, .upsampled = true},
                         ConvolutionOp{.in = 8, .out = 10, .kernel = 3, .stride = 2, .padding = Padding::after}})
    check(fill(std::make_shared<ConvolutionLayer>(op)), wide, map, {.activation = Activation::relu});
}

TEST_CASE("gradients reach a low-rank update of a frozen layer", "[blocks][torch]") {
  LinearLayer layer(LinearOp{8, 10});
  for (const auto& weight : layer.parameters()) weight.requires_grad_(false).fill_(0.1);
  const LowRank update{.down = leaf(at::randn({3, 8})), .up = leaf(at::zeros({10, 3}))};
  layer.adapt(update);
  layer.forward(at::randn({2, 6, 8}), {}).sum().backward();
  CHECK(update.up.grad().abs().max().item<double>() > 0);
  CHECK(update.down.grad().abs().max().item<double>() == 0);  // as B is zero
}
