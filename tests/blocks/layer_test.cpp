#include <set>

#include "blocks/block_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

template <class Name, class Op>
concept Listed = requires(LayerSink& sink, Name name, Op op, Shape x) { sink.add(name, op, x, x); };

}  // namespace

TEST_CASE("a layer is listed by the name of its own kind of layer, not by a text", "[blocks]") {
  STATIC_REQUIRE(Listed<LayerName<LinearOp>, LinearOp>);
  STATIC_REQUIRE(!Listed<LayerName<LinearOp>, NormOp>);
  STATIC_REQUIRE(!Listed<const char*, LinearOp>);
}

TEST_CASE("names of layers are joined by dots, and what is empty is left out", "[blocks]") {
  const AttentionNames self{"sa"}, own;
  CHECK(self.attention.text() == "sa.qkv");
  CHECK(own.attention.text() == "qkv");
  CHECK(layer_path("down1.0.attn", layer_path("0", self.out.text())) == "down1.0.attn.0.sa.out");
  CHECK(layer_path("conv_in", sole_layer<ConvolutionOp>.text()) == "conv_in");
}

TEST_CASE("a 3x3 convolution counts dense and valid taps by hand", "[blocks]") {
  const ConvolutionOp op{.in = 8, .out = 320, .kernel = 3};
  const Cost c = cost(op, Shape::map(8, 64, 64), Shape::map(320, 64, 64));
  CHECK(c.params == 8 * 320 * 9 + 320);
  CHECK(c.macs == 8 * 320 * 9 * 64 * 64);
  CHECK(c.macs_valid == 8 * 320 * 190 * 190);
}

TEST_CASE("valid taps equal a count over every position and tap", "[blocks]") {
  const int64_t kernel = GENERATE(1, 3, 5, 7, 9), stride = GENERATE(1, 2), n = GENERATE(4, 6, 8, 16);
  if (kernel == stride) return;
  const int64_t out = n / stride;
  int64_t pairs = 0;
  for (int64_t o = 0; o < out; ++o)
    for (int64_t k = 0; k < kernel; ++k) {
      const int64_t i = o * stride + k - kernel / 2;
      pairs += i >= 0 && i < n;
    }
  const ConvolutionOp op{.in = 1, .out = 1, .kernel = kernel, .stride = stride};
  CHECK(cost(op, Shape::map(1, n, n), Shape::map(1, out, out)).macs_valid == pairs * pairs);
}

TEST_CASE("blocks cost what the closed forms say", "[blocks]") {
  const Site site{Shape::map(1664, 16, 16), 640, 77, 768, 1280};
  CHECK(cost(Separable{.out = 1024}, site).params == 11422720);
  const Site inner{Shape::map(1024, 16, 16), 0, 77, 768, 1280};
  const TransformerStack stack{.depth = 3};
  CHECK(cost(stack, inner).params == 50906112);
  CHECK(cost(stack, inner).macs == 12698255360);
}

TEST_CASE("a stack without projections lists neither them nor the norm before them", "[blocks]") {
  const Site site{Shape::map(640, 32, 32), 0, 77, 768, 1280};
  const TransformerStack with{.depth = 2}, without{.depth = 2, .options = {.projections = false}};
  CHECK(cost(with, site).params - cost(without, site).params == 2 * (640 * 640 + 640) + 2 * 640);
  for (const auto& layer : layers(without, site)) CHECK((layer.name.starts_with("0.") || layer.name.starts_with("1.")));
}

TEST_CASE("the listed layers sum to the block's cost and their names are unique", "[blocks]") {
  const Site site{Shape::map(64, 8, 8), 32, 7, 24, 40};
  const BlockSpec block =
      GENERATE(BlockSpec(Resnet{.out = 48, .time = TimeUse::scale_shift}), BlockSpec(Separable{.out = 64, .kernel = 5}),
               BlockSpec(TransformerStack{.depth = 2, .width = 32, .options = {.head_width = 8, .ff_gated = false}}),
               BlockSpec(Downsample{8}), BlockSpec(Upsample{8}), BlockSpec(OutputNorm{}),
               BlockSpec(SingleConvolution{9}), BlockSpec(PatchEmbedding{4, 16}));
  Cost total;
  std::set<std::string> names;
  for (const auto& layer : layers(block, site)) {
    total += cost(layer.op, layer.in, layer.out);
    CHECK(names.insert(layer.name).second);
  }
  CHECK(total == cost(block, site));
}

TEST_CASE("a cost beyond 64 bits is an error, not a negative number", "[blocks]") {
  const Site site{Shape::map(65536, 16384, 16384), 0, 77, 768, 1280};
  const BlockSpec block = GENERATE(BlockSpec(Resnet{.out = 65536}), BlockSpec(TransformerStack{.depth = 64}));
  CHECK_THROWS_WITH(cost(block, site), Catch::Contains("costs more than 9223372036854775807"));
  CHECK_THROWS_AS(add_counts(int64_t(1) << 62, int64_t(1) << 62), ConfigError);
  CHECK_THROWS_AS(multiply_counts(int64_t(-2), int64_t(3)), ConfigError);
  CHECK(multiply_counts(int64_t(1) << 31, int64_t(1) << 30, int64_t(2)) == int64_t(1) << 62);
}

TEST_CASE("a block that cannot stand at its site is refused with value and range", "[blocks]") {
  const Site site{Shape::map(60, 9, 9), 0, 7, 24, 40};
  CHECK_THROWS_WITH(cost(TransformerStack{}, site),
                    "head_width 64 does not divide the width 60; allowed: its divisors");
  CHECK_THROWS_WITH(cost(Separable{.out = 60, .kernel = 4}, site), Catch::Contains("kernel 4 is even"));
  CHECK_THROWS_WITH(cost(TransformerStack{.width = 32, .options = {.head_width = 8, .projections = false}}, site),
                    Catch::Contains("needs projections"));
  CHECK_THROWS_WITH(cost(Downsample{8}, site), Catch::Contains("does not divide the width 9"));
}

TEST_CASE("group norm takes the largest power of two up to 32 that divides the width", "[blocks]") {
  CHECK(norm_groups(320) == 32);
  CHECK(norm_groups(40) == 8);
  CHECK(norm_groups(112) == 16);
  CHECK(norm_groups(7) == 1);
}
