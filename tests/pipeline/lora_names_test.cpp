// The names that other libraries give to low-rank updates, made from the paths of layers.
#include "pipeline/lora_names.h"

#include <algorithm>
#include <map>
#include <set>

#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;

namespace {

LoraNames names_of(const std::string& unet, const std::string& text = "clip-vit-l-14-text") {
  return LoraNames({{"unet", make_plan(load_network(unet))}, {"text_encoder", make_plan(load_network(text))}});
}

std::string path_of(const LoraNames& names, const std::string& name) {
  const LoraTarget* target = names.find(name);
  return target ? target->part + "/" + target->path : "";
}

}  // namespace

TEST_CASE("a layer is found by the names that each library gives it", "[pipeline]") {
  const LoraNames names = names_of("sd15");
  const std::string out = "unet/down2.1.attn.0.ca.out", query = "text_encoder/layers.3.attn.q";
  for (const std::string begin : {"unet.", "", "base_model.model."})
    CHECK(path_of(names, begin + "down_blocks.1.attentions.1.transformer_blocks.0.attn2.to_out.0") == out);
  CHECK(path_of(names, "unet.down_blocks.1.attentions.1.transformer_blocks.0.attn2.processor.to_out_lora") == out);
  CHECK(path_of(names, "lora_unet_down_blocks_1_attentions_1_transformer_blocks_0_attn2_to_out_0") == out);
  CHECK(path_of(names, "lora_unet_input_blocks_5_1_transformer_blocks_0_attn2_to_out_0") == out);
  CHECK(path_of(names, "lora_te_text_model_encoder_layers_3_self_attn_q_proj") == query);
  CHECK(path_of(names, "lora_te1_text_model_encoder_layers_3_self_attn_q_proj") == query);
  CHECK(path_of(names, "text_encoder.text_model.encoder.layers.3.self_attn.q_proj") == query);
  CHECK(path_of(names, "text_encoder.encoder.layers.3.self_attn.q_proj") == query);
  CHECK(path_of(names, "lora_unet_down_blocks_1_attentions_1_transformer_blocks_0_attn2_to_out").empty());
  CHECK(path_of(names, "").empty());
}

TEST_CASE("no two layers are written under one name, and each is found by what it is written under", "[pipeline]") {
  const LoraNames names = names_of(GENERATE("sd15", "sdxl", "mobilediffusion"));
  std::set<std::string> written;
  for (const auto& target : names.targets())
    for (const auto& name : {target.peft, target.kohya}) {
      INFO(name);
      CHECK(written.insert(name).second);
      CHECK(names.find(name) == &target);
    }
}

TEST_CASE("layers that diffusers has are written as diffusers names them, others by our paths", "[pipeline]") {
  const LoraNames known = names_of("sd15"), own = names_of("mobilediffusion");
  CHECK(known.targets()[0].peft == "unet.time_embedding.linear_1");
  CHECK(known.targets()[0].kohya == "lora_unet_time_embedding_linear_1");
  CHECK(own.targets()[0].peft == "unet.time.0");
  CHECK(own.targets().back().kohya == "lora_te_text_model_encoder_layers_11_mlp_fc2");
  CHECK(own.find("unet.time_embedding.linear_1") == &own.targets()[0]);
}

TEST_CASE("a convolution with groups is no layer for updates", "[pipeline]") {
  const LoraNames names = names_of("mobilediffusion");
  for (const auto& target : names.targets()) {
    INFO(target.path);
    CHECK_FALSE(target.path.ends_with(".dw"));
  }
}

TEST_CASE("a tensor's name tells its layer and its place in the update", "[pipeline]") {
  const LoraNames names = names_of("sd15");
  const auto role = [&](const std::string& name) {
    const auto key = names.key_of(name);
    return key ? int(key->role) : -1;
  };
  CHECK(role("unet.conv_in.lora_A.weight") == int(LoraRole::down));
  CHECK(role("unet.conv_in.lora.up.weight") == int(LoraRole::up));
  CHECK(role("lora_unet_conv_in.alpha") == int(LoraRole::alpha));
  CHECK(role("lora_unet_conv_in.dora_scale") == int(LoraRole::other));
  CHECK(role("text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_linear_layer.down.weight") ==
        int(LoraRole::down));
  CHECK(role("unet.conv_in.weight") == -1);
  CHECK(role("unet.conv_inlora_A.weight") == -1);
  CHECK(role(".alpha") == -1);
}

TEST_CASE("an update costs its two products at the layer's positions", "[pipeline]") {
  const Plan plan = make_plan(load_network("sd15"));
  for (const auto& step : plan.steps)
    for (const auto& layer : layers(step.block, step.site)) {
      const std::string path = layer_path(step.path, layer.name);
      if (path == "down1.0.attn.0.sa.q") {  // 4096 tokens, 320 wide
        CHECK(cost_beside(layer, 4).params == 4 * (320 + 320));
        CHECK(cost_beside(layer, 4).macs == 4096 * 4 * (320 + 320));
      }
      if (path == "down1.downsample") {  // 3 x 3, to 32 x 32
        CHECK(cost_beside(layer, 4).params == 4 * (9 * 320 + 320));
        CHECK(cost_beside(layer, 4).macs == 1024 * 4 * (9 * 320 + 320));
      }
    }
}
