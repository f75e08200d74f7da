// mdsearch evaluate: two folders, a model with captions, a series of models; what it records and what it refuses.
#include "experiments/evaluation/drawing.h"
#include "metrics/protocol.h"
#include "pipeline/image.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"

using namespace mds;
using Catch::Contains;

namespace {

struct Case {
  ScratchFolder folder;
  Case() {
    save_tiny_model(at("model"));
    std::ofstream(at("prompts.txt")) << "red heart\ngreen heart\nblue heart\n";
  }
  std::string at(const std::string& name) const { return folder.path + "/" + name; }
  Outcome evaluate(const std::string& arguments) const {
    return mdsearch("evaluate --threads 1 --replicates 5 --format json --cache " + at("cache") + " " + arguments);
  }
  Outcome draw(const std::string& more = "", const std::string& models = "model") const {
    return evaluate("--model " + at(models) + " --prompts " + at("prompts.txt") + " --steps 1 --out " + at("drawn") +
                    " --metrics clip_emoji " + more);
  }
};

}  // namespace

TEST_CASE("evaluate draws a model's pictures once and tells how each score was found", "[app][torch]") {
  const Case tiny;
  const Outcome first = tiny.draw("--db " + tiny.at("scores.db"));
  INFO(first.err);
  REQUIRE(first.code == 0);
  const Json metric = first.json()["metrics"][0];
  CHECK(metric["name"] == "clip_emoji");
  CHECK(metric["n"] == 3);
  CHECK(metric["protocol"]["steps"] == 1);
  CHECK(metric["protocol"]["prompts_hash"].get<std::string>().size() == 64);
  CHECK_THAT(first.err, Contains("decoding + resizing") && Contains("binds"));

  const std::string kept = text_of_file(tiny.at("drawn/00000.png")), lost = text_of_file(tiny.at("drawn/00001.png"));
  std::ofstream(tiny.at("drawn/00001.png")) << "cut off";
  std::filesystem::remove(tiny.at("drawn/00002.png"));
  const Outcome again = tiny.draw();
  REQUIRE(again.code == 0);
  CHECK_THAT(again.err, Contains("holds 1 of the 3 pictures already; 1 broken"));
  CHECK((text_of_file(tiny.at("drawn/00000.png")) == kept));
  CHECK((text_of_file(tiny.at("drawn/00001.png")) == lost));
  CHECK(again.json()["metrics"][0] == metric);

  const Outcome other = tiny.draw("--seed 5");
  CHECK(other.code == 2);
  CHECK_THAT(other.err, Contains("00000.png: was drawn otherwise: it differs in seed (") && !Contains("prompt"));
  CHECK(tiny.draw("--seed 5 --overwrite").code == 0);

  const Outcome report = mdsearch("report scores --format json --db " + tiny.at("scores.db"));
  REQUIRE(report.code == 0);
  CHECK(report.json()["rows"][0]["value"] == metric["value"]);
  CHECK(report.json()["rows"][0]["protocol"] == metric["protocol_hash"]);
}

TEST_CASE("an evaluation of COCO's captions that is killed goes on at the picture it had reached", "[app][torch]") {
  const Case tiny;
  Json coco{{"images", Json::array()}, {"annotations", Json::array()}};
  for (int64_t i = 0; i < 60; ++i)
    coco["annotations"].push_back({{"id", 1000 - i}, {"image_id", i}, {"caption", "heart " + std::to_string(i)}});
  save_text(tiny.at("captions.json"), coco.dump());
  const auto arguments = [&](const std::string& out) {
    return "evaluate --threads 1 --replicates 5 --format json --metrics clip_emoji --steps 1 --captions 40 --size 16"
           " --model " +
           tiny.at("model") + " --prompts " + tiny.at("captions.json") + " --out " + tiny.at(out);
  };
  const Outcome undisturbed = mdsearch(arguments("whole"));
  INFO(undisturbed.err);
  REQUIRE(undisturbed.code == 0);

  const auto drawn = [&](size_t i) { return std::filesystem::exists(numbered(tiny.at("killed"), i)); };
  for (const size_t reached : {3, 17, 30})
    killed_once("exec " MDSEARCH_PROGRAM " " + arguments("killed"), [&] { return drawn(reached); });
  CHECK(drawn(30));
  const Outcome resumed = mdsearch(arguments("killed"));
  INFO(resumed.err);
  REQUIRE(resumed.code == 0);
  CHECK_THAT(resumed.err, Contains(" of the 40 pictures already"));
  const Json a = undisturbed.json()["metrics"][0], b = resumed.json()["metrics"][0];
  for (const char* key : {"value", "low", "high"}) CHECK(a[key].get<double>() == Approx(b[key].get<double>()));
  CHECK(a["protocol_hash"] == b["protocol_hash"]);
  CHECK(a["n"] == 40);
  CHECK(a["protocol"]["resolution"] == 16);
  for (size_t i = 0; i < 40; ++i)
    CHECK((text_of_file(numbered(tiny.at("whole"), i)) == text_of_file(numbered(tiny.at("killed"), i))));
}

TEST_CASE("a folder of models gives a score each, by iteration", "[app][torch]") {
  const Case tiny;
  for (const int64_t iteration : {20, 3}) {
    ModelCard card = tiny_card();
    card.provenance.iterations = iteration;
    save_tiny_model(tiny.at("series/m" + std::to_string(iteration)), card);
  }
  const Outcome outcome = tiny.draw("", "series");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json metrics = outcome.json()["metrics"];
  REQUIRE(metrics.size() == 2);
  CHECK(metrics[0]["iteration"] == 3);
  CHECK(metrics[1]["iteration"] == 20);
  CHECK(metrics[0]["protocol_hash"] == metrics[1]["protocol_hash"]);
  CHECK(std::filesystem::exists(tiny.at("drawn/m3/00002.png")));
}

TEST_CASE("several seeds give a mean with an interval over them, under a protocol of its own", "[app][torch]") {
  const Case tiny;
  const Outcome both = tiny.draw("--seeds 2 --seed 4");
  INFO(both.err);
  REQUIRE(both.code == 0);
  const Json score = both.json()["metrics"][0];
  CHECK(score["interval"] == "seeds");
  CHECK(score["protocol"]["replicates"] == 2);
  CHECK(score["n"] == 3);
  double sum = 0;
  for (const std::string seed : {"4", "5"}) {
    const Outcome one = mdsearch("evaluate --threads 1 --replicates 5 --format json --metrics clip_emoji --steps 1" +
                                 std::string(" --model ") + tiny.at("model") + " --prompts " + tiny.at("prompts.txt") +
                                 " --out " + tiny.at("drawn/seed-" + seed) + " --seed " + seed);
    REQUIRE(one.code == 0);
    CHECK_THAT(one.err, Contains("holds 3 of the 3 pictures"));
    sum += one.json()["metrics"][0]["value"].get<double>();
    CHECK(one.json()["metrics"][0]["protocol_hash"] != score["protocol_hash"]);
  }
  CHECK(score["value"].get<double>() == Approx(sum / 2));
}

TEST_CASE("repeats are one set, begin with the pictures of no repeats, and resample captions", "[app][torch]") {
  const Case tiny;
  REQUIRE(tiny.draw().code == 0);
  const std::string database = " --db " + tiny.at("scores.db");
  const Outcome outcome = tiny.draw("--repeats 3" + database);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("holds 3 of the 9 pictures"));
  const Json score = outcome.json()["metrics"][0];
  CHECK((score["n"] == 9 && score["clusters"] == 3));
  CHECK((score["protocol"]["repeats"] == 3 && score["protocol"]["clusters"] == 3));
  CHECK_THAT(score["protocol"]["seed_rule"].get<std::string>(), Contains("repeat * captions"));
  CHECK(picture_text(tiny.at("drawn/00007.png"), "prompt") == "green heart");
  CHECK(picture_text(tiny.at("drawn/00007.png"), "seed") == std::to_string(picture_seed(0, 7)));
  CHECK((text_of_file(tiny.at("drawn/00001.png")) != text_of_file(tiny.at("drawn/00007.png"))));
  const Json one = tiny.draw(database).json()["metrics"][0];
  CHECK(!one["protocol"].contains("repeats"));
  CHECK(one["protocol"]["prompts_hash"] == score["protocol"]["prompts_hash"]);  // hashes captions, not pictures
  CHECK(one["protocol_hash"] != score["protocol_hash"]);
}

TEST_CASE("binding counts the captions with a tone, and none is an error", "[app][torch]") {
  const Case tiny;
  const Outcome none = tiny.evaluate("--model " + tiny.at("model") + " --prompts " + tiny.at("prompts.txt") +
                                     " --steps 1 --out " + tiny.at("drawn") + " --metrics binding_emoji");
  CHECK(none.code == 1);
  CHECK_THAT(none.err, Contains("binding_emoji can measure no caption"));
  std::ofstream(tiny.at("people.txt")) << "red heart\nman: dark skin tone\nwoman: light skin tone\nthree hearts\n";
  const Outcome both =
      tiny.evaluate("--model " + tiny.at("model") + " --prompts " + tiny.at("people.txt") + " --steps 1 --out " +
                    tiny.at("people") + " --repeats 2 --metrics binding_emoji,counting_emoji,clip_emoji");
  INFO(both.err);
  REQUIRE(both.code == 0);
  const Json scores = both.json()["metrics"];
  CHECK((scores[0]["n"] == 4 && scores[0]["clusters"] == 2));
  CHECK((scores[1]["n"] == 2 && scores[2]["n"] == 8));
  CHECK_THAT(scores[0]["protocol"]["choices"].get<std::string>(), Contains("1/5"));
}

TEST_CASE("a choice of captions is a fixed part of the list in its order", "[app][torch]") {
  const Case tiny;
  const Outcome two = tiny.draw("--captions 2");
  INFO(two.err);
  REQUIRE(two.code == 0);
  CHECK(two.json()["metrics"][0]["n"] == 2);
  CHECK_THAT(tiny.draw("--captions 2").err, Contains("holds 2 of the 2 pictures"));
  const Outcome four = tiny.draw("--captions 4");
  CHECK(four.code == 2);
  CHECK_THAT(four.err, Contains("--captions is 4; ") && Contains("prompts.txt has 3"));
}

TEST_CASE("evaluate finds what is missing before it draws", "[app][torch]") {
  const Case tiny;
  std::filesystem::create_directories(tiny.at("reference"));
  for (const char* name : {"00000.png", "x.png"}) save_png(tiny.at("reference/") + name, make_image({40, 40}));
  std::filesystem::create_directories(tiny.at("strangers"));
  for (const char* name : {"x.png", "y.png"}) save_png(tiny.at("strangers/") + name, make_image({40, 40}));
  const auto [metric, message] = GENERATE(table<std::string, std::string>({
      {"clip_emoji,fid --reference REF", "weights of inception-v3-fid are not part of this project"},
      {"clip_emoji,clip_score_b32 --weights clip-vit-b-32=none.pt", "none.pt"},
      {"psnr --reference STRANGERS", "share no picture's name"},
      {"psnr --reference REF", "--size N brings both to one size"},
      {"clip_emoji,binding_emoji", "binding_emoji can measure no caption"},
      {"kid_emoji_clip --kid-subset 9 --reference REF", "--kid-subset is 9; of these pictures 2 to 2"},
      {"clip_emoji --db none/none/x.db", "none/none/x.db"},
  }));
  std::string line = "--metrics " + metric;
  for (const auto& [word, folder] : {std::pair{"REF", "reference"}, {"STRANGERS", "strangers"}})
    if (const size_t at = line.find(word); at != std::string::npos)
      line.replace(at, std::string(word).size(), tiny.at(folder));
  const Outcome outcome = tiny.evaluate("--model " + tiny.at("model") + " --prompts " + tiny.at("prompts.txt") +
                                        " --steps 1 --out " + tiny.at("drawn") + " " + line);
  INFO(line << "\n" << outcome.err);
  CHECK(outcome.code != 0);
  CHECK_THAT(outcome.err, Contains(message) && !Contains("drawing"));
  CHECK(!std::filesystem::exists(tiny.at("drawn/00000.png")));
}

TEST_CASE("a score that is finished is stored and printed when a later model fails", "[app][torch]") {
  const Case tiny;
  save_tiny_model(tiny.at("other"));
  // A weight that is not finite passes the check of names and shapes, but fails when drawing.
  TensorMap weights = load_tensors(tiny.at("other/unet.safetensors")).tensors;
  weights.begin()->second.fill_(NAN);
  save_part(tiny.at("other"), "unet", weights, at::kFloat);
  const Outcome outcome =
      tiny.evaluate("--model " + tiny.at("model") + " " + tiny.at("other") + " --prompts " + tiny.at("prompts.txt") +
                    " --steps 1 --metrics clip_emoji --out " + tiny.at("drawn") + " --db " + tiny.at("scores.db"));
  INFO(outcome.err);
  CHECK(outcome.code == 1);
  REQUIRE(outcome.json()["metrics"].size() == 1);
  CHECK(outcome.json()["metrics"][0]["subject"] == tiny.at("model"));
  CHECK(outcome.json()["failed"][0]["subject"] == tiny.at("other"));
  CHECK_THAT(outcome.err, Contains(tiny.at("other") + " failed: ") && Contains("unet.safetensors"));
  CHECK(mdsearch("report scores --format json --db " + tiny.at("scores.db")).json()["rows"].size() == 1);
}

TEST_CASE("drawn pictures are scored against the prompts that they carry", "[app][torch]") {
  const Case tiny;
  const Outcome drawn = tiny.draw();
  REQUIRE(drawn.code == 0);
  const Outcome outcome = tiny.evaluate("--metrics clip_emoji --images " + tiny.at("drawn"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json a = outcome.json()["metrics"][0], b = drawn.json()["metrics"][0];
  CHECK((a["n"] == 3 && a["value"] == b["value"]));
  CHECK(a["protocol"]["prompts_hash"] == b["protocol"]["prompts_hash"]);
  const Outcome split = tiny.evaluate("--metrics clip_emoji --split held_out --images " + tiny.at("drawn"));
  REQUIRE(split.code == 0);  // drawn pictures are of no split
  CHECK(split.json()["metrics"][0]["value"] == a["value"]);
}

TEST_CASE("a caption that the scoring network cuts is warned of", "[app][torch]") {
  const Case tiny;
  std::string caption;
  for (int i = 0; i < 80; ++i) caption += "red ";
  std::ofstream(tiny.at("prompts.txt")) << caption << "\nblue\n";
  CHECK_THAT(tiny.draw().err, Contains("warning: caption ") && Contains("is, for emoji-clip-score, "));
}

TEST_CASE("evaluate refuses wrong use", "[app]") {
  const Case tiny;
  const auto [arguments, code, message] = GENERATE(table<std::string, int, std::string>({
      {"--metrics psnr", 2, "needs either --images DIR or --model DIR"},
      {"--metrics psnr --images .", 2, "give --reference"},
      {"--metrics fud --images .", 2, "--metrics has \"fud\"; allowed: "},
      {"--metrics psnr --images . --reference . --weights x", 2, "--weights is \"x\"; expected NETWORK=FILE"},
      {"--metrics clip_emoji --model nowhere --prompts nowhere.txt --out x", 1, "nowhere.txt"},
      {"--metrics psnr --images . --reference . --size -1", 2, "--size is -1"},
      {"--metrics clip_emoji --images . --seeds 2", 2, "--seeds needs --model"},
      {"--metrics psnr --images . --reference . --save-reference ./r.safetensors", 2, "an input of this command"},
      {"--metrics psnr --model . --reference . --out x --sheet x.gif", 2, "--sheet is \"x.gif\"; allowed: "},
      {"--metrics clip_emoji --images . --repeats 2", 2, "--repeats needs --model"},
  }));
  const Outcome outcome = tiny.evaluate(arguments);
  INFO(arguments);
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains(message));
}
