#include "data/webdataset.h"

#include <algorithm>
#include <filesystem>

#include "tests/catch.h"
#include "tests/data/tar_builder.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

struct Shards {
  fs::path path = scratch("webdataset_test");
  Shards() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Shards() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& bytes) const { save_text((path / name).string(), bytes); }
  // Samples first .. first + count - 1, named by their number.
  void numbered(const std::string& name, int first, int count) const {
    std::string bytes;
    for (int i = first; i < first + count; ++i) {
      bytes += tar_member(std::to_string(i) + ".png", "pixels " + std::to_string(i));
      bytes += tar_member(std::to_string(i) + ".txt", "caption " + std::to_string(i));
    }
    write(name, bytes + tar_end());
  }
  SourcePtr open(const std::string& pattern, int64_t buffer = 1000) const {
    return open_shards({.shards = (path / pattern).string(), .buffer = buffer});
  }
};

std::vector<std::string> ids(PictureReader& reader) {
  std::vector<std::string> all;
  while (const auto sample = reader.next()) all.push_back(sample->id);
  return all;
}
std::vector<std::string> ids(const SourcePtr& source, OrderSeed seed) { return ids(*source->open(seed)); }

}  // namespace

TEST_CASE("braces stand for ranges and lists of names", "[data]") {
  CHECK(expand_braces("x.tar") == std::vector<std::string>{"x.tar"});
  CHECK(expand_braces("x-{08..11}.tar") == std::vector<std::string>{"x-08.tar", "x-09.tar", "x-10.tar", "x-11.tar"});
  CHECK(expand_braces("{a,b}{1..2}") == std::vector<std::string>{"a1", "a2", "b1", "b2"});
  for (const char* wrong : {"x-{0..", "x}", "}{", "{3..1}", "{a..c}", "{0..9999999}", "{0..999}{0..9999}"})
    CHECK_THROWS_AS(expand_braces(wrong), ConfigError);
}

TEST_CASE("neighbouring members of one name are a sample, with its caption from txt or json", "[data]") {
  const Shards shards;
  shards.write("a.tar", tar_member("d/one.JPG", "p1") + tar_member("d/one.txt", " first \n") +
                            tar_member("d/two.json", R"({"caption": "second", "url": 1})") +
                            tar_member("d/two.webp", "p2") + tar_member("d/three.png", "p3") +
                            tar_member("d/three.cls", "7") + tar_member("d/four.txt", "no picture") +
                            tar_member("d/five.png", "p5") + tar_member("d/five.json", "{broken") + tar_end());
  const auto reader = shards.open("a.tar")->open({});
  const auto one = reader->next(), two = reader->next();
  REQUIRE((one && two));
  CHECK(one->id == "d/one");
  CHECK(one->caption == "first");
  CHECK(one->bytes == "p1");
  CHECK(two->caption == "second");
  CHECK(two->bytes == "p2");
  CHECK(!reader->next());
  CHECK_THAT(summary(reader->skipped()), Contains("1: a picture without a caption") &&
                                             Contains("1: a caption without a picture") &&
                                             Contains("1: a picture whose json is damaged"));
}

TEST_CASE("each seed has an order of its own, which holds every sample once", "[data]") {
  const Shards shards;
  shards.numbered("s-0.tar", 0, 30);
  shards.numbered("s-1.tar", 30, 30);
  const auto source = shards.open("s-{0..1}.tar", 16);
  const auto stored = ids(source, {});
  REQUIRE(stored.size() == 60);
  CHECK(stored[59] == "59");
  const auto shuffled = ids(source, 1);
  CHECK(shuffled == ids(source, 1));
  CHECK(shuffled != ids(source, 2));
  CHECK(shuffled != stored);
  CHECK(std::is_permutation(shuffled.begin(), shuffled.end(), stored.begin(), stored.end()));
}

TEST_CASE("a reader that skips goes on as one that read", "[data]") {
  const Shards shards;
  shards.numbered("s.tar", 0, 50);
  const auto source = shards.open("s.tar", 8);
  const auto whole = ids(source, 5);
  for (const int64_t samples : {0, 1, 17, 49, 50, 80}) {
    const auto reader = source->open(5);
    reader->skip(samples);
    const size_t from = std::min<size_t>(size_t(samples), whole.size());
    CHECK(ids(*reader) == std::vector<std::string>(whole.begin() + int64_t(from), whole.end()));
  }
}

TEST_CASE("a shard cut anywhere gives its readable samples and a listed skip", "[data]") {
  const Shards shards;
  shards.numbered("whole.tar", 0, 3);
  const std::string bytes = load_bytes((shards.path / "whole.tar").string());
  shards.numbered("next.tar", 10, 1);
  for (size_t length = 0; length + 1024 < bytes.size(); length += 300) {
    INFO("cut to " << length << " of " << bytes.size());
    shards.write("cut.tar", bytes.substr(0, length));
    const auto reader = shards.open("{cut,next}.tar")->open({});
    const auto read = ids(*reader);
    REQUIRE(!read.empty());
    CHECK(read.back() == "10");
    const size_t whole = length / 2048;  // the last caption may be complete without its padding
    CHECK((read.size() == 1 + whole || (read.size() == 2 + whole && length % 2048 >= 1536 + 9)));
    if (length % 512 != 0) CHECK(!reader->skipped().skips.empty());
  }
}

TEST_CASE("no damage to a shard's bytes crashes its reader or loses the next shard", "[data]") {
  const Shards shards;
  shards.numbered("whole.tar", 0, 2);
  shards.numbered("next.tar", 10, 1);
  const std::string bytes = load_bytes((shards.path / "whole.tar").string());
  for (size_t at = 0; at < bytes.size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] = char(damaged[at] ^ 0x5A);
    shards.write("damaged.tar", damaged);
    const auto read = ids(shards.open("{damaged,next}.tar"), {});
    REQUIRE(!read.empty());
    CHECK(read.back() == "10");
  }
}

TEST_CASE("a shard that does not exist is an error that names it", "[data]") {
  const Shards shards;
  shards.numbered("s-0.tar", 0, 1);
  CHECK_THROWS_WITH(shards.open("s-{0..1}.tar"), Contains("s-1.tar: there is no such shard"));
}
