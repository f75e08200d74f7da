// Low-rank updates from files: they change weights by weight alpha / rank B A, and what does not fit is listed by name.
#include "pipeline/lora.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>
#include <filesystem>

#include "tests/catch.h"
#include "tests/pipeline/foreign_networks.h"
#include "tests/scratch_folder.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string query = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";  // of 8 x 8
const std::string query_path = "down1.0.attn.0.sa.q";

LoraNames tiny_names() {
  return LoraNames({{"unet", make_plan(foreign::unet_spec())}, {"text_encoder", make_plan(foreign::text_spec())}});
}

// Random updates of rank 3 and alpha 1.5 for every layer.
Lora for_all(const LoraNames& names) {
  auto generator = at::detail::createCPUGenerator(7);
  const auto random = [&](std::vector<int64_t> shape) { return at::randn(shape, generator); };
  Lora lora;
  for (const auto& target : names.targets()) {
    std::vector<int64_t> down = target.shape, up(target.shape.size(), 1);
    up[0] = std::exchange(down[0], 3);
    up[1] = 3;
    lora.parts[target.part][target.path] = {random(down), random(up), 1.5};
  }
  return lora;
}

struct Workplace {
  ScratchFolder scratch;
  std::string file = scratch.path + "/lora.safetensors";
  LoraNames names = tiny_names();

  Lora read(const TensorMap& tensors, const std::map<std::string, std::string>& metadata = {}) const {
    save_tensors(file, {.tensors = tensors, .metadata = metadata});
    return read_lora(file, names);
  }
  void refuses(const TensorMap& tensors, const std::string& why) const {
    INFO(why);
    CHECK_THROWS_AS(read(tensors), FileError);
    CHECK_THROWS_WITH(read(tensors), Contains(file) && Contains(why));
  }
};

TensorMap one_layer(int64_t rank = 2) {
  return {{query + ".lora_A.weight", at::ones({rank, 8})}, {query + ".lora_B.weight", at::ones({8, rank})}};
}

Tensor update(const Lora& lora, double weight = 1) {
  return update_of({{lora, weight}}, "unet", query_path + ".weight", {8, 8});
}

}  // namespace

TEST_CASE("updates of every layer come back from both formats with the same effect", "[pipeline][torch]") {
  const Workplace place;
  const Lora lora = for_all(place.names);
  const LoraFormat format = GENERATE(LoraFormat::peft, LoraFormat::kohya);
  save_lora(place.file, lora, place.names, {.format = format});
  const Lora read = read_lora(place.file, place.names);
  CHECK(read.strangers.empty());
  CHECK(read.params() == lora.params());
  for (const auto& target : place.names.targets()) {
    INFO(target.path);
    const std::string weight = target.path + ".weight";
    CHECK(at::allclose(update_of({{read, 1}}, target.part, weight, target.shape),
                       update_of({{lora, 1}}, target.part, weight, target.shape)));
  }
}

TEST_CASE("a merged network computes what its layers and their updates compute side by side", "[pipeline][torch]") {
  const LoraNames names = tiny_names();
  const auto network = make_network(make_plan(foreign::unet_spec()));
  initialise(*network, 3);
  const Lora lora = for_all(names);
  TensorMap before;
  for (const auto& [name, weight] : weights_of(*network)) before[name] = weight.clone();
  Merged merged(*network, {{lora, 0.5}, {lora, -2}}, "unet");
  const TensorMap after = weights_of(*network);
  const LoraLayer& linear = lora.parts.at("unet").at(query_path);
  const Tensor x = at::randn({4, 8});
  const auto apart = [&](const std::string& path, const auto& layer) {
    return (layer(after.at(path + ".weight")) - layer(before.at(path + ".weight"))) / -1.5;
  };
  CHECK(at::allclose(apart(query_path, [&](const Tensor& w) { return at::linear(x, w); }),
                     0.5 * at::linear(at::linear(x, linear.down), linear.up), 1e-3, 1e-4));
  const LoraLayer& convolution = lora.parts.at("unet").at("down1.0.conv.conv1");
  const Tensor map = at::randn({1, 8, 5, 5});
  CHECK(at::allclose(apart("down1.0.conv.conv1", [&](const Tensor& w) { return at::conv2d(map, w, {}, 1, 1); }),
                     0.5 * at::conv2d(at::conv2d(map, convolution.down, {}, 1, 1), convolution.up), 1e-3, 1e-4));
  CHECK(at::equal(after.at("conv_in.bias"), before.at("conv_in.bias")));
  merged.undo();
  for (const auto& [name, weight] : weights_of(*network)) CHECK(at::equal(weight, before.at(name)));
}

TEST_CASE("an update is scaled by its weight and by alpha over rank", "[pipeline][torch]") {
  const Workplace place;
  CHECK(at::equal(update(place.read(one_layer())), at::full({8, 8}, 2.0)));
  CHECK(at::equal(update(place.read(one_layer()), -0.5), at::full({8, 8}, -1.0)));
  CHECK_FALSE(update_of({{place.read(one_layer()), 1}}, "unet", "conv_in.weight", {8, 4, 3, 3}).defined());
  TensorMap with_alpha = one_layer();
  with_alpha[query + ".alpha"] = at::scalar_tensor(1.0);
  CHECK(at::equal(update(place.read(with_alpha)), at::ones({8, 8})));
}

TEST_CASE("the alphas that diffusers writes into the header count", "[pipeline][torch]") {
  const Workplace place;
  const auto with = [&](const Json& json) {
    return update(place.read(one_layer(4), {{"lora_adapter_metadata", json.dump()}}))[0][0].item<double>();
  };
  CHECK(with({{"unet.lora_alpha", 2}}) == 2);
  CHECK(with({{"unet.lora_alpha", 2}, {"unet.alpha_pattern", {{"attn1.to_q", 8}}}}) == 8);
  CHECK(with({{"unet.lora_alpha", 2}, {"unet.alpha_pattern", {{"to_k", 8}}}}) == 2);
  CHECK(with({{"unet.lora_alpha", 2}, {"unet.use_rslora", true}}) == 4);
  CHECK(with({{"text_encoder.lora_alpha", 2}}) == 4);
}

TEST_CASE("a linear layer's update may be stored as a 1 x 1 convolution's, and the other way round",
          "[pipeline][torch]") {
  const Workplace place;
  const TensorMap as_convolution = {{query + ".lora_A.weight", at::ones({2, 8, 1, 1})},
                                    {query + ".lora_B.weight", at::ones({8, 2, 1, 1})}};
  CHECK(at::equal(update(place.read(as_convolution)), at::full({8, 8}, 2.0)));
}

TEST_CASE("a file without a layer of the model is refused with the first ten names", "[pipeline][torch]") {
  const Workplace place;
  TensorMap tensors;
  for (int i = 10; i < 22; ++i)
    tensors["lora_unet_other_" + std::to_string(i) + ".lora_down.weight"] = at::ones({1, 8});
  place.refuses(tensors, "none of its 12 tensors is of one of its layers");
  place.refuses(tensors, "lora_unet_other_19.lora_down.weight");
  CHECK_THROWS_WITH(place.read(tensors), !Contains("other_20"));
  place.refuses({}, "none of its 0 tensors");
}

TEST_CASE("a file with layers of the model and others says which are others", "[pipeline][torch]") {
  const Workplace place;
  TensorMap tensors = one_layer();
  tensors["lora_unet_stranger.alpha"] = at::ones({1});
  CHECK(place.read(tensors).strangers == std::vector<std::string>{"lora_unet_stranger.alpha"});
}

TEST_CASE("updates that cannot be used are refused by name", "[pipeline][torch]") {
  const Workplace place;
  const std::string down = query + ".lora_A.weight", up = query + ".lora_B.weight";
  const auto with = [](TensorMap tensors, const std::string& name, const Tensor& tensor) {
    tensors[name] = tensor;
    return tensors;
  };
  place.refuses(with(one_layer(), down, at::ones({2, 9})),
                "misshapen " + query + ": [2, 9] and [8, 2], expected [2, 8]");
  place.refuses(with(one_layer(), up, at::ones({7, 2})), "misshapen " + query);
  place.refuses(with(one_layer(), up, at::ones({8, 3})), "misshapen " + query);
  place.refuses(one_layer(0), "of rank 0 " + query);
  place.refuses({{down, at::ones({2, 8})}}, "without its matrix B " + query);
  place.refuses({{query + ".alpha", at::ones({1})}}, "without its matrix A " + query);
  place.refuses(with(one_layer(), down, at::full({2, 8}, NAN)), "not finite " + query);
  place.refuses(with(one_layer(), query + ".alpha", at::full({1}, INFINITY)), "not finite " + query);
  place.refuses(with(one_layer(), down, at::ones({2, 8}, at::kLong)), "not floating " + query);
  place.refuses(with(one_layer(), query + ".alpha", at::ones({2})), "no single number " + query + ".alpha");
  place.refuses(with(one_layer(), query + ".dora_scale", at::ones({8, 1})), "of another kind than LoRA " + query);
  place.refuses(with(one_layer(), query + ".lora_down.weight", at::ones({2, 8})), "twice there " + query);
  CHECK_THROWS_AS(place.read(one_layer(), {{"lora_adapter_metadata", "{"}}), ConfigError);
}
