#include "pipeline/convert_config.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace mds {
namespace {

constexpr int64_t sdxl_sizes = 6;     // of diffusers' addition_embed_type "text_time"
constexpr int64_t gligen_boxes = 30;  // of its attention_type "gated"

// Another library's configuration, and where its fields stand.
class Config {
 public:
  Config(const Json& json, Place place) : json_(json), place_(std::move(place)) {}

  template <class T>
  T get(const char* key, T value) const {
    take(json_, key, value, place_);
    return value;
  }
  Json raw(const char* key) const { return json_.value(key, Json(nullptr)); }
  bool says_none(const char* key) const { return json_.contains(key) && json_[key].is_null(); }

  // A field that is one value for all levels or a list with one each.
  template <class T>
  std::vector<T> each(const char* key, T value, size_t levels) const {
    if (!raw(key).is_array()) return std::vector<T>(levels, get(key, value));
    const auto list = get(key, std::vector<T>());
    require(key, list.size() == levels, "a value, or one for each of " + std::to_string(levels) + " levels");
    return list;
  }

  void require(const char* key, bool holds, const std::string& allowed) const {
    if (!holds) place_.child(key).fail("is " + raw(key).dump().substr(0, 80) + "; our network can express " + allowed);
  }

 private:
  const Json& json_;
  Place place_;
};

// Whether each level has transformers, outermost first, from the names of its blocks in diffusers.
std::vector<bool> with_transformers(const Config& config, const char* key, const std::string& side) {
  std::vector<bool> levels;
  for (const auto& type : config.get(key, std::vector<std::string>())) {
    const bool crossed = type == "CrossAttn" + side + "Block2D";
    config.require(key, crossed || type == side + "Block2D", "CrossAttn" + side + "Block2D and " + side + "Block2D");
    levels.push_back(crossed);
  }
  return levels;
}

bool is_depth(const Json& json) { return json.is_number_integer() && json.get<int64_t>() >= 0; }

// The depths of a level's layers: one number for all of them, or a list.
std::vector<int64_t> depths(const Config& config, const char* key, const Json& json, size_t layers) {
  if (json.is_array()) {
    const bool fits = json.size() == layers && std::all_of(json.begin(), json.end(), is_depth);
    config.require(key, fits, "a depth for each of a level's layers");
    return json.get<std::vector<int64_t>>();
  }
  config.require(key, is_depth(json), "depths of at least 0");
  return std::vector<int64_t>(layers, json.get<int64_t>());
}

void fill_depths(UNetSpec& spec, const Config& config) {
  const size_t count = spec.levels.size();
  const auto down = with_transformers(config, "down_block_types", "Down");
  auto up = with_transformers(config, "up_block_types", "Up");
  std::reverse(up.begin(), up.end());
  config.require("down_block_types", down.size() == count, "one block a level");
  config.require("up_block_types", up.size() == count, "one block a level");
  const auto layers = config.each<int64_t>("layers_per_block", 2, count);
  const auto depth = config.each<Json>("transformer_layers_per_block", 1, count);
  const bool has_reverse = config.raw("reverse_transformer_layers_per_block").is_array();
  const char* const up_key = has_reverse ? "reverse_transformer_layers_per_block" : "transformer_layers_per_block";
  auto up_depth = has_reverse ? config.each<Json>(up_key, 1, count) : depth;
  if (has_reverse) std::ranges::reverse(up_depth);
  for (size_t i = 0; i < count; ++i) {
    const auto n = size_t(std::clamp<int64_t>(layers[i], 0, 64));
    config.require("layers_per_block", layers[i] == int64_t(n), "0 to 64 layers");
    spec.levels[i].down =
        down[i] ? depths(config, "transformer_layers_per_block", depth[i], n) : std::vector<int64_t>(n);
    spec.levels[i].up = up[i] ? depths(config, up_key, up_depth[i], n + 1) : std::vector<int64_t>(n + 1);
  }
  const bool no_middle = config.says_none("mid_block_type");
  const auto middle = config.get<std::string>("mid_block_type", "UNetMidBlock2DCrossAttn");
  config.require("mid_block_type", middle == "UNetMidBlock2DCrossAttn", "UNetMidBlock2DCrossAttn, or null");
  spec.mid = !no_middle ? depths(config, "transformer_layers_per_block", depth.back(), 1)[0] : -1;
}

void fill_conditioning(UNetSpec& spec, const Config& config) {
  const auto text = config.each<int64_t>("cross_attention_dim", 1280, spec.levels.size());
  spec.text_width = text[0];
  config.require("cross_attention_dim", std::ranges::all_of(text, [&](auto width) { return width == text[0]; }),
                 "one width of text for all levels");
  spec.time_width = config.get<int64_t>("time_embedding_dim", 4 * spec.levels[0].width);
  const auto added = config.get<std::string>("addition_embed_type", "");
  config.require("addition_embed_type", added.empty() || added == "text_time", "null and \"text_time\"");
  if (added.empty()) return;
  spec.time_ids = sdxl_sizes;
  spec.time_id_width = config.get<int64_t>("addition_time_embed_dim", 0);
  const auto joined = config.get<int64_t>("projection_class_embeddings_input_dim", 0);
  spec.pooled_width = joined - sdxl_sizes * spec.time_id_width;
  config.require("projection_class_embeddings_input_dim", spec.pooled_width > 0, "more than the sinusoids of 6 sizes");
}

void fill_layout(UNetSpec& spec, const Config& config) {
  const auto attention = config.get<std::string>("attention_type", "default");
  config.require("attention_type", attention == "default" || attention == "gated", "\"default\" and \"gated\"");
  if (attention == "default") return;
  spec.boxes = gligen_boxes;
  for (LevelSpec& level : spec.levels) level.stack.grounding = true;
}

void refuse_what_no_unet_has(const Config& config) {
  const auto in = config.get<int64_t>("in_channels", 4);
  config.require("in_channels", in == config.get<int64_t>("out_channels", 4), "as many as out_channels");
  for (const char* key : {"conv_in_kernel", "conv_out_kernel"})
    config.require(key, config.get<int64_t>(key, 3) == 3, "kernels of 3");
  for (const char* key : {"class_embed_type", "num_class_embeds", "encoder_hid_dim", "encoder_hid_dim_type",
                          "time_cond_proj_dim", "cross_attention_norm"})
    config.require(key, config.raw(key).is_null(), "null");
  for (const char* key : {"mid_block_only_cross_attention", "class_embeddings_concat"})
    config.require(key, !config.get(key, false), "false");
}

UNetSpec unet_of(const Config& config) {
  config.require("_class_name",
                 config.get<std::string>("_class_name", "UNet2DConditionModel") == "UNet2DConditionModel",
                 "UNet2DConditionModel");
  refuse_what_no_unet_has(config);
  UNetSpec spec{.latent_channels = config.get<int64_t>("in_channels", 4), .levels = {}};
  const auto widths = config.get("block_out_channels", std::vector<int64_t>());
  config.require("block_out_channels", !widths.empty(), "at least one level");
  // diffusers calls the number of heads attention_head_dim where num_attention_heads is absent.
  const char* const heads_key =
      config.raw("num_attention_heads").is_null() ? "attention_head_dim" : "num_attention_heads";
  const auto heads = config.each<int64_t>(heads_key, 8, widths.size());
  for (size_t i = 0; i < widths.size(); ++i)
    spec.levels.push_back({.width = widths[i],
                           .stack = {.heads = heads[i],
                                     .share_self_kv = false,
                                     .ff_expansion = 8,
                                     .ff_activation = Activation::gelu,
                                     .linear_projections = config.get("use_linear_projection", false)}});
  fill_depths(spec, config);
  fill_conditioning(spec, config);
  fill_layout(spec, config);
  return spec;
}

template <class Spec>
Spec half_of(const Config& config, int64_t blocks_more) {
  config.require("_class_name", config.get<std::string>("_class_name", "AutoencoderKL") == "AutoencoderKL",
                 "AutoencoderKL");
  for (const char* key : {"in_channels", "out_channels"})
    config.require(key, config.get<int64_t>(key, 3) == 3, "pictures of 3 channels");
  for (const char* key : {"use_quant_conv", "use_post_quant_conv"})
    config.require(key, config.get(key, true), "autoencoders with both quant convolutions");
  Spec spec;
  spec.latent_channels = config.get<int64_t>("latent_channels", 4);
  spec.widths = config.get("block_out_channels", std::vector<int64_t>());
  spec.blocks = config.get<int64_t>("layers_per_block", 1) + blocks_more;
  spec.groups = config.get<int64_t>("norm_num_groups", 32);
  if (config.get("mid_block_add_attention", true)) spec.mid_attention = AttentionFunction::softmax;
  return spec;
}

// What both towers of a CLIP have, with transformers' own names.
template <class Spec>
Spec tower_of(const Config& config, Spec spec) {
  spec.width = config.get<int64_t>("hidden_size", spec.width);
  spec.layers = config.get<int64_t>("num_hidden_layers", 12);
  spec.heads = config.get<int64_t>("num_attention_heads", spec.heads);
  spec.mlp = config.get<int64_t>("intermediate_size", spec.mlp);
  const auto activation = config.get<std::string>("hidden_act", "quick_gelu");
  config.require("hidden_act", activation == "quick_gelu" || activation == "gelu", "quick_gelu and gelu");
  spec.activation = activation == "gelu" ? Activation::gelu : Activation::quick_gelu;
  return spec;
}

// The rows of the tensor whose name ends so; `otherwise` where there is none.
int64_t rows_of(const TensorMap& tensors, const std::string& ending, int64_t otherwise) {
  for (const auto& [name, tensor] : tensors)
    if (name.ends_with(ending) && tensor.dim() == 2) return tensor.size(0);
  return otherwise;
}

TextTowerSpec text_tower_of(const Config& config, const TensorMap& tensors) {
  TextTowerSpec spec = tower_of(config, TextTowerSpec{.width = 512, .heads = 8, .mlp = 2048});
  spec.tokens = config.get<int64_t>("max_position_embeddings", 77);
  spec.vocabulary = rows_of(tensors, "token_embedding.weight", config.get<int64_t>("vocab_size", 49408));
  return spec;
}

ImageTowerSpec image_tower_of(const Config& config, const TensorMap& tensors) {
  ImageTowerSpec spec = tower_of(config, ImageTowerSpec{.width = 768, .heads = 12, .mlp = 3072});
  spec.size = config.get<int64_t>("image_size", 224);
  spec.patch = config.get<int64_t>("patch_size", 32);
  spec.projection = rows_of(tensors, "visual_projection.weight", config.get<int64_t>("projection_dim", 512));
  return spec;
}

}  // namespace

std::optional<NetworkSpec> network_of_config(const FoundPart& part) {
  const Json& whole = part.source.config;
  if (!whole.is_object()) return std::nullopt;
  for (const PartKind shipped_alone : {PartKind::adapter, PartKind::controlnet, PartKind::hint})
    if (part.kind == shipped_alone) return std::nullopt;
  const bool is_text = part.kind == PartKind::text_encoder, is_image = part.kind == PartKind::image_encoder;
  const char* const inside = is_text ? "text_config" : "vision_config";  // of a CLIP's two towers
  const bool nested = (is_text || is_image) && whole.contains(inside) && whole[inside].is_object();
  if (!nested && !whole.contains(is_text || is_image ? "hidden_size" : "block_out_channels")) return std::nullopt;
  const Config config(nested ? whole[inside] : whole, {part.source.config_file, nested ? inside : ""});
  NetworkSpec spec;
  if (part.kind == PartKind::unet) spec = unet_of(config);
  if (part.kind == PartKind::vae_encoder) {
    auto encoder = half_of<EncoderSpec>(config, 0);
    encoder.downsample_padding = Padding::after;
    spec = encoder;
  }
  if (part.kind == PartKind::vae_decoder) spec = half_of<DecoderSpec>(config, 1);
  if (is_text) spec = text_tower_of(config, part.tensors);
  if (is_image) spec = image_tower_of(config, part.tensors);
  return network_from_json(to_json(spec), part.source.config_file);  // checks the ranges
}

}  // namespace mds
