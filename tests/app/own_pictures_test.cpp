// A user's own pictures: what is found in their folder, and training on them with and without held-out ones.
#include "pipeline/image.h"
#include "pipeline/model.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;
using Catch::StartsWith;

namespace {

// Twenty small pictures with captions, and a training on them.
struct OwnPictures {
  ScratchFolder folder;

  OwnPictures() {
    std::filesystem::create_directory(folder.path + "/mine");
    for (int i = 0; i < 20; ++i) {
      const std::string name = folder.path + "/mine/" + std::to_string(i);
      save_png(name + ".png", make_image({16 + i, 24}, uint8_t(10 * i)));
      save_text(name + ".caption", "grey " + std::to_string(i / 2));
    }
    write(Json::object());
  }

  void write(const Json& more) const {
    Json json{{"name", "mine"},
              {"stage", {{"kind", "base"}, {"unet", tiny_unet}, {"width_divisor", 1}, {"latents", "mine"}}},
              {"loop", {{"iterations", 2}, {"batch", 2}, {"checkpoint_every", 2}}}};
    json.merge_patch(more);
    save_text(folder.path + "/train.json", json.dump());
  }

  Outcome train() const { return in_folder("train train.json --threads 2 --db r.db"); }
  Outcome in_folder(const std::string& arguments) const {
    return run_shell(mdsearch_in(folder.path, arguments), folder.path);
  }
};

const Json evaluated{{"evaluation", {{"pictures", 4}, {"sampler", {{"steps", 2}}}}}};

}  // namespace

TEST_CASE("data show tells what a folder holds, and what a held-out share would take", "[app]") {
  const OwnPictures own;
  const Outcome shown = own.in_folder("data show mine --format json --size 16 --count 3");
  INFO(shown.err);
  REQUIRE(shown.code == 0);
  const Json json = shown.json();
  CHECK(json["pictures"] == 20);
  CHECK(json["captions"] == 10);
  CHECK(json["held_out"] == 0);
  CHECK(json["smallest"] == "16 x 24");
  CHECK(json["largest"] == "35 x 24");
  CHECK(json["rows"].size() == 3);
  CHECK_THAT(json["advice"].get<std::string>(), Contains("\"held_out\": 0.1") && Contains("would hold out 2"));
  CHECK(own.in_folder("data show mine --held-out 0.2 --format json --size 16").json()["held_out"] == 4);
}

TEST_CASE("a training that evaluates without held-out pictures is refused before anything is encoded", "[app][torch]") {
  const OwnPictures own;
  own.write(evaluated);
  const Outcome refused = own.train();
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err, Contains("mine holds out 0 pictures; an evaluation needs 2") && Contains("stage.held_out"));
  CHECK_THAT(refused.err, !Contains("encoding"));
  CHECK(!std::filesystem::exists(own.folder.path + "/out"));
}

TEST_CASE("own pictures train without evaluation, and with a share held out they are evaluated", "[app][torch]") {
  const OwnPictures own;
  const Outcome plain = own.train();
  INFO(plain.err);
  REQUIRE(plain.code == 0);
  CHECK(load_card(own.folder.path + "/out/train/mine/model").provenance.data == std::vector<std::string>{"mine"});
  CHECK_THAT(load_card(own.folder.path + "/out/train/mine/model").provenance.license, StartsWith("unknown: yours; "));

  Json more = evaluated;
  more["name"] = "scored";
  more["stage"]["held_out"] = 0.2;
  own.write(more);
  const Outcome scored = own.train();
  INFO(scored.err);
  REQUIRE(scored.code == 0);
  const Json scores = load_card(own.folder.path + "/out/train/scored/model").provenance.scores;
  CHECK(scores.contains("fd_emoji_clip"));
}
