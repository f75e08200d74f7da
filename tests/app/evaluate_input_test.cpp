// mdsearch evaluate with faulty pictures, folders and weights: it reports an error, or a skip that is counted and
// listed.
#include <ATen/ATen.h>

#include "networks/network_spec.h"
#include "pipeline/weights.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"
#include "tests/pipeline/picture_bytes.h"

using namespace mds;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

// Stripes whose colours depend on i.
Image stripes(int64_t i, ImageSize size = {64, 64}) {
  Image image = make_image(size);
  for (size_t k = 0; k < image.rgb.size(); ++k)
    image.rgb[k] = uint8_t(37 * i + int64_t(k % 3) * 61 * (i + 1) + 90 * ((int64_t(k) / (3 + i)) % 2));
  return image;
}

struct Folders {
  ScratchFolder scratch;
  Folders() {
    for (const char* name : {"measured", "reference"}) fs::create_directories(at(name));
    for (int64_t i = 0; i < 3; ++i) save_png(at("reference/r" + std::to_string(i) + ".png"), stripes(i));
  }
  std::string at(const std::string& name) const { return scratch.path + "/" + name; }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
  }
  Outcome evaluate(const std::string& metric, const std::string& more = "") const {
    return mdsearch("evaluate --threads 1 --replicates 5 --format json --cache " + at("cache") + " --images " +
                    at("measured") + " --metrics " + metric + " " + more);
  }
  Outcome compare(const std::string& metric, const std::string& more = "") const {
    return evaluate(metric, "--reference " + at("reference") + " " + more);
  }
};

}  // namespace

TEST_CASE("evaluate reads every kind of still picture and lists those that it cannot use", "[app][torch]") {
  const Folders folders;
  const std::string jpeg = encode_jpeg(stripes(4, {32, 16}).rgb, {32, 16}, TJPF_RGB);
  std::string inks(32 * 16 * 4, '\x50');
  folders.write("measured/cmyk.JPG", encode_jpeg(std::vector<uint8_t>(inks.begin(), inks.end()), {32, 16}, TJPF_CMYK));
  folders.write("measured/turned.jpg", jpeg_with(tiff(6, true), jpeg));
  folders.write("measured/deep.png", png_row(16, 0, 2, number(0x12345678, 4, true)));
  folders.write("measured/alpha.png", png_row(8, 6, 1, number(0x12345678, 4, true)));
  folders.write("measured/moving.png", animated_png(stripes(5)));
  save_png(folders.at("measured/wide.png"), stripes(6, {90, 40}));
  folders.write("measured/moving_too.webp", animated_webp(stripes(7)));
  folders.write("measured/moving_also.gif", "GIF89a");
  folders.write("measured/bomb.png", png_row(8, 0, 60000, "x"));
  folders.write("measured/cut.jpg", jpeg.substr(0, 40));
  const Outcome outcome = folders.compare("fd_emoji_clip");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.json()["metrics"][0]["n"] == 6);
  CHECK_THAT(outcome.err, Contains("4 skipped") && Contains("bomb.png: is 60000 x 1") && Contains("cut.jpg: ") &&
                              Contains("moving_too.webp: is an animated WebP") &&
                              Contains("moving_also.gif: is a GIF picture"));
  CHECK(outcome.json()["skipped"].size() == 4);
  for (int i = 0; i < 2; ++i) folders.write("measured/text" + std::to_string(i) + ".png", "no picture");
  const Outcome more = folders.compare("fd_emoji_clip");
  CHECK(more.json()["skipped"].size() == 6);
  CHECK_THAT(more.err, Contains("6 skipped") && Contains("and 1 more (the result in JSON lists all)"));
}

TEST_CASE("evaluate names the folder that holds too few pictures", "[app][torch]") {
  const Folders folders;
  const Outcome empty = folders.compare("fd_emoji_clip");
  CHECK(empty.code == 1);
  CHECK_THAT(empty.err, Contains(folders.at("measured") + ": holds no picture"));
  save_png(folders.at("measured/one.png"), stripes(4));
  const Outcome one = folders.compare("fd_emoji_clip");
  CHECK(one.code == 1);
  CHECK_THAT(one.err, Contains(folders.at("measured") + ": has 1 picture") && Contains("at least 2"));
  save_png(folders.at("measured/two.png"), stripes(5));
  for (const char* name : {"r1.png", "r2.png"}) fs::remove(folders.at("reference") + "/" + name);
  const Outcome reference = folders.compare("fd_emoji_clip");
  CHECK(reference.code == 1);
  CHECK_THAT(reference.err, Contains(folders.at("reference") + ": has 1 picture"));
  CHECK(reference.out.empty());
}

TEST_CASE("evaluate lists captions without pictures, and pictures without captions or partners", "[app][torch]") {
  const Folders folders;
  save_png(folders.at("measured/r0.png"), stripes(4));
  save_png(folders.at("measured/alone.png"), stripes(5));
  folders.write("measured/r0.txt", "red heart");
  folders.write("measured/nothing.txt", "blue heart");
  const Outcome captions = folders.evaluate("clip_emoji");
  INFO(captions.err);
  REQUIRE(captions.code == 0);
  CHECK(captions.json()["metrics"][0]["n"] == 1);
  CHECK_THAT(captions.err, Contains("2 skipped") && Contains("nothing.txt: a caption without a picture") &&
                               Contains("alone.png: a picture without a caption") &&
                               Contains("clip_emoji was measured on 1 picture"));
  const Outcome partners = folders.compare("psnr");
  REQUIRE(partners.code == 0);
  CHECK(partners.json()["metrics"][0]["n"] == 1);
  CHECK_THAT(partners.err, Contains("3 skipped") && Contains("alone.png: has no partner"));
}

TEST_CASE("evaluate refuses weights that are not finite", "[app][torch]") {
  const Folders folders;
  save_png(folders.at("measured/one.png"), stripes(4));
  const std::string pair = folders.at("pair");
  fs::copy(MDS_SOURCE_DIR "/weights/emoji-clip-score", pair, fs::copy_options::recursive);
  const std::string file = pair + "/image_encoder.safetensors";
  TensorFile content = load_tensors(file);
  for (auto& [name, tensor] : content.tensors) tensor = at::full_like(tensor, NAN);
  save_tensors(file, content);
  const Outcome outcome = folders.compare("fd_emoji_clip", "--weights emoji-clip-score=" + pair);
  CHECK(outcome.code == 1);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("not finite"));
}

namespace {

// Three pictures to measure and a file of EfficientNet-Lite0's weights.
std::string prepare_lite0(const Folders& folders) {
  for (int64_t i = 0; i < 3; ++i) save_png(folders.at("measured/m" + std::to_string(i) + ".png"), stripes(i + 4));
  const NetworkPtr network = make_network(make_plan(load_network("efficientnet-lite0")));
  initialise(*network, 9);
  save_tensors(folders.at("weights.safetensors"), {.tensors = weights_of(*network), .metadata = {}});
  return "--weights efficientnet-lite0=" + folders.at("weights.safetensors") + " ";
}

}  // namespace

TEST_CASE("evaluate names the flag and the range where a set is too small for subsets", "[app][torch]") {
  const Folders folders;
  const std::string weights = prepare_lite0(folders);
  const Outcome refused = folders.compare("kid_effnet", weights + "--kid-subset 4");
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Contains("--kid-subset is 4; of these pictures 2 to 3 can be drawn"));
}

TEST_CASE("two folders are compared by EfficientNet-Lite0's features where no score is asked for", "[app][torch]") {
  const Folders folders;
  const std::string weights = prepare_lite0(folders), images = " --images " + folders.at("measured");
  const Outcome outcome = mdsearch("evaluate --format json --cache " + folders.at("cache") + images + " --reference " +
                                   folders.at("reference") + " " + weights);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("no --metrics: fd_effnet,kid_effnet"));
  const Json metrics = outcome.json()["metrics"];
  REQUIRE(metrics.size() == 2);
  CHECK(metrics[0]["name"] == "fd_effnet");
  CHECK_FALSE(metrics[0]["protocol"].contains("subset"));
  CHECK(metrics[1]["name"] == "kid_effnet");
  CHECK(metrics[1]["protocol"]["subset"] == 3);
  CHECK_THAT(metrics[1]["convention"].get<std::string>(), Contains("unbiased"));
}

TEST_CASE("a wrong request without scores prints only its error", "[app][torch]") {
  const Folders folders;
  const std::string weights = prepare_lite0(folders), images = "evaluate --images " + folders.at("measured");
  const std::string help = "; see `mdsearch evaluate --help`\n";
  const Outcome alone = mdsearch(images);
  CHECK(alone.code == 2);
  CHECK(alone.err == "mdsearch evaluate: fd_effnet compares with reference pictures; give --reference" + help);
  const std::string line = images + " --threads 1 --replicates 5 --cache " + folders.at("cache") + " --reference " +
                           folders.at("reference") + " " + weights;
  REQUIRE(mdsearch(line).code == 0);
  const Outcome subset = mdsearch(line + "--kid-subset 4");
  CHECK(subset.code == 2);
  CHECK(subset.err == "mdsearch evaluate: --kid-subset is 4; of these pictures 2 to 3 can be drawn" + help);
}
