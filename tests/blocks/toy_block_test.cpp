// A kind of block that stands in this file alone: all that a block consists of, and what follows from it without a
// change anywhere else.
#include <ATen/ATen.h>
#include <torch/types.h>

#include "blocks/block.h"
#include "tests/catch.h"

namespace mds {
namespace {

struct ToyNames {
  LayerName<NormOp> norm{"norm"};
  LayerName<ConvolutionOp> value{"value"}, gate{"gate"};
};

// Group norm, then two convolutions: value * sigmoid(gate).
struct ToyGate {
  static constexpr std::string_view kind = "toy_gate";
  static constexpr ToyNames names{};
  int64_t out = 1;
  int64_t kernel = 1;
  bool operator==(const ToyGate&) const = default;

  static void describe(auto& self, auto&& field) {
    field("out", self.out, "channels written", between(1, 65536));
    field("kernel", self.kernel, "of both convolutions, odd", between(1, 15));
  }
};

Shape output_shape(const ToyGate& block, const Site& site) { return Shape::map(block.out, site.in.extent()); }

void list_layers(const ToyGate& block, const Site& site, LayerSink& sink) {
  const Shape in = site.in, out = output_shape(block, site);
  const ConvolutionOp convolution{.in = in.channels, .out = block.out, .kernel = block.kernel};
  sink.add(block.names.norm, {NormKind::group, in.channels, norm_groups(in.channels)}, in, in);
  sink.add(block.names.value, convolution, in, out);
  sink.add(block.names.gate, convolution, in, out);
}

class ToyModule final : public Block {
 public:
  ToyModule(const ToyNames& names, const LayerMap& layers)
      : norm_(layers.get(names.norm)), value_(layers.get(names.value)), gate_(layers.get(names.gate)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    const Tensor y = norm_.forward(x);
    return value_.forward(y) * at::sigmoid(gate_.forward(y));
  }

 private:
  const NormLayer& norm_;
  const ConvolutionLayer &value_, &gate_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const ToyGate& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<ToyModule>(spec.names, layers);
}

}  // namespace mds

using namespace mds;

namespace {

const ToyGate block{.out = 6, .kernel = 3};
const Site site{.in = Shape::map(8, 5, 4)};

std::vector<Layer> listed() {
  ListSink sink;
  list_layers(block, site, sink);
  return sink.layers;
}

Cost summed() {
  CostSink sink;
  list_layers(block, site, sink);
  return sink.total;
}

LayerMap filled_layers() {
  LayerMap layers;
  for (const Layer& layer : listed()) {
    const auto module = make_layer(layer.op);
    module->fill([](at::IntArrayRef sizes) { return at::rand(sizes) * 2 - 1; });
    layers.add(layer.name, module);
  }
  return layers;
}

}  // namespace

TEST_CASE("a new block's layers are listed under its names", "[blocks][torch]") {
  const auto layers = listed();
  REQUIRE(layers.size() == 3);
  CHECK((layers[0].name == "norm" && layers[1].name == "value" && layers[2].name == "gate"));
  CHECK(op_name(layers[2].op, layers[2].in) == "conv 3x3");
  CHECK(layers[2].out == output_shape(block, site));
}

TEST_CASE("a new block's cost is that of its layers and of the weights they are built with", "[blocks][torch]") {
  Cost sum;
  int64_t built = 0;
  for (const Layer& layer : listed()) {
    sum += cost(layer.op, layer.in, layer.out);
    for (const Tensor& weight : make_layer(layer.op)->parameters()) built += weight.numel();
  }
  CHECK(summed() == sum);
  CHECK(summed().params == built);
  CHECK(built == 2 * 8 + 2 * (8 * 6 * 9 + 6));
}

TEST_CASE("a new block runs over layers that were built from its list", "[blocks][torch]") {
  const torch::NoGradGuard no_grad;
  const LayerMap layers = filled_layers();
  const Tensor x = at::randn({2, 8, 5, 4});
  const Tensor y = make_module(block, site, layers)->forward(x, {}, {});
  const Shape out = output_shape(block, site);
  CHECK(y.sizes() == at::IntArrayRef({2, out.channels, out.height, out.width}));
  const auto convolved = [&](const LayerName<ConvolutionOp>& name) {
    const auto weights = layers.get(name).named_parameters();
    return at::conv2d(layers.get(block.names.norm).forward(x), weights["weight"], weights["bias"], 1, 1);
  };
  CHECK(at::allclose(y, convolved(block.names.value) * convolved(block.names.gate).sigmoid(), 1e-5, 1e-6));
}

TEST_CASE("a new block's JSON is read back, alone and by its kind, and its ranges hold", "[blocks][torch]") {
  using Kinds = std::variant<SingleConvolution, ToyGate>;
  CHECK(from_json<ToyGate>(to_json(block), "toy") == block);
  CHECK(to_json(Kinds(block)) == Json{{"kind", "toy_gate"}, {"out", 6}, {"kernel", 3}});
  CHECK(from_json<Kinds>(to_json(Kinds(block)), "toy") == Kinds(block));
  CHECK_THROWS_WITH(from_json<ToyGate>({{"kernel", 17}}, "toy"),
                    Catch::Contains("toy: kernel") && Catch::Contains("1 to 15"));
}
