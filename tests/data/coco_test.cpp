#include "data/coco.h"

#include <filesystem>

#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

namespace fs = std::filesystem;

struct Coco {
  fs::path path = scratch("coco_test");
  Json root{{"images", Json::array()}, {"annotations", Json::array()}};
  Coco() {
    fs::remove_all(path);
    fs::create_directories(path / "pictures");
  }
  ~Coco() { fs::remove_all(path); }
  void image(int64_t id, bool on_disk = true) {
    const std::string name = std::to_string(id) + ".png";
    root["images"].push_back({{"id", id}, {"file_name", name}, {"license", 4}});
    if (on_disk) save_png((path / "pictures" / name).string(), make_image({8, 8}));
  }
  void caption(int64_t id, int64_t image, const std::string& text) {
    root["annotations"].push_back({{"id", id}, {"image_id", image}, {"caption", text}});
  }
  std::vector<Pair> list(CaptionChoice captions = CaptionChoice::all, FolderReport* report = nullptr) const {
    save_text((path / "captions.json").string(), root.dump());
    return list_coco({(path / "captions.json").string(), (path / "pictures").string(), captions}, report);
  }
};

}  // namespace

TEST_CASE("COCO's pictures have the licences that it lists", "[data]") {
  Coco coco;
  coco.image(3);
  coco.caption(11, 3, "a dog");
  CHECK(coco.list()[0].license.empty());
  coco.root["licenses"] = {{{"id", 4}, {"name", "Attribution License"}}};
  CHECK(coco.list()[0].license == "Attribution License");
}

TEST_CASE("COCO's captions join their pictures, all of them or the first", "[data]") {
  Coco coco;
  coco.image(7);
  coco.image(3);
  coco.caption(12, 3, "a dog runs");
  coco.caption(11, 3, " a dog\n");
  coco.caption(13, 7, "a cat");
  const auto all = coco.list();
  REQUIRE(all.size() == 3);
  CHECK(all[0] == Pair{(coco.path / "pictures/3.png").string(), "a dog", "train", "3", "3-11"});
  CHECK(all[1].id == "3-12");
  CHECK(all[1].group == "3");
  const auto first = coco.list(CaptionChoice::first);
  REQUIRE(first.size() == 2);
  CHECK(first[0].caption == "a dog");
  CHECK(first[1].id == "7");
}

TEST_CASE("COCO's captions without pictures and pictures without captions are listed skips", "[data]") {
  Coco coco;
  coco.image(1);
  coco.image(2);
  coco.image(3, /*on_disk=*/false);
  coco.caption(1, 1, "a cup");
  coco.caption(2, 99, "nothing");
  coco.caption(3, 3, "a lost picture");
  coco.caption(4, 2, "  ");
  FolderReport report;
  CHECK(coco.list(CaptionChoice::all, &report).size() == 1);
  CHECK_THAT(summary(report), Contains("4 skipped") && Contains("2: a caption without a picture") &&
                                  Contains("1: a picture without a caption") && Contains("1: an empty caption"));
}

TEST_CASE("broken COCO annotations are errors that name the place", "[data]") {
  Coco coco;
  CHECK_THROWS_WITH(coco.list(), Contains("has no caption with a picture"));
  coco.image(1);
  coco.root["annotations"].push_back({{"id", 5}, {"caption", "x"}});
  CHECK_THROWS_WITH(coco.list(), Contains("captions.json: annotations.0.image_id: is missing") ||
                                     Contains("annotations.0.image_id is missing"));
  coco.root["annotations"][0]["image_id"] = "one";
  CHECK_THROWS_AS(coco.list(), ConfigError);
  coco.root["annotations"] = 3;
  CHECK_THROWS_WITH(coco.list(), Contains("a list"));
  coco.root.erase("annotations");
  CHECK_THROWS_WITH(coco.list(), Contains("annotations") && Contains("is missing"));
  coco.root["images"][0]["file_name"] = "../secret.png";
  coco.root["annotations"] = Json::array();
  CHECK_THROWS_WITH(coco.list(), Contains("inside the folder"));
  CHECK_THROWS_AS(list_coco({"absent.json", coco.path.string()}), FileError);
}

TEST_CASE("COCO's captions can be read without their pictures", "[data]") {
  Coco coco;
  coco.caption(12, 3, "a dog runs");
  coco.caption(11, 3, " a dog\n");
  const std::string file = (coco.path / "captions.json").string();
  save_text(file, coco.root.dump());
  CHECK(coco_captions(file) == std::vector<std::string>{"a dog", "a dog runs"});
  coco.caption(13, 3, " ");
  save_text(file, coco.root.dump());
  CHECK_THROWS_WITH(coco_captions(file), Contains("annotations.2.caption is empty"));
}
