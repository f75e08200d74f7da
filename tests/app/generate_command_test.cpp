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
  // Drawn alone the fourth picture is the same.
  REQUIRE(model.generate("--prompt 'green heart' --seed 13 --steps 2 --out " + model.at("alone.png")).code == 0);
  CHECK((text_of_file(model.at("alone.png")) == text_of_file(model.at("many/00003.png"))));
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

TEST_CASE("generate --grid over models writes a row for each prompt and a column for each model", "[app][torch]") {
  const Model model;
  save_tiny_model(model.at("other"));
  const Outcome outcome = model.generate(
      "--model " + model.at("other") + " --prompt red --prompt green --prompt blue --grid --out " + model.at("g.png"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Image table = load_image(model.at("g.png"));
  CHECK(table.width == 2 * 32 + 4);
  CHECK(table.height >= 3 * 32 + 2 * 4);  // more with headings and captions, where there is a font
  CHECK(png_text(model.at("g.png"), "steps") == "3\n3");
  const std::string hashes = png_text(model.at("g.png"), "model");
  CHECK(hashes.substr(0, 64) == hashes.substr(65));
}

TEST_CASE("each model of a grid draws by its own steps and sampler, or all by those given", "[app][torch]") {
  const Model model;
  ModelCard card = tiny_card();
  card.steps = 1;
  card.guidance = 1;
  card.sampler = Sampler::ufogen;
  save_tiny_model(model.at("one-step/model"), card);
  const std::string arguments = "--model " + model.at("one-step/model") + " --prompt red --count 2 --grid --out ";
  const Outcome outcome = model.generate(arguments + model.at("own.png"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(png_text(model.at("own.png"), "steps") == "3\n1");
  CHECK(load_image(model.at("own.png")).width == 4 * 32 + 3 * 4);
  REQUIRE(model.generate(arguments + model.at("given.png") + " --steps 2").code == 0);
  CHECK(png_text(model.at("given.png"), "steps") == "2\n2");
  const std::string few = " --prompt red --steps 4 --out ";
  REQUIRE(mdsearch("generate --model " + model.at("one-step/model") + few + model.at("few.png")).code == 0);
  CHECK(png_text(model.at("few.png"), "sampler") == "ufogen");
}

TEST_CASE("generate takes a negative prompt, a batch, bfloat16 and every field of the sampler", "[app][torch]") {
  const Model model;
  const Outcome outcome = model.generate(
      "--prompt red --negative green --dtype bf16 --batch 4 --count 2 --tile 2 --sampler ddim "
      "--eta 0.5 --rescale 0.7 --last first --out " +
      model.at("many"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(png_text(model.at("many/00001.png"), "negative") == "green");
  CHECK(png_text(model.at("many/00001.png"), "eta") == "0.5");
  CHECK(png_text(model.at("many/00001.png"), "rescale") == "0.7");
  CHECK_THAT(outcome.err, Contains("2 pictures in ") && Contains("peak memory"));
}

TEST_CASE("generate names what it cuts from a long prompt, once, and goes on", "[app][torch]") {
  const Model model;
  const Outcome outcome =
      model.generate("--prompt 'red red red red red blue' --count 2 --steps 1 --out " + model.at("m"));
  CHECK(outcome.code == 0);
  const std::string warning = "warning: prompt \"red red red red red blue\" is ";
  CHECK_THAT(outcome.err, Contains(warning) && Contains("cut: \"red blue\""));
  CHECK(outcome.err.find(warning) == outcome.err.rfind(warning));
  CHECK(model.generate("--prompt '' --steps 1 --out " + model.at("empty.png")).code == 0);
}

TEST_CASE("generate says where it cannot write before it draws", "[app][torch]") {
  const Model model;
  std::ofstream(model.at("file")) << "no folder";
  std::filesystem::create_directories(model.at("taken.png"));
  const auto [out, message] = GENERATE(table<std::string, std::string>(
      {{"file/a.png", "file: cannot be made"}, {"taken.png", "taken.png: is a folder"}}));
  const Outcome outcome = model.generate("--prompt a --out " + model.at(out));
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Contains(message) && !Contains("pictures x steps"));
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
      {"--prompt a --steps 1001", "1001; allowed: 1 to 1000"},
      {"--prompt a --steps many", "steps"},
      {"--prompt a --guidance=-1", "guidance is -1"},
      {"--prompt a --spacing odd", "valid: trailing, leading"},
      {"--prompt a --sampler euler --eta 1", "eta is 1"},
      {"--prompt a --batch 0", "--batch is 0; allowed: 1 to 64"},
      {"--prompt a --dtype int8", "allowed: fp32, bf16"},
      {"--prompt a --tile=-1", "tile is -1; allowed: at least 1 latent pixel"},
      {"--prompt a --tile 2 --overlap 2", "overlap is 2; allowed: 0 to 1"},
      {"--prompt a --overlap 1", "--overlap needs --tile"},
      {"--prompt a --negative '\xe9'", "--negative is not UTF-8"},
      {"--prompt a --model x", "2 models are compared by --grid alone"},
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

TEST_CASE("profile --model times a picture's parts and the whole, and stages' latency is that", "[app][torch]") {
  const Model model;
  const std::string database = " --db " + model.at("r.db"), folder = model.at("model");
  const Outcome outcome =
      mdsearch("profile --model " + folder + " --mode quick --threads 1 --format json --guidance 1" + database);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json json = outcome.json();
  CHECK(json["latency_ms"]["n"] == 9);
  CHECK((json["hash"] == model_hash(folder) && json["sampler"]["steps"] == 3));
  std::map<std::string, Json> parts;
  double sum = 0;
  for (const auto& part : json["parts"]) {
    parts[part["part"]] = part;
    if (part["part"] != "(whole)") sum += part["share"].get<double>();
  }
  for (const char* part : {"text", "unet step", "decoder"}) CHECK(parts.at(part)["median_ms"].get<double>() > 0);
  CHECK(sum == Approx(1));
  const double whole = json["latency_ms"]["median"].get<double>();
  CHECK(parts.at("unet step")["share"].get<double>() * whole ==
        Approx(3 * parts.at("unet step")["median_ms"].get<double>()));

  const Outcome report = mdsearch("report table5 --format json" + database);
  REQUIRE(report.code == 0);
  const Json own = report.json()["rows"][0];
  CHECK((own["hash"] == json["hash"] && own["overall_ms"] == json["latency_ms"]["median"] && own["steps"] == 3));
  CHECK(mdsearch("db check" + database).code == 0);
  const Outcome again = mdsearch("profile --model " + folder + " --steps 2 --processes 2 --mode quick --threads 1" +
                                 " --format json" + database);
  INFO(again.err);
  REQUIRE(again.code == 0);
  CHECK(again.json()["latency_ms"]["n"] == 18);
  CHECK(mdsearch("report table5 --format json" + database).json()["rows"][1]["steps"] == 2);
}

TEST_CASE("profile refuses a network's options for a model, and a model's for a network", "[app][torch]") {
  const Model model;
  const std::string database = " --db " + model.at("r.db");
  const auto [arguments, message] = GENERATE(table<std::string, std::string>({
      {"", "needs either NAME or --model DIR"},
      {"mobilediffusion --model DIR", "needs either NAME or --model DIR"},
      {"mobilediffusion --steps 2", "--steps needs --model"},
      {"--model DIR --blocks", "--blocks, --batch and --size are of a network"},
      {"--model DIR --steps 0", "steps is 0"},
  }));
  std::string line = arguments;
  if (const size_t at = line.find("DIR"); at != std::string::npos) line.replace(at, 3, model.at("model"));
  const Outcome outcome = mdsearch("profile " + line + database);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains(message));
  CHECK(!std::filesystem::exists(model.at("r.db")));
}
