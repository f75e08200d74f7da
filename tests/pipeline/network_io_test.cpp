// A network's inputs and outputs by name, and the errors that a file of them can have.
#include "pipeline/network_io.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <cmath>

#include "tests/catch.h"
#include "tests/pipeline/tiny_specs.h"

using namespace mds;
using Catch::Contains;

namespace {

std::vector<std::string> names_of(const NetworkSpec& spec) {
  std::vector<std::string> names;
  for (const auto& input : inputs_of(spec)) names.push_back(input.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("inputs and outputs have the names that diffusers and transformers give them", "[pipeline][torch]") {
  const auto [spec, inputs, outputs] = GENERATE(table<NetworkSpec, Names, Names>({
      {tiny::unet(), {"sample", "timestep", "encoder_hidden_states"}, {"sample"}},
      {tiny::xl_unet(), {"sample", "timestep", "encoder_hidden_states", "text_embeds", "time_ids"}, {"sample"}},
      {tiny::encoder(), {"sample"}, {"moments"}},
      {tiny::decoder(), {"latent"}, {"sample"}},
      {tiny::text_tower(), {"input_ids"}, {"last_hidden_state", "penultimate", "text_embeds"}},
      {tiny::image_tower(), {"pixel_values"}, {"image_embeds"}},
      {tiny::lpips(), {"image0", "image1"}, {"distance"}},
      {EfficientNetSpec{.size = 32}, {"images"}, {"features"}},
  }));
  CHECK(names_of(spec) == inputs);
  CHECK(outputs_of(make_plan(spec)) == outputs);
}

TEST_CASE("one timestep stands for all samples, and may be an integer", "[pipeline][torch]") {
  TensorMap tensors = tiny::inputs(tiny::unet(), 2);
  const Tensor timestep = GENERATE(at::scalar_tensor(7), at::full({1}, 7), at::full({2}, 7, at::kInt));
  tensors["timestep"] = timestep;
  const auto inputs = inputs_from(tensors, tiny::unet(), "in.safetensors");
  CHECK(at::equal(inputs[1], at::full({2}, 7, at::kFloat)));
}

TEST_CASE("an input that does not fit is named with what was got and what is expected", "[pipeline][torch]") {
  NetworkSpec spec = tiny::unet();
  TensorMap tensors = tiny::inputs(tiny::xl_unet(), 2);
  tensors.erase("text_embeds");
  tensors.erase("time_ids");
  std::string message;
  SECTION("missing") {
    tensors.erase("timestep");
    message = "\"timestep\" is missing; expected [N] of floating numbers or integers, or one number for all samples";
  }
  SECTION("of another network") {
    tensors["latent"] = at::zeros({1});
    message = "unexpected tensor \"latent\"; the network takes sample, timestep, encoder_hidden_states";
  }
  SECTION("of another size") {
    tensors["sample"] = at::zeros({2, 4, 8, 9});
    message = "\"sample\" is [2, 4, 8, 9] of Float; expected [N, 4, 8, 8] of floating numbers";
  }
  SECTION("without samples") {
    tensors["sample"] = at::zeros({0, 4, 8, 8});
    message = "\"sample\" is [0, 4, 8, 8] of Float";
  }
  SECTION("of another batch") {
    tensors["encoder_hidden_states"] = at::zeros({3, 5, 16});
    message = "\"encoder_hidden_states\" is of 3 samples; \"sample\" is of 2";
  }
  SECTION("of another type") {
    tensors["sample"] = at::zeros({2, 4, 8, 8}, at::kLong);
    message = "\"sample\" is [2, 4, 8, 8] of Long; expected [N, 4, 8, 8] of floating numbers";
  }
  SECTION("not finite") {
    tensors["timestep"] = at::full({2}, std::nan(""));
    message = "\"timestep\" holds a number that is not finite";
  }
  SECTION("floating ids") {
    spec = tiny::text_tower();
    tensors = {{"input_ids", at::zeros({1, 6})}};
    message = "\"input_ids\" is [1, 6] of Float; expected [N, 6] of integers";
  }
  SECTION("ids of no token") {
    spec = tiny::text_tower();
    tensors = {{"input_ids", at::full({1, 6}, 20, at::kLong)}};
    message = "\"input_ids\" holds ids from 20 to 20; allowed: 0 to 19";
  }
  CHECK_THROWS_WITH(inputs_from(tensors, spec, "in.safetensors"), Contains("in.safetensors: ") && Contains(message));
}

TEST_CASE("a text is pooled at the first of its largest ids", "[pipeline][torch]") {
  torch::NoGradGuard no_grad;
  const auto network = make_network(make_plan(tiny::text_tower()));
  initialise(*network, 1);
  const auto embedding = [&](std::vector<int64_t> ids) {
    return run_network(*network, tiny::text_tower(), {{at::tensor(ids).unsqueeze(0)}})[2];
  };
  const Tensor text = embedding({18, 3, 4, 19, 19, 19});
  CHECK(at::equal(text, embedding({18, 3, 4, 19, 0, 0})));  // causal: no token sees a later one
  CHECK(!at::allclose(text, embedding({18, 3, 19, 19, 19, 19})));
}

TEST_CASE("pictures of any size become levels at the network's size, and only bytes are pictures",
          "[pipeline][torch]") {
  const NetworkSpec spec = InceptionSpec{.size = 75, .width_divisor = 16};
  const auto taken = [&](const Tensor& images) { return inputs_from({{"images", images}}, spec, "in")[0]; };
  const Tensor images = at::randint(256, {2, 3, 75, 75}, at::kByte);
  CHECK(at::equal(taken(images), images.to(at::kFloat)));
  CHECK(at::equal(taken(at::full({1, 3, 20, 90}, 7, at::kByte)), at::full({1, 3, 75, 75}, 7.0f)));
  const std::string expected = "expected [N, 3, height, width] of bytes";
  CHECK_THROWS_WITH(taken(images.to(at::kFloat)), Contains("\"images\" is [2, 3, 75, 75] of Float; " + expected));
  CHECK_THROWS_WITH(taken(images.narrow(1, 0, 1)), Contains(expected));
  CHECK_THROWS_WITH(taken(images.narrow(0, 0, 0)), Contains(expected));
}

TEST_CASE("pictures of a network that does not resize are of its size", "[pipeline][torch]") {
  const NetworkSpec spec = EfficientNetSpec{.size = 32};
  const Tensor images = at::randint(256, {2, 3, 32, 32}, at::kByte);
  CHECK(at::equal(inputs_from({{"images", images}}, spec, "in")[0], images.to(at::kFloat)));
  CHECK_THROWS_WITH(inputs_from({{"images", at::zeros({2, 3, 32, 40}, at::kByte)}}, spec, "in"),
                    Contains("\"images\" is [2, 3, 32, 40] of Byte; expected [N, 3, 32, 32] of bytes"));
}

TEST_CASE("LPIPS gives one distance for each pair of a batch", "[pipeline][torch]") {
  const torch::NoGradGuard no_grad;
  const NetworkSpec spec = tiny::lpips();
  const NetworkPtr network = make_network(make_plan(spec));
  initialise(*network, 3);
  const auto inputs = inputs_from(tiny::inputs(spec, 3), spec, "in");
  const Tensor distance = run_network(*network, spec, inputs).at(0);
  CHECK(distance.sizes() == at::IntArrayRef({3}));
  CHECK(distance.gt(0).all().item<bool>());
  CHECK(run_network(*network, spec, {{inputs[0], inputs[0]}}).at(0).eq(0).all().item<bool>());
}
