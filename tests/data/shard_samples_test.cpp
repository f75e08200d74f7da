#include "data/shard_samples.h"

#include <filesystem>

#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/data/tar_builder.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

struct Read {
  std::vector<std::string> samples{};  // "id: caption = bytes"
  FolderReport skipped{};
};

Read read(const std::string& members) {
  const std::string file = scratch("samples.tar").string();
  save_text(file, members + tar_end());
  Read all;
  ShardSamples samples({file}, all.skipped);
  while (const auto sample = samples.next())
    all.samples.push_back(sample->id + ": " + sample->caption + " = " + sample->bytes);
  std::filesystem::remove(file);
  return all;
}

using Samples = std::vector<std::string>;

}  // namespace

TEST_CASE("names with dots of their own keep picture and caption together", "[data]") {
  const Read dotted = read(tar_member("d.v1/a 2.0 (x).png", "p0") + tar_member("d.v1/a 2.0 (x).txt", "zero") +
                           tar_member("d.v1/a 2.1 (y).txt", "one") + tar_member("d.v1/a 2.1 (y).png", "p1"));
  CHECK(dotted.samples == Samples{"d.v1/a 2.0 (x): zero = p0", "d.v1/a 2.1 (y): one = p1"});
  CHECK(dotted.skipped.skips.empty());
}

TEST_CASE("several pictures of one sample share its caption, unless they are fields of a picture", "[data]") {
  const Read both =
      read(tar_member("x.left.png", "l") + tar_member("x.right.png", "r") + tar_member("x.txt", "stereo"));
  CHECK(both.samples == Samples{"x.left: stereo = l", "x.right: stereo = r"});
  const Read mask = read(tar_member("x.mask.png", "m") + tar_member("x.png", "p") + tar_member("x.txt", "a cat"));
  CHECK(mask.samples == Samples{"x: a cat = p"});
  const Read twice = read(tar_member("x.jpg", "j") + tar_member("x.png", "p") + tar_member("x.txt", "a cat"));
  CHECK(twice.samples == Samples{"x: a cat = j"});
  CHECK_THAT(summary(twice.skipped), Contains("x: another picture of the same sample, .png"));
}

TEST_CASE("what macOS stores beside a file does not part a picture from its caption", "[data]") {
  const Read mac = read(tar_member("._x.png", "mac") + tar_member("x.png", "p") + tar_member("._x.txt", "mac") +
                        tar_member("x.txt", "a cat") + tar_member(".DS_Store", "mac"));
  CHECK(mac.samples == Samples{"x: a cat = p"});
  CHECK(mac.skipped.skips.empty());
}

TEST_CASE("a sample that is left out says why", "[data]") {
  const auto reason = [](const std::string& members) {
    const Read all = read(members);
    CHECK(all.samples.empty());
    return summary(all.skipped);
  };
  const std::string picture = tar_member("x.png", "p");
  CHECK_THAT(reason(tar_member("x.jp2", "j") + tar_member("x.txt", "a")),
             Contains("x: a caption without a picture; there is .jp2"));
  CHECK_THAT(reason(tar_member("x.cls", "7")), Contains("x: a sample without a picture; there is .cls"));
  CHECK_THAT(reason(picture + tar_member("x.json", "{")), Contains("x: a picture whose json is damaged"));
  CHECK_THAT(reason(picture + tar_member("x.json", "{\"url\": 1}")), Contains("json has no \"caption\" or \"text\""));
  CHECK_THAT(reason(picture + tar_member("x.json", std::string(200'000, '['))), Contains("json is damaged"));
  CHECK_THAT(reason(picture + tar_member("x.txt", std::string(70'000, 'a'))),
             Contains("x.txt: a member of more than 65536 bytes"));
  CHECK_THAT(reason(picture + tar_member("x.txt", "\xff")), Contains("a caption that is not UTF-8"));
}

TEST_CASE("a sample has a bound of members", "[data]") {
  std::string members = tar_member("x.png", "p") + tar_member("x.txt", "a cat");
  for (int i = 0; i < 1000; ++i) members += tar_member("x." + std::to_string(i) + ".txt", "t");
  const Read all = read(members + tar_member("y.png", "q") + tar_member("y.txt", "a dog"));
  CHECK(all.samples == Samples{"x: a cat = p", "y: a dog = q"});
  CHECK_THAT(summary(all.skipped), Contains("x: a sample of more than 1000 members"));
}
