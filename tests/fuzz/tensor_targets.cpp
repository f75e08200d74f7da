// The targets of the program that has LibTorch: model cards, configurations, reference statistics, cached latents, and
// configurations of other libraries. LibTorch itself has no sanitizers in it.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <filesystem>

#include "experiments/sweep/config.h"
#include "metrics/reference_npz.h"
#include "metrics/reference_stats.h"
#include "pipeline/convert_config.h"
#include "pipeline/convert_sampling.h"
#include "pipeline/convert_tokenizer.h"
#include "pipeline/lora.h"
#include "tests/fuzz/fuzz.h"
#include "tests/pipeline/picture_bytes.h"
#include "trainer/config.h"

namespace mds::fuzz {
namespace {

std::string shipped(const std::string& file) { return bytes_of(MDS_SOURCE_DIR "/" + file); }

const std::vector<std::string> config_tokens{
    "\"stage\":", "\"kind\":",   "\"levels\":", "\"sampler\":", "\"steps\":",    "\"provenance\":",
    "\"mean\":",  "\"policy\":", "\"rule\":",   "\"seeds\":",   "\"networks\":", "[0, 1, 2]"};

void read_card(const std::string& input) {
  file_with("model.json", input);
  const ModelCard card = load_card(folder());
  if (card.unet) cost(make_plan(*card.unet));
  sampler_of(card);
  if (card.text_encoder || !card.text_encoders.empty()) text_encoders_of(card, "model.json");
}

Target cards() {
  return {.name = "card",
          .seeds = {shipped("weights/emoji-md/model.json"), shipped("weights/emoji-autoencoder/model.json")},
          .tokens = config_tokens,
          .read = read_card};
}

Target trainings() {
  return {.name = "training",
          .seeds = {shipped("configs/train/emoji-md-base.json"), shipped("configs/train/emoji-md-1.json"),
                    shipped("configs/train/emoji-clip.json"), shipped("configs/train/emoji-autoencoder.json")},
          .tokens = config_tokens,
          .read = [](const std::string& input) { load_described<TrainConfig>(file_with("train.json", input)); }};
}

Target sweeps() {
  return {.name = "sweep",
          .seeds = {shipped("configs/sweeps/quickstart.json"), shipped("configs/sweeps/ladder.json")},
          .tokens = config_tokens,
          .read = [](const std::string& input) { load_sweep(file_with("sweep.json", input)); }};
}

// Behind a mutated header, the length at the file's start; the data of the seeds hold no brace.
void fit_header(std::string& file) {
  const size_t end = file.rfind('}');
  if (end == std::string::npos || end <= 8) return;
  const uint64_t length = end - 7;
  std::memcpy(file.data(), &length, 8);
}

Target references() {
  const std::string file = folder() + "/reference.safetensors";
  const ReferenceIdentity identity{.data_hash = "0", .resolution = 32, .extractor = {}};
  const Tensor features = at::arange(12).to(at::kFloat).view({4, 3}).square() / 64;
  save_reference(file, {{reference_key(identity.extractor), {identity, feature_stats(features), features}}});
  return {.name = "reference",
          .seeds = {bytes_of(file)},
          .tokens = {"\\\"n\\\":", "\\\"identity\\\":", "[]", "\"shape\":[0]", "\"dtype\":\"F16\"", "\"dtype\":\"I64\"",
                     "[4,3]", "\"__metadata__\":"},
          .read = [](const std::string& input) { load_reference(file_with("damaged.safetensors", input)); },
          .repair = fit_header};
}

Target loras() {
  const LoraNames names(
      {{"text_encoder",
        make_plan(TextTowerSpec{.vocabulary = 516, .tokens = 4, .width = 8, .layers = 1, .heads = 2, .mlp = 16})}});
  const Lora lora{.file = "",
                  .parts = {{"text_encoder", {{"layers.0.attn.q", {at::ones({2, 8}), at::ones({8, 2}), 1}}}}}};
  std::vector<std::string> seeds;
  for (const auto format : {LoraFormat::peft, LoraFormat::kohya}) {
    const std::string file = folder() + "/lora.safetensors";
    save_lora(file, lora, names,
              {.format = format, .metadata = {{"lora_adapter_metadata", "{\"text_encoder.lora_alpha\":2}"}}});
    seeds.push_back(bytes_of(file));
  }
  return {
      .name = "lora",
      .seeds = seeds,
      .tokens = {".lora_A.weight", ".lora_B.weight", ".alpha", ".dora_scale", "\"shape\":[0,8]", "\"dtype\":\"I64\"",
                 "\\\"text_encoder.alpha_pattern\\\":{", "\\\"text_encoder.use_rslora\\\":true", "1e308"},
      .read =
          [names](const std::string& input) {
            const Loras read{{.lora = read_lora(file_with("damaged.safetensors", input), names)}};
            update_of(read, "text_encoder", "layers.0.attn.q.weight", {8, 8});
          },
      .repair = fit_header};
}

std::string npy(std::string header, const std::vector<double>& values) {
  header += std::string(128 - 10 - 1 - header.size() % 64, ' ') + "\n";
  return "\x93NUMPY" + std::string("\1\0", 2) + number(uint32_t(header.size()), 2, false) + header +
         std::string(reinterpret_cast<const char*>(values.data()), 8 * values.size());
}

// A zip of one member after the other, none of them packed.
std::string zip(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string bytes, directory;
  for (const auto& [name, content] : members) {
    const std::string chunk = png_chunk("", content), crc(chunk.rbegin(), chunk.rbegin() + 4);
    const auto size = uint32_t(content.size());
    const std::string about = std::string("\x14\0\0\0\0\0\0\0\0\0", 10) + crc + number(size, 4, false) +
                              number(size, 4, false) + number(uint32_t(name.size()), 2, false) + std::string(2, '\0');
    directory += std::string("PK\1\2\x14\0", 6) + about + std::string(10, '\0') +
                 number(uint32_t(bytes.size()), 4, false) + name;
    bytes += std::string("PK\3\4", 4) + about + name + content;
  }
  const std::string count = number(uint32_t(members.size()), 2, false);
  return bytes + directory + std::string("PK\5\6\0\0\0\0", 8) + count + count +
         number(uint32_t(directory.size()), 4, false) + number(uint32_t(bytes.size()), 4, false) + std::string(2, '\0');
}

const std::string vector_header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
const std::string matrix_header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }";

Target archives() {
  return {.name = "npz",
          .seeds = {shipped("tests/data/reference-stats.npz"),
                    zip({{"mu.npy", npy(vector_header, {1, 2})}, {"sigma.npy", npy(matrix_header, {2, 1, 1, 2})}})},
          .tokens = {"PK\3\4", "PK\1\2", "mu.npy", "sigma.npy"},
          .read = [](const std::string& input) { load_npz_stats(file_with("damaged.npz", input)); }};
}

// A mutated array inside a sound archive, as the mean or as the covariance.
Target arrays() {
  const auto read = [](const std::string& input) {
    const bool is_mean = input.find("(2,)") != std::string::npos;
    load_npz_stats(file_with("sound.npz", zip({{"mu.npy", is_mean ? input : npy(vector_header, {1, 2})},
                                               {"sigma.npy", is_mean ? npy(matrix_header, {2, 1, 1, 2}) : input}})));
  };
  return {.name = "npy",
          .seeds = {npy(vector_header, {1, 2}), npy(matrix_header, {2, 1, 1, 2})},
          .tokens = {"'descr':", "'<f4'", "'|O'", "'>f8'", "(2, 2)", "(2,)", "(0,)", "(-2,)", "(99999999999, 2)",
                     "True", "False"},
          .read = read};
}

// Configurations of other libraries, the same text in the place of each.
void read_foreign(const std::string& input) {
  static const std::string in = [] {
    std::filesystem::create_directories(folder() + "/foreign/scheduler");
    std::filesystem::create_directories(folder() + "/foreign/tokenizer");
    return folder() + "/foreign";
  }();
  for (const char* name :
       {"scheduler/scheduler_config.json", "tokenizer/tokenizer.json", "tokenizer/special_tokens_map.json"})
    file_with(std::string("foreign/") + name, input);
  const Note note = [](const std::string&) {};
  const ConvertRequest request{.in = in};
  is_refused([&] { find_merges(request); });
  is_refused([&] { tokenizer_of({}, request, {"tokenizer/", ""}); });
  is_refused([&] {
    ModelCard card;
    describe_sampling(card, request, {}, note);
  });
  const Json config = json_or_null(input);
  for (const PartKind kind : {PartKind::unet, PartKind::vae_decoder, PartKind::vae_encoder, PartKind::image_encoder})
    is_refused([&] {
      const FoundPart part{.part = "unet",
                           .kind = kind,
                           .layout = Layout::diffusers,
                           .prefix = "",
                           .tensors = {},
                           .source = {in, config, in}};
      if (const auto spec = network_of_config(part)) cost(make_plan(*spec));
    });
}

Target foreign() {
  return {
      .name = "foreign-config",
      .seeds =
          {R"({"_class_name": "DDIMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": false,
 "num_train_timesteps": 1000, "prediction_type": "v_prediction", "set_alpha_to_one": false, "steps_offset": 1, "trained_betas": null, "timestep_spacing": "leading"})",
           R"({"_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": [5, 10], "block_out_channels": [320, 640],
 "cross_attention_dim": 1024, "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"], "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
 "in_channels": 4, "layers_per_block": 2, "norm_num_groups": 32, "out_channels": 4, "sample_size": 64, "use_linear_projection": true})",
           R"({"_class_name": "AutoencoderKL", "block_out_channels": [128, 256, 512, 512], "in_channels": 3, "latent_channels": 4, "layers_per_block": 2,
 "down_block_types": ["DownEncoderBlock2D"], "norm_num_groups": 32, "sample_size": 512, "scaling_factor": 0.18215})",
           R"({"architectures": ["CLIPModel"], "vision_config": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8,
 "hidden_act": "quick_gelu", "intermediate_size": 128}, "projection_dim": 32})",
           R"({"model": {"type": "BPE", "merges": ["a b", ["c", "d"]]}, "added_tokens": [{"id": 3, "content": "x"}], "pad_token": {"content": "!"}})"},
      .tokens = {"\"pad_token\":", "\"content\":", "\"_class_name\":", "\"EulerDiscreteScheduler\"",
                 "\"merges\":", "NaN", "Infinity",
                 "\"vision_config\":", "\"num_attention_heads\":", "\"block_out_channels\":", "[320, 640, 1280]"},
      .read = read_foreign};
}

}  // namespace

std::vector<Target> targets() {
  at::set_num_threads(1);  // threads would not live on in the processes of inputs
  return {cards(), trainings(), sweeps(), references(), loras(), archives(), arrays(), foreign()};
}

}  // namespace mds::fuzz
