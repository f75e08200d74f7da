// What is trained beside a model draws with it, from the commands alone.
#include "pipeline/image.h"
#include "tests/app/toy_training.h"

using namespace mds;
using Catch::Contains;

namespace {

// A distilled toy, whose pictures have boxes, and a photo with a corner in it.
struct Tuned : ToyTraining {
  Tuned() {
    add_layouts();
    for (const char* stage : {"base", "relu", "distil"}) require_trained(stage);
    Image photo = make_image({20, 20}, 255);
    for (int64_t y = 6; y < 20; ++y)
      for (size_t channel = 0; channel < 30; ++channel) photo.rgb[size_t(y) * 60 + channel] = 0;
    save_png(file("photo.png"), photo);
  }

  void add_layouts() const {
    LatentSet set = load_latents(file("latents.safetensors"));
    const int64_t count = set.moments.size(0);
    set.layouts = {.boxes_NB4 = at::tensor({0.0, 0.0, 0.5, 1.0}).to(at::kFloat).expand({count, 1, 4}).clone(),
                   .phrases_NBC = seeded_noise({3}, {count, 1, 6})[0].to(at::kHalf),
                   .mask_NB = at::ones({count, 1})};
    save_latents(file("latents.safetensors"), set);
  }
  void tune(const Json& additions) const {
    Json json = config("tune");
    json["stage"].erase("adapter");
    json["stage"].update(additions);
    json["loop"]["iterations"] = 30;
    json["optimizer"]["lr"] = 0.05;
    write("tune.json", json);
    require_trained("tune");
  }
  Outcome draw(const std::string& more) const {
    return run("generate --model out/train/distil/model --prompt red --threads 1 " + more);
  }
  std::vector<uint8_t> drawn(const std::string& out, const std::string& more) const {
    const Outcome outcome = draw(more + " --out " + out);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    return load_image(file(out)).rgb;
  }
};

}  // namespace

TEST_CASE("a tuned adapter or ControlNet draws by the edges of a photo, and not at a scale of zero", "[app][torch]") {
  const Tuned training;
  const std::vector<uint8_t> plain = training.drawn("plain.png", "");
  for (const char* kind : {"adapter", "controlnet"}) {
    INFO(kind);
    training.tune({{kind, Json::object()}});
    const std::string control = "--adapter out/train/tune/model --control-from photo.png ";
    const Outcome outcome = training.draw(control + "--out edges.png --overwrite");
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK_THAT(outcome.err, Contains("photo.png") && Contains("resized"));
    CHECK(training.drawn("again.png", control + "--overwrite") != plain);
    CHECK(training.drawn("off.png", control + "--control-scale 0 --overwrite") == plain);
    const Outcome twice = training.draw(control + "--adapter out/train/tune/model --out twice.png");
    if (kind == std::string("adapter")) {
      CHECK(twice.code != 0);
      CHECK_THAT(twice.err, Contains("to which another adapter adds too"));
    } else {
      CHECK(twice.code == 0);  // what ControlNets make is added up
    }
    std::filesystem::remove_all(training.output("tune"));
  }
}

TEST_CASE("grounding trained with low-rank updates draws boxes, and warns where the updates are left out",
          "[app][torch]") {
  const Tuned training;
  training.tune({{"grounding", {{"boxes", 2}, {"box_width", 8}}}, {"lora", {{"rank", 2}}}});
  const std::string command = "generate --model out/train/tune/model --prompt red --threads 1 ";
  const Outcome whole = training.run(command + "--lora out/train/tune/model --box 0,0,0.5,1=red --out whole.png");
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  CHECK_THAT(whole.err, !Contains("trained together"));
  const Outcome half = training.run(command + "--box 0,0,0.5,1=red --out half.png");
  CHECK(half.code == 0);
  CHECK_THAT(half.err, Contains("was trained together with its lora.safetensors"));
  CHECK(load_image(training.file("whole.png")).rgb != load_image(training.file("half.png")).rgb);
}
