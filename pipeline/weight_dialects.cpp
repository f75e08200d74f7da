// The tables of all dialects. Rules that several dialects share, such as those inside a stack, are written only once.
#include "pipeline/weight_names.h"

namespace mds {
namespace {

using Rules = std::vector<NameRule>;
using enum PartKind;
using enum Layout;

using Names = std::vector<std::string_view>;

Rules joined(Rules first, const Rules& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}
Names joined(Names first, const Names& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// CompVis and diffusers use the same names inside a stack.
const Rules& stack_layers() {
  static const Rules rules = {
      {"norm", "norm"},
      {"proj_in", "proj_in"},
      {"proj_out", "proj_out"},
      {"#.norm_sa", "transformer_blocks.#.norm1"},
      {"#.sa.q", "transformer_blocks.#.attn1.to_q"},
      {"#.sa.k", "transformer_blocks.#.attn1.to_k"},
      {"#.sa.v", "transformer_blocks.#.attn1.to_v"},
      {"#.sa.out", "transformer_blocks.#.attn1.to_out.0"},
      {"#.norm_ca", "transformer_blocks.#.norm2"},
      {"#.ca.q", "transformer_blocks.#.attn2.to_q"},
      {"#.ca.k", "transformer_blocks.#.attn2.to_k"},
      {"#.ca.v", "transformer_blocks.#.attn2.to_v"},
      {"#.ca.out", "transformer_blocks.#.attn2.to_out.0"},
      {"#.box.in", "transformer_blocks.#.fuser.linear"},
      {"#.norm_box", "transformer_blocks.#.fuser.norm1"},
      {"#.box.q", "transformer_blocks.#.fuser.attn.to_q"},
      {"#.box.k", "transformer_blocks.#.fuser.attn.to_k"},
      {"#.box.v", "transformer_blocks.#.fuser.attn.to_v"},
      {"#.box.out", "transformer_blocks.#.fuser.attn.to_out.0"},
      {"#.box.gate", "transformer_blocks.#.fuser.alpha_attn", Form::scalar},
      {"#.norm_box_ff", "transformer_blocks.#.fuser.norm2"},
      {"#.box_ff.in", "transformer_blocks.#.fuser.ff.net.0.proj"},
      {"#.box_ff.out", "transformer_blocks.#.fuser.ff.net.2"},
      {"#.box_ff.gate", "transformer_blocks.#.fuser.alpha_dense", Form::scalar},
      {"#.norm_ff", "transformer_blocks.#.norm3"},
      {"#.ff.in", "transformer_blocks.#.ff.net.0.proj"},
      {"#.ff.out", "transformer_blocks.#.ff.net.2"},
  };
  return rules;
}

// So do they and GLIGEN in the network that embeds boxes.
const Rules& position_steps() {
  static const Rules rules = {{"position.0", "position_net.linears.0"},
                              {"position.1", "position_net.linears.2"},
                              {"position.2", "position_net.linears.4"},
                              {"position.no_phrase", "position_net.null_positive_feature", Form::bare},
                              {"position.no_box", "position_net.null_position_feature", Form::bare}};
  return rules;
}

const Rules& diffusers_residual() {
  static const Rules rules = {{"norm1", "norm1"}, {"conv1", "conv1"}, {"time", "time_emb_proj"},
                              {"norm2", "norm2"}, {"conv2", "conv2"}, {"shortcut", "conv_shortcut"}};
  return rules;
}

Dialect diffusers_unet() {
  return {.kind = unet,
          .root = {},
          .uses = {{diffusers, {""}}},
          .steps = joined(position_steps(), {{"time.0", "time_embedding.linear_1"},
                                             {"time.1", "time_embedding.linear_2"},
                                             {"added.0", "add_embedding.linear_1"},
                                             {"added.1", "add_embedding.linear_2"},
                                             {"conv_in", "conv_in"},
                                             {"down#.#.conv", "down_blocks.$level.resnets.$index"},
                                             {"down#.#.attn", "down_blocks.$level.attentions.$index"},
                                             {"down#.downsample", "down_blocks.$level.downsamplers.0.conv"},
                                             {"mid.#.conv", "mid_block.resnets.$index"},
                                             {"mid.#.attn", "mid_block.attentions.$index"},
                                             {"up#.#.conv", "up_blocks.$inner.resnets.$index"},
                                             {"up#.#.attn", "up_blocks.$inner.attentions.$index"},
                                             {"up#.upsample", "up_blocks.$inner.upsamplers.0.conv"},
                                             {"norm_out", "conv_norm_out"},
                                             {"conv_out", "conv_out"}}),
          .layers = joined(diffusers_residual(), stack_layers()),
          .leave_be = {}};
}

Dialect compvis_unet() {
  return {.kind = unet,
          .root = {},
          .uses = {{compvis, {"model.diffusion_model.", ""}}},
          .steps = joined(position_steps(), {{"time.0", "time_embed.0"},
                                             {"time.1", "time_embed.2"},
                                             {"added.0", "label_emb.0.0"},
                                             {"added.1", "label_emb.0.2"},
                                             {"conv_in", "input_blocks.0.0"},
                                             {"down#.#.conv", "input_blocks.$block.$slot"},
                                             {"down#.#.attn", "input_blocks.$block.$slot"},
                                             {"down#.downsample", "input_blocks.$block.$slot.op"},
                                             {"mid.#.conv", "middle_block.$slot"},
                                             {"mid.#.attn", "middle_block.$slot"},
                                             {"up#.#.conv", "output_blocks.$block.$slot"},
                                             {"up#.#.attn", "output_blocks.$block.$slot"},
                                             {"up#.upsample", "output_blocks.$block.$slot.conv"},
                                             {"norm_out", "out.0"},
                                             {"conv_out", "out.2"}}),
          .layers = joined({{"norm1", "in_layers.0"},
                            {"conv1", "in_layers.2"},
                            {"time", "emb_layers.1"},
                            {"norm2", "out_layers.0"},
                            {"conv2", "out_layers.3"},
                            {"shortcut", "skip_connection"}},
                           stack_layers()),
          .leave_be = {}};
}

// One half of an autoencoder, from a file that holds both halves.
Dialect half_of_autoencoder(PartKind half, Dialect whole) {
  whole.kind = half;
  whole.root = half == vae_encoder ? "encoder." : "decoder.";
  whole.leave_be = half == vae_encoder ? std::vector<std::string_view>{"decoder.", "post_quant_conv."}
                                       : std::vector<std::string_view>{"encoder.", "quant_conv."};
  for (const auto training_only : {"loss.", "model_ema."}) whole.leave_be.emplace_back(training_only);
  return whole;
}

// `attention` has the names of the middle's attention layers, which diffusers renamed once.
Dialect diffusers_autoencoder(const Rules& attention) {
  return {.kind = {},
          .root = {},
          .uses = {{diffusers, {""}}},
          .steps = {{"quant", "quant_conv"},
                    {"post_quant", "post_quant_conv"},
                    {"conv_in", "{root}conv_in"},
                    {"down#.#.conv", "{root}down_blocks.$level.resnets.$index"},
                    {"down#.downsample", "{root}down_blocks.$level.downsamplers.0.conv"},
                    {"mid.#.conv", "{root}mid_block.resnets.$index"},
                    {"mid.#.attn", "{root}mid_block.attentions.$index"},
                    {"up#.#.conv", "{root}up_blocks.$inner.resnets.$index"},
                    {"up#.upsample", "{root}up_blocks.$inner.upsamplers.0.conv"},
                    {"norm_out", "{root}conv_norm_out"},
                    {"conv_out", "{root}conv_out"}},
          .layers = joined(diffusers_residual(), attention),
          .leave_be = {}};
}

Dialect compvis_autoencoder() {
  return {.kind = {},
          .root = {},
          .uses = {{compvis, {"first_stage_model.", ""}}},
          .steps = {{"quant", "quant_conv"},
                    {"post_quant", "post_quant_conv"},
                    {"conv_in", "{root}conv_in"},
                    {"down#.#.conv", "{root}down.$level.block.$index"},
                    {"down#.downsample", "{root}down.$level.downsample.conv"},
                    {"mid.#.conv", "{root}mid.block_$number"},
                    {"mid.#.attn", "{root}mid.attn_$number"},
                    {"up#.#.conv", "{root}up.$level.block.$index"},
                    {"up#.upsample", "{root}up.$level.upsample.conv"},
                    {"norm_out", "{root}norm_out"},
                    {"conv_out", "{root}conv_out"}},
          .layers = {{"norm1", "norm1"},
                     {"conv1", "conv1"},
                     {"norm2", "norm2"},
                     {"conv2", "conv2"},
                     {"shortcut", "nin_shortcut"},
                     {"norm", "norm"},
                     {"q", "q"},
                     {"k", "k"},
                     {"v", "v"},
                     {"out", "proj_out"}},
          .leave_be = {}};
}

const Rules& transformers_encoder() {
  static const Rules rules = {{"norm1", "layer_norm1"},
                              {"attn.q", "self_attn.q_proj"},
                              {"attn.k", "self_attn.k_proj"},
                              {"attn.v", "self_attn.v_proj"},
                              {"attn.out", "self_attn.out_proj"},
                              {"norm2", "layer_norm2"},
                              {"fc1", "mlp.fc1"},
                              {"fc2", "mlp.fc2"}};
  return rules;
}

// Since version 5, transformers writes a separate text tower without the root of its names.
Dialect transformers_text(std::string_view root) {
  return {.kind = text_encoder,
          .root = root,
          .uses = {{transformers, {""}},
                   {diffusers, {""}},
                   {compvis, {"cond_stage_model.transformer.", "conditioner.embedders.0.transformer."}}},
          .steps = {{"embeddings", "{root}embeddings"},
                    {"layers.#", "{root}encoder.layers.$index"},
                    {"final_norm", "{root}final_layer_norm"},
                    {"projection", "text_projection"}},
          .layers = joined(transformers_encoder(), {{"token", "token_embedding"}, {"position", "position_embedding"}}),
          .leave_be = {"text_model.embeddings.position_ids", "embeddings.position_ids", "text_projection.",
                       "vision_model.", "visual_projection.", "logit_scale"}};
}

Dialect transformers_image(std::string_view root) {
  return {.kind = image_encoder,
          .root = root,
          .uses = {{transformers, {""}}},
          .steps = {{"embeddings", "{root}embeddings"},
                    {"embeddings.norm", "{root}pre_layrnorm"},
                    {"layers.#", "{root}encoder.layers.$index"},
                    {"final_norm", "{root}post_layernorm"},
                    {"projection", "visual_projection"}},
          .layers = joined(transformers_encoder(), {{"patch", "patch_embedding"},
                                                    {"class", "class_embedding", Form::bare},
                                                    {"position", "position_embedding"}}),
          .leave_be = {"vision_model.embeddings.position_ids", "embeddings.position_ids", "text_model.",
                       "text_projection.", "logit_scale"}};
}

const Rules& open_clip_encoder() {
  static const Rules rules = {{"norm1", "ln_1"},
                              {"attn.q", "attn.in_proj", Form::query},
                              {"attn.k", "attn.in_proj", Form::key},
                              {"attn.v", "attn.in_proj", Form::value},
                              {"attn.out", "attn.out_proj"},
                              {"norm2", "ln_2"},
                              {"fc1", "mlp.c_fc"},
                              {"fc2", "mlp.c_proj"}};
  return rules;
}

// Other tensors in the file of a whole model, by open_clip or openai/CLIP, which stores its sizes as tensors.
const Names beside_towers = {"logit_scale",      "logit_bias",     "attn_mask",
                             "input_resolution", "context_length", "vocab_size"};

Dialect open_clip_text() {
  return {
      .kind = text_encoder,
      .root = {},
      .uses = {{open_clip, {"", "text."}}, {compvis, {"cond_stage_model.model.", "conditioner.embedders.1.model."}}},
      .steps = {{"embeddings", ""},
                {"layers.#", "transformer.resblocks.$index"},
                {"final_norm", "ln_final"},
                {"projection", "text_projection", Form::bare_transposed}},
      .layers =
          joined(open_clip_encoder(), {{"token", "token_embedding"}, {"position", "positional_embedding", Form::bare}}),
      .leave_be = joined({"text_projection", "visual."}, beside_towers)};
}

Dialect open_clip_image() {
  return {.kind = image_encoder,
          .root = {},
          .uses = {{open_clip, {""}}},
          .steps = {{"embeddings", "visual"},
                    {"layers.#", "visual.transformer.resblocks.$index"},
                    {"final_norm", "visual.ln_post"},
                    {"projection", "visual.proj", Form::bare_transposed}},
          .layers = joined(open_clip_encoder(), {{"patch", "conv1"},
                                                 {"class", "class_embedding", Form::bare},
                                                 {"position", "positional_embedding", Form::bare},
                                                 {"norm", "ln_pre"}}),
          .leave_be = joined(
              {"token_embedding.", "positional_embedding", "transformer.", "ln_final.", "text_projection", "text."},
              beside_towers)};
}

// pt_inception-2015-12-05-6726825d.pth, as torch-fidelity and pytorch-fid read it. No metric here needs its
// classifier.
Dialect torch_fidelity_inception() {
  return {.kind = inception,
          .root = {},
          .uses = {{torch_fidelity, {""}}},
          .steps = {},
          .layers = {},
          .leave_be = {"fc."},
          .keeps_names = true};
}

// conv1.0 and so on are our names for VGG's layers, conv1 and so on for AlexNet's.
Rules convolutions_of_lpips() {
  return {{"conv1.0", "net.slice1.0"},  {"conv1.1", "net.slice1.2"},  {"conv2.0", "net.slice2.5"},
          {"conv2.1", "net.slice2.7"},  {"conv3.0", "net.slice3.10"}, {"conv3.1", "net.slice3.12"},
          {"conv3.2", "net.slice3.14"}, {"conv4.0", "net.slice4.17"}, {"conv4.1", "net.slice4.19"},
          {"conv4.2", "net.slice4.21"}, {"conv5.0", "net.slice5.24"}, {"conv5.1", "net.slice5.26"},
          {"conv5.2", "net.slice5.28"}, {"conv1", "net.slice1.0"},    {"conv2", "net.slice2.3"},
          {"conv3", "net.slice3.6"},    {"conv4", "net.slice4.8"},    {"conv5", "net.slice5.10"}};
}

// torchvision numbers the same layers without slices: features.10 is net.slice3.10.
Rules convolutions_of_torchvision() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& rule : convolutions_of_lpips())
      list.push_back("features" + std::string(rule.theirs.substr(rule.theirs.rfind('.'))));
    return list;
  }();
  Rules rules = convolutions_of_lpips();
  for (size_t i = 0; i < rules.size(); ++i) rules[i].theirs = names[i];
  return rules;
}

// The whole state of lpips.LPIPS, or one file with torchvision's classifier and the heads of the package lpips. The
// scaling belongs to the network, and the package lists each head twice.
Dialect lpips_network(Layout layout, const Rules& convolutions) {
  return {.kind = perceptual,
          .root = {},
          .uses = {{layout, {""}}},
          .steps = joined(convolutions, {{"head1", "lin0.model.1"},
                                         {"head2", "lin1.model.1"},
                                         {"head3", "lin2.model.1"},
                                         {"head4", "lin3.model.1"},
                                         {"head5", "lin4.model.1"}}),
          .layers = {},
          .leave_be = {"scaling_layer.", "lins.", "classifier."}};
}

// For the package efficientnet_lite_pytorch.
Dialect efficientnet_lite_network() {
  return {.kind = efficientnet,
          .root = {},
          .uses = {{efficientnet_lite, {""}}},
          .steps = {{"stem.conv", "_conv_stem"},
                    {"stem.bn", "_bn0"},
                    {"blocks.#", "_blocks.$index"},
                    {"head.conv", "_conv_head"},
                    {"head.bn", "_bn1"}},
          .layers = {{"expand", "_expand_conv"},
                     {"expand_bn", "_bn0"},
                     {"depthwise", "_depthwise_conv"},
                     {"depthwise_bn", "_bn1"},
                     {"project", "_project_conv"},
                     {"project_bn", "_bn2"}},
          .leave_be = {"_fc."}};
}

// A T2IAdapter of kind full_adapter.
Dialect diffusers_adapter() {
  return {.kind = adapter,
          .root = {},
          .uses = {{diffusers, {"adapter.", ""}}},
          .steps = {{"conv_in", "conv_in"},
                    {"down#.conv_in", "body.$level.in_conv"},
                    {"down#.#.conv", "body.$level.resnets.$index"}},
          .layers = {{"conv1", "block1"}, {"conv2", "block2"}},
          .leave_be = {}};
}

Dialect diffusers_controlnet() {
  Dialect dialect = diffusers_unet();
  dialect.kind = controlnet;
  dialect.steps.push_back({"zero.#", "controlnet_down_blocks.$index"});
  dialect.steps.push_back({"zero_middle", "controlnet_mid_block"});
  dialect.leave_be = {"controlnet_cond_embedding."};
  return dialect;
}

// The encoder of a ControlNet's picture, in the same file.
Dialect diffusers_hint() {
  return {.kind = hint,
          .root = {},
          .uses = {{diffusers, {"controlnet_cond_embedding.", ""}}},
          .steps = {{"conv_in", "conv_in"}, {"blocks.#", "blocks.$index"}, {"conv_out", "conv_out"}},
          .layers = {},
          .leave_be = {}};
}

std::vector<Dialect> make_dialects() {
  std::vector<Dialect> list = {diffusers_unet(),
                               compvis_unet(),
                               transformers_text("text_model."),
                               transformers_text(""),
                               transformers_image("vision_model."),
                               transformers_image(""),
                               open_clip_text(),
                               open_clip_image(),
                               torch_fidelity_inception(),
                               lpips_network(lpips, convolutions_of_lpips()),
                               lpips_network(torchvision, convolutions_of_torchvision()),
                               efficientnet_lite_network(),
                               diffusers_adapter(),
                               diffusers_controlnet(),
                               diffusers_hint()};
  const Rules now = {{"norm", "group_norm"}, {"q", "to_q"}, {"k", "to_k"}, {"v", "to_v"}, {"out", "to_out.0"}};
  const Rules once = {{"norm", "group_norm"}, {"q", "query"}, {"k", "key"}, {"v", "value"}, {"out", "proj_attn"}};
  for (const auto half : {vae_encoder, vae_decoder})
    for (const auto& whole : {diffusers_autoencoder(now), diffusers_autoencoder(once), compvis_autoencoder()})
      list.push_back(half_of_autoencoder(half, whole));
  return list;
}

}  // namespace

const std::vector<Dialect>& dialects() {
  static const std::vector<Dialect> list = make_dialects();
  return list;
}

std::string_view layout_that_looks_like(const std::vector<std::string>& names) {
  static const std::vector<std::pair<std::string_view, Layout>> marks = {{"model.diffusion_model.", compvis},
                                                                         {"first_stage_model.", compvis},
                                                                         {"input_blocks.", compvis},
                                                                         {"mid.block_", compvis},
                                                                         {"down_blocks.", diffusers},
                                                                         {"up_blocks.", diffusers},
                                                                         {"mid_block.", diffusers},
                                                                         {"adapter.body.", diffusers},
                                                                         {"resblocks.", open_clip},
                                                                         {"self_attn.q_proj", transformers},
                                                                         {"Mixed_5b.", torch_fidelity},
                                                                         {"net.slice1.", lpips},
                                                                         {"_depthwise_conv.", efficientnet_lite},
                                                                         {"features.0.", torchvision}};
  for (const auto& [mark, layout] : marks)
    for (const auto& name : names)
      if (name.find(mark) != std::string::npos) return name_of(layout);
  return {};
}

}  // namespace mds
