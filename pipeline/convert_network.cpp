#include "pipeline/convert_network.h"

#include <algorithm>
#include <filesystem>

#include "pipeline/convert_config.h"
#include "pipeline/weight_import.h"
#include "pipeline/weights.h"

namespace mds {
namespace {

// A setting that cannot be seen in the weights, and the only value that our networks support.
struct Setting {
  const char* key;
  Json value;
};

std::string differing(const Json& config, const std::vector<Setting>& settings) {
  for (const auto& [key, value] : settings)
    if (const auto found = config.find(key); found != config.end() && !found->is_null() && *found != value)
      return std::string(key) + " is " + shown(*found) + ", the network has " + shown(value);
  return {};
}

bool has_stacks(const UNetSpec& spec, size_t i) {
  const auto some = [](const std::vector<int64_t>& depths) { return std::ranges::any_of(depths, std::identity{}); };
  return some(spec.levels[i].down) || some(spec.levels[i].up) || (i + 1 == spec.levels.size() && spec.mid > 0);
}

// How the network differs from what all other libraries compute, where the weights cannot show it; empty: not at all.
std::string unlike_all(const UNetSpec& spec) {
  for (size_t i = 0; i < spec.levels.size(); ++i) {
    const TransformerOptions& stack = spec.levels[i].stack;
    if (!has_stacks(spec, i)) continue;
    if (stack.ff_activation != Activation::gelu || stack.attention != AttentionFunction::softmax)
      return "levels." + std::to_string(i) + " has " + std::string(name_of(stack.ff_activation)) +
             " in its feed-forwards and " + std::string(name_of(stack.attention)) +
             " attention; other libraries have gelu and softmax";
  }
  return {};
}
std::string unlike_half(const auto& spec) {
  const bool relu = spec.mid_attention && *spec.mid_attention != AttentionFunction::softmax;
  return relu ? "mid_attention is relu; other libraries have softmax" : "";
}
std::string unlike_all(const EncoderSpec& spec) {
  return spec.downsample_padding == Padding::after ? unlike_half(spec)
                                                   : "downsample_padding is not after, as in other libraries";
}
std::string unlike_all(const DecoderSpec& spec) { return unlike_half(spec); }
std::string unlike_all(const auto&) { return {}; }

// diffusers calls the number of heads attention_head_dim where num_attention_heads is absent. It is one number, or one
// per level.
std::string differing_heads(const UNetSpec& spec, const Json& config) {
  const Json& counts = config.contains("num_attention_heads") && !config["num_attention_heads"].is_null()
                           ? config["num_attention_heads"]
                           : config.value("attention_head_dim", Json(nullptr));
  for (size_t i = 0; i < spec.levels.size() && !counts.is_null(); ++i) {
    const LevelSpec& level = spec.levels[i];
    if (!has_stacks(spec, i)) continue;
    const int64_t width = level.transformer_width ? level.transformer_width : level.width;
    const int64_t heads = level.stack.heads ? level.stack.heads : width / level.stack.head_width;
    const Json theirs = counts.is_array() && i < counts.size() ? counts[i] : counts;
    if (theirs != heads)
      return "has " + shown(theirs) + " attention heads at level " + std::to_string(i + 1) + ", the network " +
             std::to_string(heads);
  }
  return {};
}

std::string against(const UNetSpec& spec, const Json& config) {
  const std::string heads = differing_heads(spec, config);
  if (!heads.empty()) return heads;
  const Json id_width = spec.time_ids > 0 ? Json(spec.time_id_width) : Json(nullptr);
  return differing(config, {{"act_fn", "silu"},
                            {"addition_time_embed_dim", id_width},
                            {"attention_type", reads_layout(spec) ? "gated" : "default"},
                            {"center_input_sample", false},
                            {"class_embed_type", nullptr},
                            {"cross_attention_norm", nullptr},
                            {"downsample_padding", 1},
                            {"dual_cross_attention", false},
                            {"encoder_hid_dim_type", nullptr},
                            {"flip_sin_to_cos", true},
                            {"freq_shift", 0},
                            {"mid_block_scale_factor", 1},
                            {"norm_eps", 1e-5},
                            {"norm_num_groups", most_norm_groups},
                            {"only_cross_attention", false},
                            {"resnet_out_scale_factor", 1},
                            {"resnet_skip_time_act", false},
                            {"resnet_time_scale_shift", "default"},
                            {"time_embedding_act_fn", nullptr},
                            {"time_embedding_type", "positional"},
                            {"timestep_post_act", nullptr}});
}

std::string against_autoencoder(int64_t groups, const Json& config) {
  return differing(config, {{"act_fn", "silu"}, {"norm_num_groups", groups}});
}
std::string against(const EncoderSpec& spec, const Json& config) { return against_autoencoder(spec.groups, config); }
std::string against(const DecoderSpec& spec, const Json& config) { return against_autoencoder(spec.groups, config); }

// For diffusers' AutoencoderTiny: its weights show everything except the activation.
std::string against(const TaesdEncoderSpec&, const Json& config) { return differing(config, {{"act_fn", "relu"}}); }
std::string against(const TaesdDecoderSpec&, const Json& config) { return differing(config, {{"act_fn", "relu"}}); }
std::string against(const AdapterSpec&, const Json& config) {
  return differing(config, {{"adapter_type", "full_adapter"}, {"downscale_factor", pixels_a_latent}});
}
std::string against(const ControlNetSpec& spec, const Json& config) {
  const std::string heads = differing_heads(spec.unet, config);
  return heads.empty() ? differing(config, {{"act_fn", "silu"}, {"global_pool_conditions", false}}) : heads;
}
std::string against(const HintSpec&, const Json& config) {
  return differing(config, {{"controlnet_conditioning_channel_order", "rgb"}});
}
std::string against(const InceptionSpec&, const Json&) { return {}; }
std::string against(const LpipsSpec&, const Json&) { return {}; }
std::string against(const EfficientNetSpec&, const Json&) { return {}; }

// open_clip's own configuration has one flag for both towers; it is off where it is absent.
std::string against_open_clip(Activation activation, const Json& model) {
  const Activation theirs = model.value("quick_gelu", Json(false)) == true ? Activation::quick_gelu : Activation::gelu;
  if (theirs == activation) return {};
  return "model_cfg.quick_gelu says " + std::string(name_of(theirs)) + ", the network has " +
         std::string(name_of(activation));
}

std::string against_tower(const auto& spec, const Json& whole, const char* part) {
  if (whole.contains("model_cfg") && whole["model_cfg"].is_object())
    return against_open_clip(spec.activation, whole["model_cfg"]);
  const Json& config = whole.contains(part) && whole[part].is_object() ? whole[part] : whole;
  return differing(config, {{"hidden_act", std::string(name_of(spec.activation))},
                            {"num_attention_heads", spec.heads},
                            {"layer_norm_eps", 1e-5}});
}
std::string against(const TextTowerSpec& spec, const Json& config) {
  return against_tower(spec, config, "text_config");
}
std::string against(const ImageTowerSpec& spec, const Json& config) {
  return against_tower(spec, config, "vision_config");
}

void take_projection(TextTowerSpec& spec, const TensorMap& tensors) {
  if (spec.projection > 0) return;
  const auto linear = tensors.find("text_projection.weight"), bare = tensors.find("text_projection");
  if (linear != tensors.end() && linear->second.dim() == 2) spec.projection = linear->second.size(0);
  if (bare != tensors.end() && bare->second.dim() == 2) spec.projection = bare->second.size(1);
}
void take_projection(auto&, const TensorMap&) {}

// A network, and the reason why the part is not this network; empty if it is.
struct Candidate {
  ChosenNetwork network;
  std::vector<std::string> problems{};
};

Candidate judged(const ChosenNetwork& network, const FoundPart& part) {
  Candidate candidate{.network = network};
  std::visit([&](auto& spec) { take_projection(spec, part.tensors); }, candidate.network.spec);
  const Plan plan = make_plan(candidate.network.spec);
  candidate.problems = problems(match_names(plan, part.layout, part.tensors, part.source.file), part.tensors);
  const std::string unlike = std::visit([](const auto& spec) { return unlike_all(spec); }, candidate.network.spec);
  if (!unlike.empty()) candidate.problems.push_back(network.name + ": " + unlike);
  const std::string against = contradiction(candidate.network.spec, part.source.config);
  if (!against.empty()) candidate.problems.push_back(part.source.config_file + ": " + against);
  return candidate;
}

PartKind kind_of_network(const NetworkSpec& spec) { return kind_of(make_plan(spec)); }

std::vector<std::string> shipped_networks() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(shipped_file("configs/architectures")))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

// The shipped networks of the part's kind for which the layout has names; the nearest first.
std::vector<Candidate> shipped_candidates(const FoundPart& part) {
  std::vector<Candidate> candidates;
  for (const auto& name : shipped_networks()) {
    try {
      const NetworkSpec spec = load_network(name);
      if (kind_of_network(spec) == part.kind) candidates.push_back(judged({name, spec}, part));
    } catch (const ConfigError&) {  // a network that other libraries do not have: the layout has no names for it
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& x, const auto& y) { return x.problems.size() < y.problems.size(); });
  return candidates;
}

// Such as "unet/config.json".
std::string name_of_config(const FoundPart& part) {
  const std::filesystem::path file = part.source.config_file;
  return (file.parent_path().filename() / file.filename()).string();
}

}  // namespace

std::string contradiction(const NetworkSpec& spec, const Json& config) {
  if (!config.is_object()) return {};
  return std::visit([&](const auto& s) { return against(s, config); }, spec);
}

ChosenNetwork choose_network(const FoundPart& part, std::vector<ChosenNetwork>& given) {
  const std::string place = part.source.file + ": " + part.part;
  const auto mine = std::find_if(given.begin(), given.end(),
                                 [&](const auto& network) { return kind_of_network(network.spec) == part.kind; });
  if (mine != given.end()) {
    const Candidate candidate = judged(*mine, part);
    given.erase(mine);
    complain(place + " as " + candidate.network.name, candidate.problems);
    return candidate.network;
  }
  const auto candidates = shipped_candidates(part);
  const bool fits = !candidates.empty() && candidates[0].problems.empty();
  if (const auto spec = fits ? std::nullopt : network_of_config(part)) {
    const Candidate candidate = judged({name_of_config(part), *spec}, part);
    complain(place + " as " + part.source.config_file + " describes it", candidate.problems);
    return candidate.network;
  }
  if (candidates.empty())
    throw FileError(place + ": no shipped network has names in the " + std::string(name_of(part.layout)) +
                    " layout; give `network` FILE.json");
  complain(place + ": no shipped network fits; give `network`. The nearest is " + candidates[0].network.name,
           candidates[0].problems);
  for (size_t i = 1; i < candidates.size() && candidates[i].problems.empty(); ++i)
    if (hash_of(candidates[i].network.spec) != hash_of(candidates[0].network.spec))
      throw FileError(place + ": " + candidates[0].network.name + " and " + candidates[i].network.name +
                      " fit its weights alike; give `network`");
  return candidates[0].network;
}

}  // namespace mds
