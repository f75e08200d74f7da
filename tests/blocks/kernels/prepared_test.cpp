// Each prepared layer against the same layer by LibTorch in float64, over types, sizes that fill no tile, and what
// follows.
#include <ATen/ATen.h>
#include <torch/types.h>

#include "blocks/kernels/fused_attention.h"
#include "blocks/kernels/kernel.h"
#include "blocks/kernels/lanes.h"
#include "blocks/kernels/panels.h"
#include "blocks/layer_modules.h"
#include "tests/catch.h"

using namespace mds;

namespace {

double error_of(const Tensor& found, const Tensor& right) {
  return ((found.to(at::kDouble) - right.to(at::kDouble)).norm() / right.to(at::kDouble).norm()).item<double>();
}

// What rounding the inputs and the result costs, with some room.
double allowed(at::ScalarType dtype) { return dtype == at::kFloat ? 5e-6 : 8e-3; }

struct Layers {
  std::shared_ptr<LayerModule> exact, prepared;
};

// The layer in float64 with weights that the type holds exactly, and its prepared form.
Layers layers_of(const LayerOp& op, const Shape& in, at::ScalarType dtype,
                 Quantisation quantisation = Quantisation::none) {
  torch::NoGradGuard no_grad;
  const Layers layers{make_layer(op), make_layer(op)};
  layers.exact->fill([](at::IntArrayRef sizes) { return at::rand(sizes) * 2 - 1; });
  auto to = layers.prepared->parameters(), from = layers.exact->parameters();
  for (size_t i = 0; i < to.size(); ++i) {
    if (from[i].dim() == 1) from[i].uniform_(-1, 1);
    to[i].set_data(from[i].to(dtype));
    from[i].set_data(to[i].to(at::kDouble));
  }
  layers.prepared->prepare({in, quantisation});
  return layers;
}

Tensor some(at::IntArrayRef sizes, at::ScalarType dtype) {
  const Tensor x = at::randn(sizes).to(dtype);
  return sizes.size() == 4 ? x.contiguous(at::MemoryFormat::ChannelsLast) : x;
}

Epilogue exact(Epilogue then) {
  if (then.shift_NC.defined()) then.shift_NC = then.shift_NC.to(at::kDouble);
  if (then.residual.defined()) then.residual = then.residual.to(at::kDouble);
  return then;
}

template <class Op>
double error_of_layer(const Op& op, const Tensor& x, const Epilogue& then = {},
                      Quantisation quantisation = Quantisation::none) {
  torch::NoGradGuard no_grad;
  const Shape in = site_of(x).in;
  const Layers layers = layers_of(op, in, x.scalar_type(), quantisation);
  const auto forward = [&](const std::shared_ptr<LayerModule>& layer, const Tensor& input, const Epilogue& end) {
    return std::dynamic_pointer_cast<LayerOf<Op>>(layer)->forward(input, end);
  };
  const Tensor found = forward(layers.prepared, x, then);
  CHECK(found.scalar_type() == x.scalar_type());
  return error_of(found, forward(layers.exact, x.to(at::kDouble), exact(then)));
}

MDS_EACH_WIDTH(int64_t lanes_at_once(), return L::count)

const auto both_types = [] { return GENERATE(at::kFloat, at::kBFloat16); };

}  // namespace

TEST_CASE("a prepared linear layer equals the library's, for any number of rows and columns", "[blocks][torch]") {
  at::manual_seed(1);
  const at::ScalarType dtype = both_types();
  const auto [rows, in, out] = GENERATE(
      table<int64_t, int64_t, int64_t>({{1, 320, 64}, {77, 33, 7}, {300, 64, 200}, {64, 1, 1}, {513, 96, 130}}));
  CAPTURE(dtype, rows, in, out);
  const Tensor x = some({2, rows, in}, dtype);
  CHECK(error_of_layer(LinearOp{.in = in, .out = out}, x) < allowed(dtype));
  CHECK(error_of_layer(LinearOp{.in = in, .out = out, .bias = false}, x,
                       {.activation = Activation::silu, .residual = some({2, rows, out}, dtype)}) < allowed(dtype));
}

TEST_CASE("a prepared gated layer multiplies its values by their activated gates", "[blocks][torch]") {
  at::manual_seed(2);
  const at::ScalarType dtype = both_types();
  const int64_t half = GENERATE(1, 20, 32, 96, 100);
  const auto activation = GENERATE(Activation::silu, Activation::gelu, Activation::relu, Activation::quick_gelu);
  CAPTURE(dtype, half);
  const LinearOp op{.in = 48, .out = 2 * half, .gated = true};
  CHECK(error_of_layer(op, some({1, 70, 48}, dtype), {.activation = activation}) < allowed(dtype));
}

TEST_CASE("products with 8-bit weights differ from exact ones by what rounding to 8 bits costs", "[blocks][torch]") {
  if (!multiplies_int8()) {
    WARN("not run: this processor multiplies no 8-bit integers");
    return;
  }
  at::manual_seed(6);
  const auto quantisation = GENERATE(Quantisation::int8, Quantisation::int8_weights);
  const auto [rows, in, out] = GENERATE(
      table<int64_t, int64_t, int64_t>({{1, 320, 64}, {77, 33, 70}, {300, 64, 200}, {513, 98, 130}, {64, 3072, 64}}));
  const bool gated = GENERATE(false, true);
  CAPTURE(quantisation, rows, in, out, gated);
  const Tensor x = some({2, rows, in}, at::kBFloat16) + 0.5;
  const LinearOp op{.in = in, .out = out, .gated = gated};
  const double error = error_of_layer(op, x, {.activation = Activation::silu}, quantisation);
  CHECK(error < 3e-2);
  CHECK(error > error_of_layer(op, x, {.activation = Activation::silu}));  // which has all digits
  CHECK(error_of_layer(ConvolutionOp{.in = in, .out = out, .kernel = 1}, some({2, in, 5, 7}, at::kBFloat16), {},
                       quantisation) < 3e-2);
}

TEST_CASE("integers that 8 bits hold are multiplied exactly", "[blocks][torch]") {
  if (!multiplies_int8()) {
    WARN("not run: this processor multiplies no 8-bit integers");
    return;
  }
  at::manual_seed(7);
  torch::NoGradGuard no_grad;
  const auto prepare = GENERATE(&prepare_int8_product, &prepare_weight_only_product);
  const int64_t in = GENERATE(4, 33, 200);
  const Tensor w = at::randint(-3, 4, {48, in}).to(at::kBFloat16);
  w.select(1, 0).fill_(127);
  Tensor x = at::randint(0, 4, {70, in}).to(at::kBFloat16);
  x.select(1, 1).fill_(128), x.select(1, 2).fill_(-127);
  const Tensor found = prepare({w, {}}, /*gated=*/false)->forward(x, {});
  CHECK(at::equal(found, at::linear(x.to(at::kDouble), w.to(at::kDouble)).to(at::kBFloat16)));
}

TEST_CASE("a prepared convolution equals the library's, on any map", "[blocks][torch]") {
  at::manual_seed(3);
  const at::ScalarType dtype = both_types();
  const auto [height, width] = GENERATE(table<int64_t, int64_t>({{1, 1}, {8, 72}, {5, 7}, {32, 33}, {40, 32}}));
  const auto op =
      GENERATE(ConvolutionOp{.in = 32, .out = 48, .kernel = 3}, ConvolutionOp{.in = 32, .out = 70, .kernel = 1},
               ConvolutionOp{.in = 1, .out = 3, .kernel = 1}, ConvolutionOp{.in = 32, .out = 1, .kernel = 1},
               ConvolutionOp{.in = 5, .out = 3, .kernel = 3}, ConvolutionOp{.in = 8, .out = 20, .kernel = 5},
               ConvolutionOp{.in = 16, .out = 66, .kernel = 3, .stride = 2},
               ConvolutionOp{.in = 20, .out = 30, .kernel = 3, .upsampled = true},
               ConvolutionOp{.in = 32, .out = 70, .kernel = 3, .upsampled = true},
               ConvolutionOp{.in = 16, .out = 32, .kernel = 3, .stride = 2, .padding = Padding::after});
  if (op.padding == Padding::after && std::min(height, width) < 2) return;
  CAPTURE(dtype, height, width, op.in, op.kernel, op.stride, op.upsampled);
  const Tensor x = some({3, op.in, height, width}, dtype);
  CHECK(error_of_layer(op, x) < allowed(dtype));
  torch::NoGradGuard no_grad;
  const auto sizes = ConvolutionLayer(op).forward(x.to(at::kFloat)).sizes().vec();
  CHECK(error_of_layer(
            op, x,
            {.activation = Activation::relu, .shift_NC = some({3, op.out}, dtype), .residual = some(sizes, dtype)}) <
        allowed(dtype));
}

TEST_CASE("Winograd's convolution runs where a map is large and its channels fill registers", "[blocks][torch]") {
  const KernelSite site{.device = at::kCPU, .in = Shape::map(32, 32, 32), .prepared = true};
  const auto kernel = [&](const ConvolutionOp& op, KernelSite at) { return supports(op, at, at::kFloat, false); };
  const ConvolutionOp op{.in = 32, .out = 32, .kernel = 3};
  const Kernel expected = multiplies_panels() ? Kernel::winograd : Kernel::library;
  CHECK(kernel(op, site) == expected);
  KernelSite small = site;
  small.in = Shape::map(32, 16, 16);
  CHECK(kernel(op, small) != Kernel::winograd);
  CHECK(kernel({.in = 32, .out = 32, .kernel = 3, .upsampled = true}, site) == expected);
  CHECK(kernel({.in = 40, .out = 32, .kernel = 3}, site) != Kernel::winograd);
  CHECK(kernel({.in = 32, .out = 32, .kernel = 3, .stride = 2}, site) != Kernel::winograd);
  KernelSite gpu = site;
  gpu.device = at::kCUDA;
  CHECK(kernel(op, gpu) == Kernel::library);
}

TEST_CASE("prepared norms equal the library's", "[blocks][torch]") {
  at::manual_seed(4);
  torch::NoGradGuard no_grad;
  const at::ScalarType dtype = both_types();
  const auto [op, sizes] = GENERATE(table<NormOp, std::vector<int64_t>>({
      {{.kind = NormKind::group, .channels = 40, .groups = 8, .activation = Activation::silu}, {2, 40, 9, 13}},
      {{.kind = NormKind::group, .channels = 30, .groups = 5}, {1, 30, 1, 1}},
      {{.kind = NormKind::layer, .channels = 50}, {2, 50, 3, 4}},
      {token_norm(77), {3, 5, 77}},
  }));
  const Tensor x = (some(sizes, at::kFloat) + 100).to(dtype);  // a mean far from zero
  const Layers layers = layers_of(op, site_of(x).in, dtype);
  const auto forward = [](const auto& layer, const Tensor& input) {
    return std::dynamic_pointer_cast<NormLayer>(layer)->forward(input);
  };
  CHECK(error_of(forward(layers.prepared, x), forward(layers.exact, x.to(at::kDouble))) < 4 * allowed(dtype));
}

TEST_CASE("fused attention equals the library's, for both functions and any number of tokens", "[blocks][torch]") {
  at::manual_seed(5);
  torch::NoGradGuard no_grad;
  const at::ScalarType dtype = both_types();
  const auto function = GENERATE(AttentionFunction::softmax, AttentionFunction::relu);
  const auto [queries, keys, heads, width] = GENERATE(table<int64_t, int64_t, int64_t, int64_t>(
      {{1, 1, 1, 1}, {64, 77, 2, 64}, {200, 77, 3, 40}, {77, 77, 2, 5}, {130, 600, 1, 72}, {70, 1100, 2, 16}}));
  const bool causal = GENERATE(false, true) && queries == keys;
  CAPTURE(dtype, function, queries, keys, heads, width, causal);
  const AttentionOp op{
      .heads = heads, .keys = Shape::tokens(keys, heads * width), .function = function, .causal = causal};
  const auto tokens = [&](int64_t n) { return some({2, n, heads * width}, dtype); };
  const Tensor q = tokens(queries) * 2, k = tokens(keys), v = tokens(keys);
  const Tensor right = AttentionLayer(op).forward(q.to(at::kDouble), k.to(at::kDouble), v.to(at::kDouble));
  CHECK(error_of(fused_attention(op, q, k, v), right) < allowed(dtype));
}

TEST_CASE("a NaN in what a prepared layer reads stays one", "[blocks][torch]") {
  torch::NoGradGuard no_grad;
  const at::ScalarType dtype = both_types();
  const bool int8 = dtype == at::kBFloat16 && multiplies_int8() && GENERATE(false, true);
  const Layers layers = layers_of(LinearOp{.in = 32, .out = 33}, Shape::tokens(2, 32), dtype,
                                  int8 ? Quantisation::int8 : Quantisation::none);
  Tensor x = at::zeros({1, 2, 32}, dtype);
  x[0][1][2] = std::nan("");
  const auto activation = GENERATE(Activation::none, Activation::silu, Activation::gelu, Activation::relu);
  const Tensor y = std::dynamic_pointer_cast<LinearLayer>(layers.prepared)->forward(x, {.activation = activation});
  CHECK_FALSE(y[0][0].isnan().any().item<bool>());
  CHECK(y[0][1].isnan().all().item<bool>());
}

#if defined(__x86_64__)
TEST_CASE("loops run at the width of the processor's registers", "[blocks]") {
  const int64_t widest = __builtin_cpu_supports("avx512f") ? 16 : __builtin_cpu_supports("avx2") ? 8 : 4;
  CHECK(lanes_at_once() == widest);
}
#endif

TEST_CASE("a prepared layer says that it has no gradients", "[blocks][torch]") {
  const Layers layers = layers_of(LinearOp{.in = 4, .out = 3}, Shape::tokens(2, 4), at::kFloat);
  const auto layer = std::dynamic_pointer_cast<LinearLayer>(layers.prepared);
  CHECK_THROWS_WITH(layer->forward(at::zeros({1, 2, 4}).requires_grad_()), Catch::Contains("no gradients"));
}
