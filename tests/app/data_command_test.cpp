// data show and data bench on folders of a user's own.
#include <fstream>

#include "data/prompt_file.h"
#include "pipeline/image.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

void add_picture(const ScratchFolder& folder, const std::string& name) {
  save_png(folder.path + "/" + name + ".png", make_image({16, 16}, 90));
  save_text(folder.path + "/" + name + ".txt", "picture " + name);
}

}  // namespace

TEST_CASE("a picture that breaks off is skipped by show and bench, with its reason", "[app][torch]") {
  const ScratchFolder folder, out;
  for (const char* name : {"a", "b", "c"}) add_picture(folder, name);
  const std::string broken = folder.path + "/b.png", sheet = out.path + "/sheet.png";
  std::filesystem::resize_file(broken, std::filesystem::file_size(broken) - 30);  // its header is whole

  const Outcome shown = mdsearch("data show " + folder.path + " --size 16 --format json --out " + sheet);
  INFO(shown.err);
  REQUIRE(shown.code == 0);
  CHECK(shown.json()["rows"].size() == 2);
  CHECK_THAT(shown.err, Contains("1 skipped") && Contains("b.png: is a broken PNG"));
  CHECK(load_image_size(sheet).width == 2 * 50 + 2 * 2);

  const Outcome timed = mdsearch("data bench " + folder.path + " --size 16 --format json");
  INFO(timed.err);
  REQUIRE(timed.code == 0);
  CHECK(timed.json()["pictures"] == 2);
  CHECK(timed.json()["streams"].size() >= 1);
  CHECK(timed.json()["waiting_share"] <= 1);
  CHECK_THAT(timed.err, Contains("b.png: is a broken PNG"));
}

TEST_CASE("captions lists what is trained on and joins halves of it, never to a held-out caption", "[app][torch]") {
  const ScratchFolder folder, out;
  for (const auto& [name, caption, split] : std::vector<std::array<std::string, 3>>{
           {"a", "man: dark", "train"}, {"b", "woman: light", "train"}, {"c", "Man: light", "held_out"}}) {
    save_png(folder.path + "/" + name + ".png", make_image({16, 16}, 90));
    std::ofstream(folder.path + "/metadata.jsonl", std::ios::app)
        << Json{{"file_name", name + ".png"}, {"text", caption}, {"split", split}}.dump() << "\n";
  }
  const std::string list = out.path + "/captions.txt", command = "data captions " + folder.path + " --out ";
  const Outcome written = mdsearch(command + list + " --recombined 9 --format json");
  INFO(written.err);
  REQUIRE(written.code == 0);
  CHECK(load_prompts(list) == std::vector<std::string>{"man: dark", "woman: light", "woman: dark"});
  CHECK(written.json()["recombined"] == 1);
  CHECK(mdsearch(command + folder.path + "/a.png").code == 2);
}

TEST_CASE("a contact sheet of many pictures is nearly square, and one too large is refused", "[app][torch]") {
  const ScratchFolder folder, out;
  for (int i = 0; i < 100; ++i) add_picture(folder, std::to_string(i));
  const std::string arguments = "data show " + folder.path + " --count 100 --out " + out.path + "/sheet.png --size ";
  REQUIRE(mdsearch(arguments + "16").code == 0);
  CHECK(load_image_size(out.path + "/sheet.png").width == 606);
  std::filesystem::remove(out.path + "/sheet.png");
  const Outcome large = mdsearch(arguments + "1024");
  CHECK(large.code == 1);
  CHECK_THAT(large.err, Contains("a table of 10 x 10 pictures is 10276 x ") && Contains("allowed: 16384 a side"));
  CHECK(!std::filesystem::exists(out.path + "/sheet.png"));
}
