// Scores of small folders with the shipped text-image pair.
#include "metrics/measure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "networks/network_spec.h"
#include "pipeline/canny.h"
#include "pipeline/image.h"
#include "pipeline/resizer.h"
#include "pipeline/tensor_file.h"
#include "pipeline/weight_import.h"
#include "pipeline/weights.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

struct Folder {
  std::string path;
  explicit Folder(const std::string& name) : path(scratch(name).string()) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::string at(const std::string& name) const { return path + "/" + name; }

  // Stripes of a colour and width that depend on i.
  void add(const std::string& name, int64_t i, ImageSize size = {64, 64}) const {
    Image image = make_image(size);
    for (size_t k = 0; k < image.rgb.size(); ++k)
      image.rgb[k] = uint8_t(37 * i + int64_t(k % 3) * 61 * (i + 1) + 90 * ((int64_t(k) / (3 + i)) % 2));
    save_png(at(name + ".png"), image);
  }
  void add_all(int64_t count, int64_t first = 0) const {
    for (int64_t i = 0; i < count; ++i) add("p" + std::to_string(10 + i), first + i);
  }
};

std::vector<LabelledScore> measure(const MeasureOptions& options, const std::string& folder,
                                   FolderReport* skipped = nullptr) {
  MeasureListener listener;
  if (skipped)
    listener.skipped = [=](const std::string&, const FolderReport& report) {
      skipped->skips.insert(skipped->skips.end(), report.skips.begin(), report.skips.end());
    };
  Measurer measurer(options, listener);
  return measurer.measure(measurer.needs_captions() ? list_captioned(folder) : list_picture_files(folder), {});
}

MeasureOptions frechet_against(const std::string& reference) {
  return {.metrics = find_metrics("fd_emoji_clip"), .reference = reference, .score = {.replicates = 5}};
}

// A network whose features are NaN where a picture is dark.
class Brightness : public Extractor {
 public:
  Brightness() : Extractor({"brightness", "none", std::string(64, '0')}) {}
  Tensor prepared(const Tensor& picture_1CHW) const override { return picture_1CHW[0]; }
  Tensor features(const Tensor& prepared_NCHW) const override {
    const auto mean_N = prepared_NCHW.to(at::kFloat).mean({1, 2, 3});
    return (mean_N / mean_N.gt(1)).unsqueeze(1).where(mean_N.gt(1).unsqueeze(1), at::full({1}, NAN));
  }
};

}  // namespace

TEST_CASE("a set has distance zero from itself, and not from another", "[metrics]") {
  const Folder a("ev_a"), b("ev_b");
  a.add_all(6);
  b.add_all(6, 20);
  CHECK(measure(frechet_against(a.path), a.path)[0].score.value == Approx(0).margin(1e-6));
  CHECK(measure(frechet_against(b.path), a.path)[0].score.value > 1e-3);
}

TEST_CASE("features do not depend on the batch", "[metrics]") {
  const Folder a("ev_batch");
  a.add_all(7);
  a.add("odd", 5, {90, 40});
  const auto extractor = open_extractor({.network = "emoji-clip-score", .resizer = "clip_crop"}, {});
  const PictureSet set = list_picture_files(a.path);
  const auto one = extract(*extractor, set, {.batch = 1}).features_ND;
  CHECK(one.size(0) == 8);
  for (const int64_t batch : {3, 8, 100})
    CHECK(at::allclose(extract(*extractor, set, {.batch = batch}).features_ND, one, 1e-6, 1e-6));
}

TEST_CASE("no score depends on the batch or on the order of the pictures", "[metrics]") {
  const Folder a("ev_order_a"), b("ev_order_b");
  a.add_all(7);
  b.add_all(7, 9);
  for (int i = 10; i < 17; ++i) std::ofstream(a.at("p" + std::to_string(i) + ".txt")) << "heart " << i;
  MeasureOptions options{.metrics = find_metrics("psnr,ssim,fd_emoji_clip,kid_emoji_clip,clip_emoji"),
                         .reference = b.path,
                         .batch = 1,
                         .score = {.replicates = 5}};
  const PictureSet set = list_captioned(a.path);
  PictureSet reversed = set;
  for (auto* list : {&reversed.names, &reversed.files, &reversed.captions}) std::reverse(list->begin(), list->end());
  const auto expected = Measurer(options, {}).measure(set, {});
  REQUIRE(expected.size() == 5);
  for (const int64_t batch : {3, 7, 100})
    for (const PictureSet* each : std::array<const PictureSet*, 2>{&set, &reversed}) {
      options.batch = batch;
      const auto scores = Measurer(options, {}).measure(*each, {});
      for (size_t i = 0; i < scores.size(); ++i) {
        INFO(scores[i].score.name << " in batches of " << batch);
        if (i < 2 && each == &set) CHECK(scores[i].score.value == expected[i].score.value);
        CHECK(scores[i].score.value == Approx(expected[i].score.value).epsilon(1e-6).margin(1e-8));
      }
    }
}

TEST_CASE("pictures that cannot be decoded and features that are not finite are listed skips", "[metrics]") {
  const Folder a("ev_skips");
  a.add_all(3);
  std::ofstream(a.at("broken.png")) << "no picture";
  save_png(a.at("dark.png"), make_image({8, 8}, 0));
  const Extracted result = extract(Brightness(), list_picture_files(a.path), {.batch = 2, .size = 16});
  CHECK(result.features_ND.size(0) == 3);
  REQUIRE(result.skipped.skips.size() == 2);
  CHECK_THAT(summary(result.skipped), Contains("broken.png") && Contains("features that are not finite"));
}

TEST_CASE("a distance to the drawn captions' own pictures resamples both by caption, and the protocol says so",
          "[metrics]") {
  const Folder drawn("ev_own_drawn"), own("ev_own_reference");
  std::ofstream captions(own.at("metadata.jsonl"));
  PictureSet set{.folder = drawn.path, .names = {}, .files = {}, .captions = {}, .skipped = {}, .repeats = 2};
  for (int64_t i = 0; i < 8; ++i) {
    const std::string name = "p" + std::to_string(i);
    own.add(name, 20 + i);
    captions << Json{{"file_name", name + ".png"}, {"text", "caption " + name}, {"split", "held_out"}}.dump() << "\n";
    drawn.add(name, i);
    set.names.push_back(name);
    set.files.push_back(drawn.at(name + ".png"));
    set.captions.push_back("caption p" + std::to_string(i % 4));  // 4 captions twice; the reference has 8
  }
  captions.close();
  MeasureOptions options{.metrics = find_metrics("fd_emoji_clip,kid_emoji_clip,clip_emoji"), .reference = own.path};
  options.score.replicates = 5;
  const auto all = Measurer(options, {}).measure(set, {});
  options.split = "held_out";
  const auto split = Measurer(options, {}).measure(set, {});
  REQUIRE((all.size() == 3 && split.size() == 3));
  CHECK((all[0].protocol.resampling == Resampling::counted && all[0].protocol.clusters == 4));
  CHECK((split[0].protocol.resampling == Resampling::captions && split[0].protocol.clusters == 4));
  CHECK((split[0].score.value == all[0].score.value && split[0].score.replicates != all[0].score.replicates));
  for (const size_t other : {1, 2}) CHECK(split[other].protocol.resampling == Resampling::counted);
  CHECK(split[2].score.replicates == all[2].score.replicates);
  set.captions[0] = set.captions[4] = "a caption without a picture";
  CHECK(Measurer(options, {}).measure(set, {})[0].protocol.resampling == Resampling::counted);
}

TEST_CASE("reference statistics are the same from a folder, a cache and a file", "[metrics]") {
  const Folder a("ev_stat_a"), b("ev_stat_b"), cache("ev_cache");
  a.add_all(5);
  b.add_all(6, 9);
  MeasureOptions options = frechet_against(b.path);
  options.cache = cache.path;
  Measurer measurer(options, {});
  const LabelledScore score = measurer.measure(list_picture_files(a.path), {})[0];
  CHECK(score.protocol.n == 5);
  CHECK(score.protocol.reference_hash.size() == 64);
  CHECK(score.protocol.weights_hash.size() == 64);
  CHECK(std::distance(fs::directory_iterator(cache.path), fs::directory_iterator()) == 1);
  const auto cached = measure(options, a.path)[0];
  CHECK(cached.score.value == Approx(score.score.value));
  CHECK(cached.protocol == score.protocol);
  save_reference(a.at("reference.safetensors"), measurer.references());
  const auto shipped = measure(frechet_against(a.at("reference.safetensors")), a.path)[0];
  CHECK(shipped.score.value == Approx(score.score.value));
  CHECK(shipped.protocol == score.protocol);
  options.reference = a.at("reference.safetensors");
  options.size = 32;
  CHECK_THROWS_WITH(measure(options, a.path), Contains("has no statistics of emoji-clip-score.clip_crop"));
}

TEST_CASE("the hash of a reference changes with the values that a measure reads, and only with these", "[metrics]") {
  const Folder a("ev_bytes");
  a.add_all(5);
  Measurer measurer(frechet_against(a.path), {});
  measurer.measure(list_picture_files(a.path), {});
  ReferenceStats made = measurer.references().begin()->second;
  const std::string hash = content_hash(made, ReferencePart::statistics);
  made.features_ND = at::ones({5, made.stats.mean_D.size(0)});
  CHECK(content_hash(made, ReferencePart::statistics) == hash);
  CHECK(content_hash(made, ReferencePart::features) != hash);
  made.stats.mean_D = made.stats.mean_D.clone();
  made.stats.mean_D[0] += 1e-9;
  CHECK(content_hash(made, ReferencePart::statistics) != hash);
}

TEST_CASE("a reference file that lacks a tensor or holds no number is refused", "[metrics]") {
  const Folder a("ev_bad_reference");
  a.add_all(4);
  Measurer measurer(frechet_against(a.path), {});
  measurer.measure(list_picture_files(a.path), {});
  const std::string file = a.at("reference.safetensors");
  save_reference(file, measurer.references());
  TensorFile content = load_tensors(file);
  for (auto& [name, tensor] : content.tensors) tensor = tensor.clone();
  const std::string mean = "emoji-clip-score.clip_crop.mean";
  SECTION("not finite") {
    content.tensors[mean][0] = NAN;
    save_tensors(file, content);
    CHECK_THROWS_WITH(load_reference(file), Contains("is not finite"));
  }
  SECTION("changed") {
    content.tensors[mean][0] += 0.001;
    save_tensors(file, content);
    CHECK_THROWS_WITH(load_reference(file), Contains("its tensors are not those it was written with"));
  }
  SECTION("missing") {
    content.tensors.erase(mean);
    save_tensors(file, content);
    CHECK_THROWS_WITH(load_reference(file), Contains("holds no tensor \"" + mean + "\""));
  }
}

TEST_CASE("signal-to-noise matches pictures by name and lists those without a partner", "[metrics]") {
  const Folder a("ev_psnr_a"), b("ev_psnr_b");
  a.add_all(3);
  b.add_all(2);
  FolderReport skipped;
  const MeasureOptions options{.metrics = find_metrics("psnr"), .reference = b.path, .score = {.replicates = 5}};
  const auto score = measure(options, a.path, &skipped)[0];
  CHECK(score.score.n == 2);
  CHECK(score.score.value == 100);
  REQUIRE(skipped.skips.size() == 1);
  CHECK_THAT(skipped.skips[0].file, Contains("p12.png"));
  b.add("p11", 1, {32, 32});
  CHECK_THROWS_WITH(measure(options, a.path), Contains("`size` N brings both to one size"));
  MeasureOptions sized = options;
  sized.size = 16;
  CHECK(measure(sized, a.path)[0].protocol.resolution == 16);
}

TEST_CASE("captions and pictures that lack each other are listed skips", "[metrics]") {
  const Folder a("ev_captions");
  a.add_all(3);
  std::ofstream(a.at("p10.txt")) << "red heart";
  std::ofstream(a.at("p11.txt")) << "green heart";
  std::ofstream(a.at("alone.txt")) << "blue heart";
  const PictureSet set = list_captioned(a.path);
  CHECK(set.skipped.skips.size() == 2);
  const auto score = measure({.metrics = find_metrics("clip_emoji")}, a.path)[0];
  CHECK(score.score.n == 2);
  CHECK(score.protocol.prompts_hash.size() == 64);
  CHECK(score.protocol.reference_hash.empty());
}

TEST_CASE("one split of a data set can be measured, or be the reference", "[metrics]") {
  const Folder a("ev_split");
  a.add_all(5);
  std::string lines;
  for (int i = 0; i < 5; ++i)
    lines += Json{{"file_name", "p" + std::to_string(10 + i) + ".png"},
                  {"text", "stripes"},
                  {"split", i < 3 ? "train" : "held_out"}}
                 .dump() +
             "\n";
  save_text(a.at("metadata.jsonl"), lines);
  const PictureSet held_out = list_captioned(a.path, "held_out");
  CHECK((held_out.names == std::vector<std::string>{"p13", "p14"}));
  MeasureOptions options = frechet_against(a.path);
  options.split = "held_out";
  CHECK(Measurer(options, {}).measure(held_out, {})[0].score.value == Approx(0).margin(1e-6));
  CHECK(Measurer(options, {}).measure(list_captioned(a.path, "train"), {})[0].score.value > 1e-3);
  CHECK_THROWS_WITH(list_captioned(a.path, "test"), Contains("holds no picture of split \"test\""));
}

TEST_CASE("sets that cannot be measured are refused by name", "[metrics]") {
  const Folder empty("ev_empty"), one("ev_one");
  one.add_all(1);
  CHECK_THROWS_WITH(measure(frechet_against(one.path), empty.path), Contains("holds no picture"));
  CHECK_THROWS_WITH(measure(frechet_against(one.path), one.path), Contains("has 1 picture that can be measured"));
  CHECK_THROWS_WITH(measure({.metrics = find_metrics("psnr")}, one.path), Contains("give `reference`"));
  CHECK_THROWS_WITH(find_metrics("psnr,fud"), Contains("`metrics` has \"fud\"; allowed: "));
  CHECK_THROWS_WITH(measure({.metrics = find_metrics("clip_score_b32")}, one.path), Contains("captions"));
  CHECK_THROWS_WITH(open_extractor({.network = "clip-vit-b-32", .resizer = "clip_crop"}, {}),
                    Contains("`weights` clip-vit-b-32=FILE"));
}

TEST_CASE("LPIPS of a folder is near for the same pictures and names its network and weights", "[metrics]") {
  const Folder a("ev_lpips_a"), b("ev_lpips_b");
  a.add_all(3);
  b.add_all(3, 1);
  const NetworkPtr network = make_network(make_plan(load_network("lpips-alex")));
  initialise(*network, 9);
  save_tensors(a.at("lpips.safetensors"), {.tensors = weights_of(*network), .metadata = {}});
  const MeasureOptions options{.metrics = find_metrics("lpips_alex"),
                               .reference = b.path,
                               .weights = {{"lpips-alex", a.at("lpips.safetensors")}},
                               .score = {.replicates = 5}};
  CHECK(measure(options, b.path)[0].score.value == 0);
  const LabelledScore found = measure(options, a.path)[0];
  CHECK(found.score.name == "lpips_alex");
  CHECK(found.score.n == 3);
  CHECK(found.score.value > 0);
  CHECK(found.protocol.extractor == "lpips-alex");
  CHECK(found.protocol.weights_hash == hash_of_weights(a.at("lpips.safetensors")));
  MeasureOptions without = options;
  without.weights.clear();
  CHECK_THROWS_WITH(measure(without, a.path), Contains("give `weights` lpips-alex=FILE"));
}

TEST_CASE("EfficientNet-Lite0's features come from a file of its package's names", "[metrics]") {
  const Folder a("ev_effnet");
  a.add_all(2);
  const NetworkPtr network = make_network(make_plan(load_network("efficientnet-lite0")));
  initialise(*network, 9);
  TensorMap file = export_weights(network->plan(), Layout::efficientnet_lite, weights_of(*network));
  file["_fc.weight"] = at::zeros({2, 1280});
  save_tensors(a.at("weights.safetensors"), {.tensors = file, .metadata = {}});
  const WeightFiles weights{{"efficientnet-lite0", a.at("weights.safetensors")}};
  const auto extractor = open_extractor({.network = "efficientnet-lite0", .resizer = "clean"}, weights);
  const auto features = extract(*extractor, list_picture_files(a.path)).features_ND;
  const auto picture = comparison_picture(a.at("p10.png"), 0);
  const auto expected = network->forward(resized(picture, {.width = 224, .height = 224}, Resizer::clean));
  CHECK(at::allclose(features.narrow(0, 0, 1), expected, 1e-4, 1e-6));
}

TEST_CASE("edges of pictures are compared with those of their partners, or with edges themselves", "[metrics]") {
  const Folder pictures("measure_edges"), reference("measure_edge_partners");
  pictures.add_all(3);
  reference.add_all(3);
  const MeasureOptions options{
      .metrics = find_metrics("edge_f1,edge_precision,edge_recall"), .reference = reference.path, .score = {}};
  for (const auto& [score, protocol] : measure(options, pictures.path)) CHECK(score.value == 1);
  for (int64_t i = 0; i < 3; ++i) {
    const std::string name = "p" + std::to_string(10 + i) + ".png";
    save_png(reference.at(name), canny_edges(load_image(pictures.at(name))));
  }
  for (const auto& [score, protocol] : measure(options, pictures.path)) CHECK(score.value == 1);
}

TEST_CASE("the overlap of boxes is measured of the pictures that have a layout, by the scoring encoder", "[metrics]") {
  const Folder folder("measure_boxes");
  folder.add_all(3);
  const MeasureOptions options{
      .metrics = find_metrics("box_iou_emoji,box_binding_emoji"), .reference = "", .score = {}};
  std::ofstream lines(folder.at("metadata.jsonl"));
  lines << R"({"file_name": "p10.png", "text": "x"})" << "\n" << std::flush;
  CHECK_THROWS_WITH(measure(options, folder.path), Contains("box_iou_emoji needs pictures with layouts"));
  lines << R"({"file_name": "p11.png", "text": "x", "layout": [{"phrase": "red heart", "box": [0, 0, 0.5, 0.5]}]})"
        << std::flush;
  const auto scores = measure(options, folder.path);
  CHECK(scores[0].score.n == 1);
  CHECK(scores[0].score.value >= 0);
  CHECK(scores[0].score.value <= 1);
  CHECK(scores[1].score.value == 1);  // one box, whose phrase has no rival
  CHECK(scores[0].protocol.extractor == std::string(emoji_clip));
}
