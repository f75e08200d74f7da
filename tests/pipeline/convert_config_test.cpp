// Networks as configurations of diffusers 0.42.1 and transformers 5.24 describe them, where no shipped one fits.
#include "pipeline/convert_config.h"

#include "tests/pipeline/convert_workplace.h"

using namespace mds;
using namespace mds::foreign;
using Catch::Contains;

namespace {

// stabilityai/stable-diffusion-2-1's unet/config.json, without fields at their defaults.
Json stable_diffusion_2() {
  return {{"_class_name", "UNet2DConditionModel"},
          {"attention_head_dim", {5, 10, 20, 20}},
          {"block_out_channels", {320, 640, 1280, 1280}},
          {"cross_attention_dim", 1024},
          {"down_block_types", {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"}},
          {"dual_cross_attention", false},
          {"layers_per_block", 2},
          {"norm_num_groups", 32},
          {"sample_size", 96},
          {"up_block_types", {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"}},
          {"upcast_attention", true},
          {"use_linear_projection", true}};
}

Json tiny() {
  return {{"attention_head_dim", 4},
          {"block_out_channels", {32, 64}},
          {"cross_attention_dim", 16},
          {"down_block_types", {"CrossAttnDownBlock2D", "DownBlock2D"}},
          {"layers_per_block", 1},
          {"sample_size", 8},
          {"up_block_types", {"UpBlock2D", "CrossAttnUpBlock2D"}}};
}

NetworkSpec described(PartKind kind, const Json& config, TensorMap tensors = {}) {
  const FoundPart part{.part = std::string(name_of(kind)),
                       .kind = kind,
                       .layout = Layout::diffusers,
                       .prefix = "",
                       .tensors = std::move(tensors),
                       .source = {.file = "in/model.safetensors", .config = config, .config_file = "in/config.json"}};
  const auto spec = network_of_config(part);
  REQUIRE(spec);
  return *spec;
}

UNetSpec described_unet(const Json& config) { return std::get<UNetSpec>(described(PartKind::unet, config)); }

void check_refused(const std::string& key, const Json& value) {
  Json config = tiny();
  config[key] = value;
  INFO(key << " " << value);
  CHECK_THROWS_WITH(described_unet(config),
                    Contains("in/config.json: " + key + " is ") && Contains("our network can express"));
}

}  // namespace

TEST_CASE("Stable Diffusion 2.1's configuration gives a UNet of its size", "[pipeline]") {
  const UNetSpec unet = described_unet(stable_diffusion_2());
  CHECK(unet.levels[1].stack.heads == 10);
  CHECK(unet.levels[1].stack.linear_projections);
  CHECK(unet.levels[2].up == std::vector<int64_t>{1, 1, 1});
  CHECK(unet.levels[3].down == std::vector<int64_t>{0, 0});
  CHECK(unet.mid == 1);
  CHECK(cost(make_plan(unet)).params == 865910724);  // diffusers: sum of numel() over parameters()
}

TEST_CASE("configurations of SD-XL's kind give pooled text, sizes and several blocks in a stack", "[pipeline]") {
  Json config = tiny();
  config["addition_embed_type"] = "text_time";
  config["addition_time_embed_dim"] = 8;
  config["projection_class_embeddings_input_dim"] = 80;
  config["transformer_layers_per_block"] = {2, 3};
  const UNetSpec unet = described_unet(config);
  CHECK(unet.pooled_width == 32);
  CHECK(unet.time_ids == 6);
  CHECK(unet.levels[0].down == std::vector<int64_t>{2});
  CHECK(unet.levels[0].up == std::vector<int64_t>{2, 2});
  CHECK(unet.mid == 3);
  config["mid_block_type"] = nullptr;
  CHECK(described_unet(config).mid == -1);
}

TEST_CASE("what our UNet cannot express is refused by the field's name", "[pipeline]") {
  check_refused("in_channels", 9);
  check_refused("class_embed_type", "timestep");
  check_refused("conv_in_kernel", 1);
  check_refused("down_block_types", {"CrossAttnDownBlock2D", "AttnDownBlock2D"});
  check_refused("mid_block_type", "UNetMidBlock2DSimpleCrossAttn");
  check_refused("cross_attention_dim", {16, 32});
  check_refused("addition_embed_type", "image");
  check_refused("attention_head_dim", {4, 4, 4});
  check_refused("_class_name", "UNet2DModel");
}

TEST_CASE("autoencoders and text towers are described by their configurations", "[pipeline]") {
  const Json config{{"block_out_channels", {32, 64}}, {"layers_per_block", 1}, {"norm_num_groups", 16}};
  const auto encoder = std::get<EncoderSpec>(described(PartKind::vae_encoder, config));
  const auto decoder = std::get<DecoderSpec>(described(PartKind::vae_decoder, config));
  CHECK(encoder.blocks == 1);
  CHECK(encoder.downsample_padding == Padding::after);
  CHECK(decoder.blocks == 2);
  CHECK(decoder.groups == 16);
  CHECK(decoder.mid_attention == AttentionFunction::softmax);
  const Json text{{"hidden_size", 32}, {"num_attention_heads", 4}, {"num_hidden_layers", 5}, {"hidden_act", "gelu"}};
  const TensorMap tokens{{"embeddings.token_embedding.weight", at::zeros({600, 32})}};
  const auto tower = std::get<TextTowerSpec>(described(PartKind::text_encoder, text, tokens));
  CHECK(tower.vocabulary == 600);
  CHECK(tower.mlp == 2048);  // transformers' default
  CHECK(tower.activation == Activation::gelu);
}

TEST_CASE("a model of which nothing is shipped is converted by its configurations", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  fs::remove_all(w.root + "/configs/architectures");
  fs::create_directories(w.root + "/configs/architectures");
  fs::remove_all(w.in + "/text_encoder_2");
  const Plan unet = make_plan(described_unet(tiny()));
  w.write("unet/diffusion_pytorch_model.safetensors", export_weights(unet, Layout::diffusers, numbered(unet)));
  w.write("unet/config.json", tiny());
  w.write("text_encoder/config.json", Json{{"hidden_size", 8},
                                           {"intermediate_size", 16},
                                           {"max_position_embeddings", 4},
                                           {"num_attention_heads", 2},
                                           {"num_hidden_layers", 2}});
  const auto parts = w.run({.from = Layout::diffusers, .parts = {"unet", "text_encoder"}});
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].network == "unet/config.json");
  CHECK(parts[1].network == "text_encoder/config.json");
  w.check_part("unet", unet);
  w.check_part("text_encoder", make_plan(text_spec(0)));
  fs::remove_all(w.out);
  Json other = tiny();
  other["layers_per_block"] = 2;
  w.write("unet/config.json", other);
  w.check_refused({.from = Layout::diffusers, .parts = {"unet"}}, "unet/config.json describes it: ");
}
