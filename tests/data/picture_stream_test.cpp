#include "data/picture_stream.h"

#include <ATen/ATen.h>

#include <filesystem>

#include "data/webdataset.h"
#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/data/tar_builder.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

// Grey pictures of 20 x 12 as a folder and as two shards; picture 5 is broken in both.
struct Data {
  fs::path path = scratch("stream_test");
  Data() {
    fs::remove_all(path);
    fs::create_directories(path / "folder");
    std::array<std::string, 2> shards;
    for (int i = 0; i < 23; ++i) {
      const std::string name = std::to_string(i);
      std::string png = encode_png(make_image({20, 12}, uint8_t(i * 10)));
      if (i == 5) png.resize(png.size() - 20);
      save_text((path / "folder" / (name + ".png")).string(), png);
      save_text((path / "folder" / (name + ".txt")).string(), "grey " + name);
      shards[size_t(i % 2)] += tar_member(name + ".png", png) + tar_member(name + ".txt", "grey " + name);
    }
    for (size_t i = 0; i < 2; ++i)
      save_text((path / ("s-" + std::to_string(i) + ".tar")).string(), shards[i] + tar_end());
  }
  ~Data() { fs::remove_all(path); }
  std::vector<SourcePtr> sources() const {
    return {open_source((path / "folder").string()),
            open_shards({.shards = (path / "s-{0..1}.tar").string(), .buffer = 6})};
  }
};

constexpr StreamConfig small{.size = 8, .batch = 4, .threads = 2, .ahead = 2, .seed = 3};

std::vector<std::string> ids(PictureStream& stream, int batches) {
  std::vector<std::string> all;
  for (int i = 0; i < batches; ++i)
    for (const auto& id : stream.next().ids) all.push_back(id);
  return all;
}

}  // namespace

TEST_CASE("a batch's pictures are those of its captions", "[data]") {
  const Data data;
  for (const auto& source : data.sources()) {
    PictureStream stream(source, small);
    for (int n = 0; n < 12; ++n) {
      const PictureBatch batch = stream.next();
      REQUIRE(batch.images_NCHW.sizes() == at::IntArrayRef({4, 3, 8, 8}));
      for (size_t i = 0; i < 4; ++i) {
        CHECK(batch.captions[i] == "grey " + batch.ids[i]);
        CHECK(batch.images_NCHW[int64_t(i)].eq(std::stoi(batch.ids[i]) * 10).all().item<bool>());
      }
    }
    CHECK_THAT(summary(stream.skipped()), Contains("broken PNG"));
  }
}

TEST_CASE("the number of threads and of batches ahead does not change the order", "[data]") {
  const Data data;
  for (const auto& source : data.sources()) {
    PictureStream reference(source, small);
    const auto expected = ids(reference, 14);  // more than two epochs
    for (const int64_t threads : {1, 3, 8})
      for (const int64_t ahead : {1, 7}) {
        StreamConfig config = small;
        config.threads = threads;
        config.ahead = ahead;
        PictureStream stream(source, config);
        CHECK(ids(stream, 14) == expected);
      }
  }
}

TEST_CASE("a stream goes on at a saved position as if it had not stopped", "[data]") {
  const Data data;
  for (const auto& source : data.sources()) {
    PictureStream whole(source, small);
    for (int before = 0; before < 13; ++before) {
      const std::string saved = to_string(whole.next().after);
      PictureStream resumed(source, small, parse_stream_position(saved));
      PictureStream reference(source, small);
      ids(reference, before + 1);
      CHECK(ids(resumed, 7) == ids(reference, 7));
    }
  }
}

TEST_CASE("a picture that is skipped in every epoch is listed once", "[data]") {
  const Data data;
  for (const auto& source : data.sources()) {
    PictureStream once(source, small), often(source, small);
    ids(once, 8);
    ids(often, 40);
    CHECK(often.skipped().skips.size() == once.skipped().skips.size());
    CHECK(!often.skipped().skips.empty());
  }
}

TEST_CASE("a stream without repetition ends after each sample came once", "[data]") {
  const Data data;
  for (const auto& source : data.sources()) {
    StreamConfig config = small;
    config.repeat = false;
    PictureStream stream(source, config);
    auto once = ids(stream, 6);
    CHECK(once.size() == 22);
    std::sort(once.begin(), once.end());
    CHECK(std::unique(once.begin(), once.end()) == once.end());
    CHECK(stream.next().ids.empty());
    CHECK(load_source(source, 8).pairs.size() == 22);
    CHECK(draw_pictures(source, 8, 5, 1).images.size(0) == 5);
  }
}

TEST_CASE("a source of which nothing can be decoded is an error, not an endless wait", "[data]") {
  const Data data;
  const std::string file = (data.path / "broken.tar").string();
  save_text(file, tar_member("a.png", "no picture") + tar_member("a.txt", "x") + tar_end());
  PictureStream stream(open_source(file), small);
  CHECK_THROWS_WITH(stream.next(), Contains("none of the pictures can be decoded") && Contains("not a JPEG"));
}

TEST_CASE("a source is opened by the kind of name it has", "[data]") {
  const Data data;
  CHECK(open_source((data.path / "folder").string())->pairs()->size() == 23);
  CHECK(open_source((data.path / "s-{0..1}.tar").string())->pairs() == nullptr);
  const std::string file = (data.path / "source.json").string();
  save_text(file, Json{{"kind", "shards"}, {"shards", (data.path / "s-0.tar").string()}, {"buffer", 2}}.dump());
  CHECK(open_source(file)->pairs() == nullptr);
  save_text(file, Json{{"kind", "films"}}.dump());
  CHECK_THROWS_WITH(open_source(file), Contains("valid: folder, coco, shards"));
  CHECK_THROWS_AS(open_source("coco:nothing"), ConfigError);
  CHECK_THROWS_WITH(open_source("no-such-set"), Contains("there is no data set \"no-such-set\""));
  CHECK_THROWS_AS(parse_stream_position("3"), ConfigError);
}
