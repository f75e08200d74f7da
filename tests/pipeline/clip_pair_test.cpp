// The file of a whole CLIP embeds pictures and texts; other files are refused by name.
#include "pipeline/clip_pair.h"

#include <ATen/ATen.h>

#include <filesystem>

#include "pipeline/weight_import.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> words = {"a red heart", "", "  ", "x", "\xff not UTF-8", "<|endoftext|>"};

ImageTowerSpec image_spec(int64_t size = 16) {
  return {.size = size, .patch = 4, .width = 16, .layers = 2, .heads = 2, .mlp = 32, .projection = 6};
}
TextTowerSpec text_spec() {
  return {.vocabulary = 600, .tokens = 8, .width = 12, .layers = 2, .heads = 2, .mlp = 24, .projection = 6};
}

TensorMap random_weights(const NetworkSpec& spec, uint64_t seed) {
  TensorMap weights = weights_of(*make_network(make_plan(spec)));
  for (auto& [name, weight] : weights) weight.copy_(0.3 * seeded_noise({seed++}, weight.sizes().vec())[0]);
  return weights;
}

// Networks as files, and a CLIP of random weights in one file.
struct TinyClip {
  std::string root = scratch("clip_pair_test").string();

  TinyClip() {
    fs::remove_all(root);
    fs::create_directories(root);
    network("image", image_spec());
    network("large", image_spec(24));
    TextTowerSpec bare = text_spec();
    bare.projection = 0;
    network("text", bare);
  }
  ~TinyClip() { fs::remove_all(root); }

  void network(const std::string& name, const NetworkSpec& spec) const {
    save_text(root + "/" + name + ".json", to_json(spec).dump());
  }
  void write(Layout layout, std::optional<at::ScalarType> dtype = {}) const {
    TensorMap file = export_weights(make_plan(text_spec()), layout, random_weights(text_spec(), 100));
    file.merge(export_weights(make_plan(image_spec()), layout, random_weights(image_spec(), 1)));
    file["logit_scale"] = at::ones({});
    save_tensors(root + "/clip.safetensors", {.tensors = file, .metadata = {}}, dtype);
  }
  ClipSource source(const std::string& image = "image") const {
    return {.weights = root + "/clip.safetensors", .image = root + "/" + image + ".json", .text = root + "/text.json"};
  }
};

Tensor pictures(int64_t n, int64_t height, int64_t width) {
  return (seeded_noise({7}, {n, 3, height, width})[0] * 60 + 128).clamp(0, 255).to(at::kByte);
}

void check_unit_rows(const Tensor& rows, int64_t n) {
  CHECK(rows.sizes() == std::vector<int64_t>{n, 6});
  CHECK(rows.scalar_type() == at::kFloat);
  CHECK(at::allclose(rows.norm(2, {1}), at::ones(n), 0, 1e-6));
}

}  // namespace

TEST_CASE("a CLIP's file embeds the same in every layout, as rows of length 1", "[pipeline][torch]") {
  const TinyClip clip;
  clip.write(Layout::transformers);
  const ClipPair first(clip.source());
  const Tensor images = first.embed_pictures(pictures(3, 20, 31)), texts = first.embed_texts(words);
  check_unit_rows(images, 3);
  check_unit_rows(texts, int64_t(words.size()));
  clip.write(Layout::open_clip);
  const ClipPair second(clip.source());
  CHECK(at::equal(second.embed_pictures(pictures(3, 20, 31)), images));
  CHECK(at::equal(second.embed_texts(words), texts));
}

TEST_CASE("a CLIP of half precision embeds nearly as the whole one", "[pipeline][torch]") {
  const TinyClip clip;
  clip.write(Layout::open_clip);
  const Tensor whole = ClipImages(clip.source()).embed(pictures(2, 16, 16));
  clip.write(Layout::open_clip, at::kHalf);
  CHECK(at::allclose(ClipImages(clip.source()).embed(pictures(2, 16, 16)), whole, 0, 1e-2));
}

TEST_CASE("an embedding does not depend on what is embedded beside it", "[pipeline][torch]") {
  const TinyClip clip;
  clip.write(Layout::transformers);
  const ClipPair pair(clip.source());
  const Tensor many = pictures(70, 18, 16), images = pair.embed_pictures(many);
  for (const int64_t i : {0, 33, 69})
    CHECK(at::allclose(pair.embed_pictures(many.slice(0, i, i + 1)), images.slice(0, i, i + 1), 0, 1e-6));
  std::vector<std::string> texts(130, "heart");
  texts[64] = "red";
  const Tensor embedded = pair.embed_texts(texts);
  CHECK(at::allclose(pair.embed_texts({"red"})[0], embedded[64], 0, 1e-6));
  CHECK(at::allclose(pair.embed_texts({"heart"})[0], embedded[129], 0, 1e-6));
  CHECK(!at::allclose(embedded[64], embedded[129], 0, 1e-3));
}

TEST_CASE("no pictures and no texts have no embeddings", "[pipeline][torch]") {
  const TinyClip clip;
  clip.write(Layout::transformers);
  const ClipPair pair(clip.source());
  check_unit_rows(pair.embed_pictures(at::empty({0, 3, 5, 5}, at::kByte)), 0);
  check_unit_rows(pair.embed_texts({}), 0);
}

TEST_CASE("a picture is cut at its middle or squashed into the square", "[pipeline]") {
  // 8 x 13 at its own height: columns 2 to 9, because (13 - 8) / 2 is rounded to even.
  const Tensor wide = pictures(2, 8, 13);
  CHECK(at::equal(clip_pixels(wide, 8, ClipFit::crop), wide.narrow(3, 2, 8).to(at::kFloat)));
  const Tensor tall = pictures(2, 15, 8);
  CHECK(at::equal(clip_pixels(tall, 8, ClipFit::crop), tall.narrow(2, 4, 8).to(at::kFloat)));
  const Tensor stripes = at::zeros({1, 3, 8, 16}, at::kByte).index_fill_(3, at::tensor({0L, 15L}), 255);
  CHECK(clip_pixels(stripes, 8, ClipFit::crop).max().item<float>() == 0);
  CHECK(clip_pixels(stripes, 8, ClipFit::squash).max().item<float>() > 50);
  CHECK(clip_pixels(stripes, 4, ClipFit::crop).sizes() == std::vector<int64_t>{1, 3, 4, 4});
}

TEST_CASE("a tensor that is not a picture is refused", "[pipeline]") {
  const auto refused = [](const Tensor& x, const std::string& why) {
    CHECK_THROWS_WITH(clip_pixels(x, 8, ClipFit::crop), Contains(why));
  };
  refused(at::zeros({1, 3, 8, 8}), "pictures are [1, 3, 8, 8] of Float; expected [N, 3, H, W] of Byte");
  refused(at::zeros({3, 8, 8}, at::kByte), "expected [N, 3, H, W]");
  refused(at::zeros({1, 4, 8, 8}, at::kByte), "expected [N, 3, H, W]");
  refused(at::zeros({1, 3, 0, 8}, at::kByte), "expected [N, 3, H, W]");
  CHECK_THROWS_AS(clip_pixels(at::zeros({1, 3, 1, 9000}, at::kByte), 8, ClipFit::crop), ConfigError);
}

TEST_CASE("a file that is not such a CLIP is refused, with the reason", "[pipeline][torch]") {
  const TinyClip clip;
  clip.write(Layout::open_clip);
  CHECK_THROWS_WITH(ClipImages(clip.source("large")),
                    Contains("misshapen visual.positional_embedding: [17, 16], expected [37, 16]") &&
                        Contains("they are of pictures of 16 x 16 pixels, the network's of 24 x 24"));
  CHECK_THROWS_WITH(ClipImages(clip.source("text")), Contains("text.json is no image tower"));
  save_tensors(clip.root + "/clip.safetensors",
               {.tensors = {{"down_blocks.0.resnets.0.conv1.weight", at::ones({1})}}, .metadata = {}});
  CHECK_THROWS_AS(ClipPair(clip.source()), FileError);
  CHECK_THROWS_WITH(ClipPair(clip.source()), Contains("clip.safetensors: is no CLIP in the layout of transformers, "
                                                      "open_clip or openai/CLIP; its names look like the diffusers"));
}

TEST_CASE("a configuration beside the weights that tells of another activation is believed", "[pipeline][torch]") {
  const TinyClip clip;
  clip.write(Layout::open_clip);
  save_text(clip.root + "/config.json", R"({"vision_config": {"hidden_act": "gelu"}})");
  CHECK_THROWS_WITH(ClipImages(clip.source()), Contains("config.json: hidden_act is \"gelu\""));
  fs::rename(clip.root + "/clip.safetensors", clip.root + "/open_clip_model.safetensors");
  ClipSource source = clip.source();
  source.weights = clip.root;
  save_text(clip.root + "/open_clip_config.json", R"({"model_cfg": {"embed_dim": 6}})");
  CHECK_THROWS_WITH(ClipImages(source), Contains("open_clip_config.json: model_cfg.quick_gelu says gelu, the network "
                                                 "has quick_gelu"));
  save_text(clip.root + "/open_clip_config.json", R"({"model_cfg": {"embed_dim": 6, "quick_gelu": true}})");
  CHECK_NOTHROW(ClipImages(source));
}

TEST_CASE("a model folder's card says how its CLIP is made", "[pipeline][torch]") {
  const TinyClip clip;
  const std::string folder = clip.root + "/model";
  ModelCard card;
  card.image_encoder = image_spec();
  card.image_normalisation = ImageNormalisation{};
  card.text_encoder = text_spec();
  card.text_encoder->vocabulary = 516;
  card.tokenizer = TokenizerConfig{.merges = 2, .pad = 0};
  save_card(folder, card);
  save_part(folder, "image_encoder", random_weights(image_spec(), 1), at::kFloat);
  save_part(folder, "text_encoder", random_weights(*card.text_encoder, 100), at::kFloat);
  save_text(folder + "/merges.txt", "r e\nre d</w>\n");
  const ClipPair pair({.weights = folder});
  check_unit_rows(pair.embed_pictures(pictures(2, 16, 20)), 2);
  check_unit_rows(pair.embed_texts(words), int64_t(words.size()));
  card.text_encoder->projection = 0;
  save_card(folder, card);
  CHECK_THROWS_WITH(ClipPair({.weights = folder}), Contains("model.json: text_encoder.projection is 0"));
}

TEST_CASE("the networks of both picture sizes share one text tower", "[pipeline]") {
  CHECK(text_half_of("clip-vit-b-32") == "clip-vit-b-32-text");
  for (const char* name : {"clip-vit-b-32", "clip-vit-l-14", "clip-vit-l-14-336", "open-clip-vit-g-14"})
    CHECK(std::holds_alternative<TextTowerSpec>(load_network(text_half_of(name))));
}
