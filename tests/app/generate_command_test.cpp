#include "pipeline/image.h"
#include "pipeline/mapped_file.h"
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
  CHECK(picture_text(file, "prompt") == "red heart");
  CHECK(picture_text(file, "seed") == "7");
  CHECK(picture_text(file, "steps") == "3");  // the model's own
  CHECK(picture_text(file, "guidance") == "2.0");
  CHECK(picture_text(file, "spacing") == "trailing");
  CHECK(picture_text(file, "model").size() == 64);
  CHECK(picture_text(file, "software") == "mdsearch");
  CHECK(picture_text(file, "sampler") == "ddim");
  CHECK((picture_text(file, "width") == "32" && picture_text(file, "height") == "32"));
  CHECK(picture_text(file, "dtype") == "fp32");
  const std::string bytes = text_of_file(file);
  std::filesystem::remove(file);
  REQUIRE(model.generate("--prompt 'red heart' --seed 7 --guidance 2 --out " + file).code == 0);
  CHECK((text_of_file(file) == bytes));
}

TEST_CASE("generate draws boxes, and tells of them in the picture", "[app][torch]") {
  const Model model;
  save_tiny_model(model.at("model"), tiny_grounded_card(), tiny_grounded_card());
  const std::string file = model.at("boxes.png");
  const std::string boxes = "--box '0,0,0.5,1=heart' --box 0.5,0,1,1=dog";
  const Outcome outcome = model.generate("--prompt red " + boxes + " --grounding-steps 0.5 --out " + file);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const std::string layout = picture_text(file, "layout");
  CHECK(layout == R"([{"box":[0.0,0.0,0.5,1.0],"phrase":"heart"},{"box":[0.5,0.0,1.0,1.0],"phrase":"dog"}])");
  CHECK(picture_text(file, "grounding_steps") == "0.5");

  save_text(model.at("layout.json"), layout);
  const Outcome same =
      model.generate("--prompt red --layout " + model.at("layout.json") + " --grounding-steps 0.5 --out " + file);
  CHECK(same.code == 0);
  CHECK_THAT(same.err, Contains("holds 1 of the 1 picture already"));

  save_text(model.at("layouts.jsonl"), "[]\n{\"layout\": " + layout + "}\n");
  const std::string many = "--prompt red --prompt heart --layout " + model.at("layouts.jsonl");
  CHECK(model.generate(many + " --out " + model.at("many")).code == 0);
  CHECK(picture_text(model.at("many/00000.png"), "layout") == "[]");
  CHECK(model.generate(many + " --grid --out " + model.at("grid.png")).code == 0);
  CHECK(picture_text(model.at("grid.png"), "layout") == "[]\n" + layout);
}

TEST_CASE("generate says what is wrong with a box or a layout", "[app][torch]") {
  const Model model;
  const auto refused = [&](const std::string& arguments) {
    const Outcome outcome = model.generate("--prompt red --out " + model.at("a.png") + " " + arguments);
    CHECK(outcome.code == 2);
    return outcome.err;
  };
  CHECK_THAT(refused("--box 0,0,1,1=heart"), Contains("/model: the model's UNet reads no layout"));
  save_tiny_model(model.at("model"), tiny_grounded_card(), tiny_grounded_card());
  CHECK_THAT(refused("--box heart"), Contains("--box is \"heart\", which lacks a box or its phrase"));
  CHECK_THAT(refused("--box 0,0,1.5,1=heart"), Contains("box goes from 0 to 1.5 across"));
  CHECK_THAT(refused("--box 0,0,1,1=a --layout x.json"), Contains("--box and --layout both say where things stand"));
  CHECK_THAT(refused("--box 0,0,1,1=a --box 0,0,1,1=b --box 0,0,1,1=c --box 0,0,1,1=d"),
             Contains("the layout has 4 boxes; allowed: at most 3"));
  CHECK_THAT(refused("--box 0,0,1,1=a --grounding-steps 1.5"), Contains("1.5") && Contains("0 to 1"));
  save_text(model.at("layouts.jsonl"), "[]\n[]\n");
  CHECK_THAT(refused("--layout " + model.at("layouts.jsonl")), Contains("holds 2 layouts for 1 prompts"));
}

TEST_CASE("generate keeps the pictures that are there and draws what is missing or broken", "[app][torch]") {
  const Model model;
  const std::string arguments = "--prompt red --prompt green --prompt blue --steps 1 --out " + model.at("many");
  const Outcome first = model.generate(arguments);
  REQUIRE(first.code == 0);
  const std::string lost = text_of_file(model.at("many/00002.png"));
  const auto kept = std::filesystem::last_write_time(model.at("many/00000.png"));
  std::ofstream(model.at("many/00001.png")) << "cut off";
  std::filesystem::remove(model.at("many/00002.png"));
  const Outcome again = model.generate(arguments);
  CHECK(again.code == 0);
  CHECK_THAT(again.err, Contains("holds 1 of the 3 pictures already; 1 broken ones are drawn anew"));
  CHECK((text_of_file(model.at("many/00002.png")) == lost));
  CHECK(std::filesystem::last_write_time(model.at("many/00000.png")) == kept);
  for (const char* file : {"many/00000.png", "many/00001.png", "many/00002.png"})
    CHECK_THAT(again.out, Contains(model.at(file) + "\n"));
}

TEST_CASE("generate says in which fields a picture that is there differs, and replaces it when told to",
          "[app][torch]") {
  const Model model;
  const std::string out = " --steps 1 --out " + model.at("a.png");
  REQUIRE(model.generate("--prompt red" + out).code == 0);
  const std::string before = text_of_file(model.at("a.png"));
  const Outcome refused = model.generate("--prompt green --seed 3 --sampler euler" + out);
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Contains("prompt (\"red\", not \"green\")") && Contains("seed (\"0\", not \"3\")") &&
                              Contains("sampler (\"ddim\", not \"euler\")") && !Contains("guidance"));
  CHECK((text_of_file(model.at("a.png")) == before));
  save_png(model.at("photo.png"), make_image({8, 8}));
  const Outcome photo = model.generate("--prompt red --out " + model.at("photo.png"));
  CHECK(photo.code == 2);
  CHECK_THAT(photo.err, Contains("does not say how it was drawn"));
  CHECK(model.generate("--prompt green --overwrite" + out).code == 0);
  CHECK(picture_text(model.at("a.png"), "prompt") == "green");
}

TEST_CASE("generate that is killed or interrupted leaves whole pictures and goes on", "[app][torch]") {
  const Model model;
  std::string prompts;
  for (int i = 0; i < 40; ++i) prompts += "heart " + std::to_string(i) + "\n";
  save_text(model.at("prompts.txt"), prompts);
  const std::string arguments = "generate --threads 1 --steps 1 --model " + model.at("model") + " --prompts " +
                                model.at("prompts.txt") + " --out ";
  const auto file = [&](int i) { return model.at("out/000" + std::to_string(i) + ".png"); };
  killed_once("exec " MDSEARCH_PROGRAM " " + arguments + model.at("out"),
              [&] { return std::filesystem::exists(file(12)); });
  for (int i = 10; i < 13; ++i) CHECK_NOTHROW(load_image(file(i)));
  const Outcome resumed = mdsearch(arguments + model.at("out"));
  CHECK(resumed.code == 0);
  CHECK_THAT(resumed.err, Contains("of the 40 pictures already"));
  REQUIRE(mdsearch(arguments + model.at("whole")).code == 0);
  for (int i = 10; i < 40; ++i)
    CHECK((text_of_file(file(i)) == text_of_file(model.at("whole/000" + std::to_string(i) + ".png"))));
}

TEST_CASE("an interrupt says how many pictures are there", "[app][torch]") {
  const Model model;
  // The shell waits for the second picture and then sends the program the signal of Ctrl-C.
  const std::string line = "generate --threads 1 --steps 1 --prompt red --count 3000 --model " + model.at("model") +
                           " --out " + model.at("out") + " & child=$!; while [ ! -e " + model.at("out/00001.png") +
                           " ]; do sleep 0.01; done; kill -TERM $child; wait $child";
  const std::string shell = "( " MDSEARCH_PROGRAM " " + line + " ) 2>" + model.at("err") + " >/dev/null";
  const int status = std::system(shell.c_str());
  CHECK(WEXITSTATUS(status) == 1);
  CHECK_THAT(text_of_file(model.at("err")), Contains("was interrupted: ") && Contains(" of 3000 pictures are in ") &&
                                                Contains("the same command goes on"));
}

TEST_CASE("the ending of --out says the format, and pictures in a folder have the one asked for", "[app][torch]") {
  const Model model;
  const std::string start[] = {"\x89PNG", "\xff\xd8", "RIFF"};
  const auto [ending, kind] = GENERATE(table<std::string, size_t>({{".PNG", 0}, {".jpg", 1}, {".webp", 2}}));
  const std::string file = model.at("a" + ending);
  const Outcome one = model.generate("--prompt caf\u00e9 --steps 1 --out " + file);
  INFO(one.err);
  REQUIRE(one.code == 0);
  CHECK(text_of_file(file).starts_with(start[kind]));
  CHECK(picture_text(file, "prompt") == "caf\u00e9");
  CHECK_THAT(model.generate("--prompt caf\u00e9 --steps 1 --out " + file).err,
             Contains("holds 1 of the 1 picture already"));
  REQUIRE(model.generate("--prompt a --count 2 --steps 1 --picture-format webp --out " + model.at("many")).code == 0);
  CHECK(text_of_file(model.at("many/00001.webp")).starts_with("RIFF"));
}

TEST_CASE("generate makes no folder of a file's name and writes over none of its inputs", "[app][torch]") {
  const Model model;
  const auto [out, message] =
      GENERATE(table<std::string, std::string>({{"h.gif", "h.gif\"; a picture ends in .png, .jpg, .jpeg or .webp"},
                                                {"model/heart.png", "which is an input of this command"},
                                                {"model", "is an input of this command"}}));
  const Outcome outcome = model.generate("--prompt a --out " + model.at(out));
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains(message));
  CHECK(!std::filesystem::exists(model.at("h.gif")));
}

TEST_CASE("a negative prompt without guidance is warned of", "[app][torch]") {
  const Model model;
  const std::string arguments = "--prompt red --negative green --steps 1 --out ";
  CHECK_THAT(model.generate(arguments + model.at("a.png") + " --guidance 1").err,
             Contains("the negative prompt \"green\" changes nothing"));
  CHECK_THAT(model.generate(arguments + model.at("b.png") + " --guidance 2").err, !Contains("changes nothing"));
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
    CHECK(picture_text(file, "prompt") == prompts[i]);
    CHECK(picture_text(file, "seed") == std::to_string(10 + i));
  }
  // The fourth picture is the same when it is drawn alone.
  REQUIRE(model.generate("--prompt 'green heart' --seed 13 --steps 2 --out " + model.at("alone.png")).code == 0);
  CHECK((text_of_file(model.at("alone.png")) == text_of_file(model.at("many/00003.png"))));
}

TEST_CASE("generate --grid writes a row for each prompt", "[app][torch]") {
  const Model model;
  const Outcome outcome = model.generate(
      "--prompt red --prompt green --count 3 --grid --steps 1 --spacing leading --out " + model.at("grid.png"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const ImageSize size = load_image_size(model.at("grid.png"));
  CHECK(size.width >= 3 * 36 - 4);  // small pictures get wider cells for their seeds
  CHECK(size.height >= 2 * 36 - 4);
  CHECK(picture_text(model.at("grid.png"), "grid") == "3 x 2");
  CHECK_THAT(model
                 .generate("--prompt red --prompt green --count 3 --grid --steps 1 --spacing leading --out " +
                           model.at("grid.png"))
                 .err,
             Contains("is kept"));
  CHECK(picture_text(model.at("grid.png"), "prompt") == "red\ngreen");
}

TEST_CASE("generate --grid over models writes a row for each prompt and a column for each model", "[app][torch]") {
  const Model model;
  save_tiny_model(model.at("other"));
  const Outcome outcome = model.generate(
      "--model " + model.at("other") + " --prompt red --prompt green --prompt blue --grid --out " + model.at("g.png"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Image table = load_image(model.at("g.png"));
  CHECK(table.width >= 2 * 32 + 4);
  CHECK(table.height >= 3 * 32 + 2 * 4);  // more with headings and captions, where there is a font
  CHECK(picture_text(model.at("g.png"), "steps") == "3\n3");
  const std::string hashes = picture_text(model.at("g.png"), "model");
  CHECK(hashes.substr(0, 64) == hashes.substr(65));
}

TEST_CASE("each model of a grid draws by its own steps and sampler, or all by those given", "[app][torch]") {
  const Model model;
  ModelCard card = tiny_card();
  card.sampler = {.steps = 1, .guidance = 1, .sampler = Sampler::ufogen};
  save_tiny_model(model.at("one-step/model"), card);
  const std::string arguments = "--model " + model.at("one-step/model") + " --prompt red --count 2 --grid --out ";
  const Outcome outcome = model.generate(arguments + model.at("own.png"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(picture_text(model.at("own.png"), "steps") == "3\n1");
  CHECK(load_image(model.at("own.png")).width >= 4 * 32 + 3 * 4);
  REQUIRE(model.generate(arguments + model.at("given.png") + " --steps 2").code == 0);
  CHECK(picture_text(model.at("given.png"), "steps") == "2\n2");
  const std::string few = " --prompt red --steps 4 --out ";
  REQUIRE(mdsearch("generate --model " + model.at("one-step/model") + few + model.at("few.png")).code == 0);
  CHECK(picture_text(model.at("few.png"), "sampler") == "ufogen");
}

TEST_CASE("generate takes a negative prompt, a batch, bfloat16 and every field of the sampler", "[app][torch]") {
  const Model model;
  const Outcome outcome = model.generate(
      "--prompt red --negative green --dtype bf16 --batch 4 --count 2 --tile 2 --sampler ddim "
      "--eta 0.5 --rescale 0.7 --last first --out " +
      model.at("many"));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(picture_text(model.at("many/00001.png"), "negative") == "green");
  CHECK(picture_text(model.at("many/00001.png"), "eta") == "0.5");
  CHECK(picture_text(model.at("many/00001.png"), "rescale") == "0.7");
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
  CHECK_THAT(outcome.err, Contains(message) && !Contains("drawing"));
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
      {"--prompt a --dtype int4", "allowed: fp32, bf16, int8, int8-weights"},
      {"--prompt a --tile=-1", "--tile is -1; allowed: at least 1"},
      {"--prompt a --tile 2 --overlap 2", "overlap is 2; allowed: 0 to 1"},
      {"--prompt a --overlap 1", "--overlap needs --tile"},
      {"--prompt a --negative '\xe9'", "--negative is not UTF-8"},
      {"--prompt a --quality 0", "--quality is 0; allowed: 1 to 100"},
      {"--prompt a --picture-format gif", "--picture-format is \"gif\"; allowed: png, jpg, webp"},
      {"--prompt a --model x", "2 models are compared by --grid alone"},
      {"--prompt a --count 99999 --grid", "pixels; allowed: 16384 a side"},
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

TEST_CASE("generate maps the weights that earlier runs packed, which may be two at once", "[app][torch]") {
  const Model model;
  const std::string packed = model.at("packed"), keep = " --packed " + packed + " --prompt red --out ";
  const auto command = [&](const std::string& arguments) {
    return MDSEARCH_PROGRAM " generate --threads 1 --model " + model.at("model") + arguments;
  };
  REQUIRE(model.generate("--prompt red --packed none --out " + model.at("plain.png")).code == 0);
  const Outcome first =
      run_shell("(" + command(keep + model.at("a.png")) + " & " + command(keep + model.at("b.png")) + " & wait)",
                model.folder.path);
  const Outcome second = model.generate(keep + model.at("c.png"));
  INFO(first.err << second.err);
  for (const char* file : {"a.png", "b.png", "c.png"})
    CHECK((text_of_file(model.at(file)) == text_of_file(model.at("plain.png"))));
  if (!can_prepare()) return;
  CHECK_THAT(first.err, Contains("packed weights are kept in " + packed));
  CHECK_THAT(second.err, Contains("packed weights are mapped from " + packed));
  CHECK(model.generate(keep + model.at("d.png") + " --kernels library").code == 2);
}

TEST_CASE("generate says which tensors do not fit before it draws", "[app][torch]") {
  const Model model;
  ModelCard wider = tiny_card();
  auto& decoder = std::get<DecoderSpec>(*wider.vae_decoder);
  decoder.widths.front() = 16;
  save_random_part(model.at("model"), "vae_decoder", make_plan(decoder), 1);
  const Outcome outcome = model.generate("--prompt a --out " + model.at("out.png"));
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Contains("vae_decoder.safetensors") && Contains("misshapen") && !Contains("drawing"));
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
  CHECK((json["memory"][0]["phase"] == "weights" && json["memory"][1]["phase"] == "pass"));
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

  const Outcome report = mdsearch("report table5 --format json --network " + std::string(json["hash"]) + database);
  REQUIRE(report.code == 0);
  const Json own = report.json()["rows"][0];
  CHECK((own["hash"] == json["hash"] && own["overall_ms"] == json["latency_ms"]["median"] && own["steps"] == 3));
  CHECK(mdsearch("db check" + database).code == 0);
  const Outcome again = mdsearch("profile --model " + folder + " --steps 2 --processes 2 --mode quick --threads 1" +
                                 " --format json" + database);
  INFO(again.err);
  REQUIRE(again.code == 0);
  CHECK(again.json()["latency_ms"]["n"] == 18);
  CHECK(mdsearch("report table5 --format json --network " + std::string(json["hash"]) + database)
            .json()["rows"][1]["steps"] == 2);
}

TEST_CASE("profile refuses a network's options for a model, and a model's for a network", "[app][torch]") {
  const Model model;
  const std::string database = " --db " + model.at("r.db");
  const auto [arguments, message] = GENERATE(table<std::string, std::string>({
      {"", "needs either NAME or --model DIR"},
      {"mobilediffusion --model DIR", "needs either NAME or --model DIR"},
      {"mobilediffusion --steps 2", "--steps needs --model"},
      {"--model DIR --blocks", "--blocks and --batch are of a network"},
      {"--model DIR --steps 0", "steps is 0"},
  }));
  std::string line = arguments;
  if (const size_t at = line.find("DIR"); at != std::string::npos) line.replace(at, 3, model.at("model"));
  const Outcome outcome = mdsearch("profile " + line + database);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains(message));
  CHECK(!std::filesystem::exists(model.at("r.db")));
}

TEST_CASE("generate merges LoRAs of weights into UNet and text encoder, and says so in the picture", "[app][torch]") {
  const Model model;
  const auto ones = [&](const std::string& name, double value) {
    save_tensors(model.at(name),
                 {.tensors = {{"unet.conv_in.lora_A.weight", at::full({1, 3, 3, 3}, value)},
                              {"unet.conv_in.lora_B.weight", at::ones({8, 1, 1, 1})},
                              {"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", at::full({1, 8}, value)},
                              {"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_up.weight", at::ones({16, 1})}}});
  };
  ones("one.safetensors", 1);
  ones("half.safetensors", 0.5);
  const auto drawn = [&](const std::string& name, const std::string& loras) {
    const Outcome outcome = model.generate("--prompt red --out " + model.at(name) + loras);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    return load_image(model.at(name)).rgb;
  };
  const std::string one = " --lora " + model.at("one.safetensors"), half = " --lora " + model.at("half.safetensors");
  const auto plain = drawn("plain.png", "");
  const auto whole = drawn("whole.png", one);
  CHECK(whole != plain);
  CHECK(drawn("halves.png", half + half) == whole);
  CHECK(drawn("twice.png", half + "=2") == whole);
  CHECK(drawn("off.png", one + "=0") == plain);
  CHECK(picture_text(model.at("twice.png"), "lora") == file_sha256(model.at("half.safetensors")).substr(0, 16) + "=2");
  CHECK_THAT(model.generate("--prompt red --out " + model.at("whole.png")).err, Contains("lora"));
}

TEST_CASE("generate refuses LoRAs that do not fit before it draws", "[app][torch]") {
  const Model model;
  const auto refused = [&](const TensorMap& tensors, const std::string& weight = "") {
    save_tensors(model.at("l.safetensors"), {.tensors = tensors});
    const Outcome outcome =
        model.generate("--prompt red --out " + model.at("p.png") + " --lora " + model.at("l.safetensors") + weight);
    CHECK(outcome.code != 0);
    CHECK_FALSE(std::filesystem::exists(model.at("p.png")));
    return outcome.err;
  };
  CHECK_THAT(refused({{"stranger.lora_A.weight", at::ones({1, 8})}}), Contains("none of its 1 tensors"));
  CHECK_THAT(refused({{"unet.conv_in.lora_A.weight", at::ones({1, 4, 3, 3})},
                      {"unet.conv_in.lora_B.weight", at::ones({320, 1, 1, 1})}}),
             Contains("misshapen unet.conv_in: [1, 4, 3, 3] and [320, 1, 1, 1], expected [1, 3, 3, 3] and [8, 1, 1, 1]"));
  CHECK_THAT(refused({}, "=nan"), Contains("allowed: a finite number"));
}
