#include "pipeline/image.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"

using namespace mds;
using Catch::Contains;

namespace {

// A tiny model in a scratch folder, and `mdsearch generate` with it.
struct Model {
  ScratchFolder folder;
  Model() { save_tiny_model(folder.path + "/model"); }
  std::string at(const std::string& name) const { return folder.path + "/" + name; }
  Outcome generate(const std::string& arguments) const {
    return mdsearch("generate --threads 1 --model " + at("model") + " " + arguments);
  }
};

}  // namespace

TEST_CASE("generate writes one picture that tells how it was made, and the same one again", "[app][torch]") {
  const Model model;
  const std::string file = model.at("new/heart.png");
  const Outcome outcome = model.generate("--prompt 'red heart' --seed 7 --guidance 2 --out " + file);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.out == file + "\n");
  CHECK((load_image_size(file) == ImageSize{32, 32}));
  CHECK(png_text(file, "prompt") == "red heart");
  CHECK(png_text(file, "seed") == "7");
  CHECK(png_text(file, "steps") == "3");  // the model's own
  CHECK(png_text(file, "guidance") == "2.0");
  CHECK(png_text(file, "spacing") == "trailing");
  CHECK(png_text(file, "model").size() == 64);
  CHECK(png_text(file, "software") == "mdsearch");
  const std::string bytes = text_of_file(file);
  REQUIRE(model.generate("--prompt 'red heart' --seed 7 --guidance 2 --out " + file).code == 0);
  CHECK((text_of_file(file) == bytes));
}

TEST_CASE("generate writes several pictures into a folder, each of its own seed", "[app][torch]") {
  const Model model;
  std::ofstream(model.at("prompts.txt")) << "green heart\r\n\nblue heart\n";
  const Outcome outcome = model.generate("--prompt red --prompts " + model.at("prompts.txt") +
                                         " --count 2 --seed 10 --steps 2 --out " + model.at("many"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const std::vector<std::string> prompts{"red", "red", "green heart", "green heart", "blue heart", "blue heart"};
  for (size_t i = 0; i < prompts.size(); ++i) {
    const std::string file = model.at("many/0000" + std::to_string(i) + ".png");
    CHECK_THAT(outcome.out, Contains(file + "\n"));
    CHECK(png_text(file, "prompt") == prompts[i]);
    CHECK(png_text(file, "seed") == std::to_string(10 + i));
  }
  // Drawn alone the fourth picture is the same but for rounding.
  REQUIRE(model.generate("--prompt 'green heart' --seed 13 --steps 2 --out " + model.at("alone.png")).code == 0);
  const Image alone = load_image(model.at("alone.png")), together = load_image(model.at("many/00003.png"));
  int largest = 0;
  for (size_t i = 0; i < alone.rgb.size(); ++i)
    largest = std::max(largest, std::abs(int(alone.rgb[i]) - int(together.rgb[i])));
  CHECK(largest <= 1);
}

TEST_CASE("generate --grid writes a row for each prompt", "[app][torch]") {
  const Model model;
  const Outcome outcome = model.generate(
      "--prompt red --prompt green --count 3 --grid --steps 1 --spacing leading --out " + model.at("grid.png"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK((load_image_size(model.at("grid.png")) == ImageSize{3 * 34 - 2, 2 * 34 - 2}));
  CHECK(png_text(model.at("grid.png"), "prompt") == "red\ngreen");
}

TEST_CASE("generate refuses wrong use with 2 and writes nothing", "[app][torch]") {
  const Model model;
  const std::string out = " --out " + model.at("out.png");
  const auto [arguments, message] = GENERATE(table<std::string, std::string>({
      {"", "needs --prompt TEXT or --prompts FILE"},
      {"--prompt a --prompt 'caf\xe9'", "prompt 2 is not UTF-8"},
      {"--prompt a --count 0", "--count is 0; allowed: 1 to 100000"},
      {"--prompt a --count 2", "2 pictures do not fit"},
      {"--prompt a --steps 0", "steps is 0"},
      {"--prompt a --guidance=-1", "guidance is -1"},
      {"--prompt a --spacing odd", "valid: trailing, leading"},
      {"--prompt a --count 99999 --grid", "--grid would be 99999 x 1 pictures; allowed: 481 a side"},
  }));
  const Outcome outcome = model.generate(arguments + out);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains(message));
  CHECK(!std::filesystem::exists(model.at("out.png")));
}

TEST_CASE("generate says which file of a model is missing or damaged", "[app][torch]") {
  const Model model;
  CHECK_THAT(mdsearch("generate --prompt a --out a.png --model " + model.at("none")).err,
             Contains(model.at("none/model.json")));
  const std::string unet = model.at("model/unet.safetensors");
  std::filesystem::resize_file(unet, 1000);
  const Outcome outcome = model.generate("--prompt a --out " + model.at("out.png"));
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Contains(unet));
  CHECK(!std::filesystem::exists(model.at("out.png")));
}
