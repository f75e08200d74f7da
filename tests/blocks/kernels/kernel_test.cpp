#include "blocks/kernels/kernel.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "blocks/kernels/attention_loops.h"
#include "blocks/kernels/panels.h"
#include "blocks/layer_modules.h"
#include "tests/catch.h"

using namespace mds;

namespace {

const KernelSite a_map{.device = at::kCPU, .in = Shape::map(12, 5, 4), .channels_last = true};
const KernelSite some_tokens{.device = at::kCPU, .in = Shape::tokens(20, 16)};
const Shape some_keys = Shape::tokens(7, 16);
constexpr NormOp group_norm{.kind = NormKind::group, .channels = 12, .groups = 4, .activation = Activation::silu};
const AttentionOp narrow{.heads = 2, .keys = some_keys};

KernelSite with(KernelSite site, auto change) {
  change(site);
  return site;
}

// The output of a layer with and without gradients.
struct Outputs {
  Tensor recorded, plain;
};
Outputs outputs(const auto& forward, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> leaves;
  for (const Tensor& x : inputs) leaves.push_back(x.detach().requires_grad_());
  const Tensor recorded = forward(leaves);
  const torch::NoGradGuard no_grad;
  return {recorded.detach(), forward(inputs)};
}

}  // namespace

TEST_CASE("a kernel of ours runs only where gradients flow on a CPU", "[blocks][torch]") {
  const auto [op, site, kernel] = GENERATE(table<LayerOp, KernelSite, Kernel>({
      {group_norm, a_map, Kernel::group_norm_by_rows},
      {narrow, some_tokens, Kernel::lane_attention},
  }));
  CHECK(supports(op, site, at::kFloat, /*grad=*/true) == kernel);
  CHECK(supports(op, site, at::kFloat, /*grad=*/false) == Kernel::library);
  CHECK(supports(op, with(site, [](auto& s) { s.device = at::kCUDA; }), at::kFloat, true) == Kernel::library);
}

TEST_CASE("group norm runs by rows on channels-last maps, with float32 weights, before SiLU or nothing",
          "[blocks][torch]") {
  const auto kernel = [](NormOp op, const KernelSite& site, at::ScalarType dtype = at::kFloat) {
    return supports(op, site, dtype, /*grad=*/true);
  };
  NormOp op = group_norm;
  CHECK(kernel(op, a_map, at::kBFloat16) == Kernel::library);
  CHECK(kernel(op, with(a_map, [](auto& s) { s.channels_last = false; })) == Kernel::library);
  CHECK(kernel(op, with(a_map, [](auto& s) { s.in = Shape::tokens(20, 12); })) == Kernel::library);
  op.activation = Activation::none;
  CHECK(kernel(op, a_map) == Kernel::group_norm_by_rows);
  op.activation = Activation::relu;
  CHECK(kernel(op, a_map) == Kernel::library);
  CHECK(kernel({.kind = NormKind::layer, .channels = 12}, a_map) == Kernel::library);
  CHECK(kernel({.kind = NormKind::batch, .channels = 12}, a_map) == Kernel::library);
}

TEST_CASE("attention runs by lanes where heads are narrow, and by tiles where they are wide", "[blocks][torch]") {
  const Kernel wide = multiplies_panels() ? Kernel::tiled_attention : Kernel::library;
  const auto kernel = [](AttentionOp op, int64_t channels_of_a_head, at::ScalarType dtype = at::kFloat) {
    KernelSite site = some_tokens;
    site.in.channels = op.heads * channels_of_a_head;
    return supports(op, site, dtype, /*grad=*/true);
  };
  CHECK(kernel(narrow, 32) == Kernel::lane_attention);
  CHECK(kernel(narrow, 32, at::kBFloat16) == Kernel::lane_attention);
  CHECK(kernel(narrow, 32, at::kDouble) == Kernel::library);
  CHECK(kernel(narrow, 33) == wide);
  AttentionOp many = narrow;
  many.keys.height = most_keys + 1;
  CHECK(kernel(many, 33) == Kernel::library);
  many.function = AttentionFunction::relu;
  CHECK(kernel(many, 33) == wide);
}

TEST_CASE("layers without a kernel of their own run in the library", "[blocks][torch]") {
  const LayerOp op =
      GENERATE(LayerOp(ConvolutionOp{.in = 4, .out = 4, .kernel = 3}),
               LayerOp(ConvolutionOp{.in = 4, .out = 4, .stride = 2}), LayerOp(PoolOp{}), LayerOp(TableOp{4, 4}));
  CHECK(supports(op, a_map, at::kFloat, /*grad=*/true) == Kernel::library);
}

TEST_CASE("each kernel agrees with the library", "[blocks][torch]") {
  SECTION("group norm by rows") {
    const Tensor x = at::randn({3, 12, 5, 4}).contiguous(at::MemoryFormat::ChannelsLast);
    REQUIRE(supports(group_norm, site_of(x), at::kFloat, true) == Kernel::group_norm_by_rows);
    NormLayer layer(group_norm);
    layer.fill({});
    const Outputs y = outputs([&](const auto& in) { return layer.forward(in[0]); }, {x});
    CHECK(at::allclose(y.recorded, y.plain, 1e-5, 1e-5));
  }
  SECTION("attention by lanes") {
    const Tensor q = at::randn({3, 20, 16}), k = at::randn({3, 7, 16}), v = at::randn({3, 7, 16});
    const AttentionLayer layer(narrow);
    const Outputs y = outputs([&](const auto& in) { return layer.forward(in[0], in[1], in[2]); }, {q, k, v});
    CHECK(at::allclose(y.recorded, y.plain, 1e-5, 1e-5));
  }
}

TEST_CASE("the site of a tensor has its shape without the batch and says whether a map is channels-last",
          "[blocks][torch]") {
  const Tensor x = at::zeros({2, 3, 4, 5});
  CHECK(site_of(x).in == Shape::map(3, 4, 5));
  CHECK(!site_of(x).channels_last);
  CHECK(site_of(x.contiguous(at::MemoryFormat::ChannelsLast)).channels_last);
  CHECK(site_of(at::zeros({2, 7, 3})).in == Shape::tokens(7, 3));
}
