// mdsearch train --plan as a shell user sees it.
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"
#include "trainer/config.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string configs = MDS_SOURCE_DIR "/configs/train/";

std::string written(const ScratchFolder& folder, const std::string& text) {
  const std::string file = folder.path + "/run.json";
  save_text(file, text);
  return file;
}

}  // namespace

TEST_CASE("train --plan prints the paper's two phases without data or a trained network", "[app]") {
  const auto [file, images, macs] = GENERATE(table<std::string, int64_t, double>(
      {{"base-256", 3072000000, 47482830848.0}, {"base-512", 512000000, 185273188352.0}}));
  const Outcome outcome = mdsearch("train " + configs + "paper/" + file + ".json --plan --format json");
  REQUIRE(outcome.code == 0);
  const Json json = outcome.json();
  CHECK(json["params"] == 386687048);
  CHECK(json["images"] == images);
  CHECK(json["macs_an_image"].get<double>() == Approx(4 * macs).epsilon(1e-12));
  CHECK(json["weights_bytes"] == 1546748192);
  CHECK(json["moments_bytes"] == 2 * 1546748192ll);
  CHECK(json["days"].is_null());
}

TEST_CASE("train --plan tells days from a rate, and says which flag is missing", "[app]") {
  const std::string plan = "train " + configs + "paper/base-256.json --plan";
  CHECK_THAT(mdsearch(plan).out, Contains("386687048") && Contains("give --rate or --tflops"));
  const Json json = mdsearch(plan + " --devices 8 --rate 1000 --format json").json();
  CHECK(json["days"].get<double>() == Approx(3.072e9 / 8000 / 86400));
}

TEST_CASE("train --plan sizes the emoji network as its encoders do, and leaves no folder", "[app]") {
  const ScratchFolder folder;
  const std::string out = folder.path + "/out";
  const Outcome outcome = mdsearch("train " + configs + "emoji-md-base.json --plan --format json --out " + out);
  CHECK(outcome.json()["params"] == 6229968);
  CHECK(outcome.json()["networks"][0]["input"] == "8x16x16");
  CHECK(!std::filesystem::exists(out));
}

TEST_CASE("train --plan counts teacher, discriminator and their passes", "[app]") {
  const ScratchFolder folder;
  const std::string model = MDS_SOURCE_DIR "/weights/emoji-md";
  const auto plan_of = [&](const Json& stage) {
    const Json config{{"stage", stage}, {"loop", {{"iterations", 10}, {"batch", 8}}}};
    return mdsearch("train " + written(folder, config.dump()) + " --plan --format json").json();
  };
  const Json distil =
      plan_of({{"kind", "distil"}, {"teacher", model}, {"guidance", {{"probability", 1}, {"absorbed", true}}}});
  const Json ufogen = plan_of({{"kind", "ufogen"}, {"start", model}});
  const double forward = distil["networks"][0]["macs"].get<double>();
  CHECK(distil["params"] == 2 * 6229968);
  CHECK(distil["weights_bytes"] == 2 * 4 * 6229968);
  CHECK(distil["gradients_bytes"] == 4 * 6229968);
  CHECK(distil["macs_an_image"].get<double>() == Approx((3 + 4) * forward));
  CHECK(ufogen["gradients_bytes"] == 2 * 4 * 6229968);
  CHECK(ufogen["macs_an_image"].get<double>() == Approx((3 + 2 + 0.5 * (1 + 2 * 3)) * forward));
}

TEST_CASE("train --plan refuses stages that it cannot plan, and flags that do not fit", "[app]") {
  const std::string base = "train " + configs + "emoji-md-base.json ";
  CHECK_THAT(mdsearch("train " + configs + "emoji-clip.json --plan").err, Contains("stage text_image is not planned"));
  const ScratchFolder folder;
  const std::string relu = written(folder, R"({"stage": {"kind": "relu", "start": "nowhere"}})");
  CHECK_THAT(mdsearch("train " + relu + " --plan").err,
             Contains("nowhere/model.json") && Contains("train the one before"));
  const auto [flags, message] = GENERATE(table<std::string, std::string>({
      {"--rate 5", "--rate goes with --plan"},
      {"--plan --profile", "--profile goes with a training"},
      {"--plan --rate 0", "--rate is 0"},
      {"--plan --devices 0", "--devices is 0; allowed: "},
      {"--plan --rate 5 --tflops 5", "allowed: one of them"},
      {"--plan --format xml", "allowed: table, md, csv, json"},
  }));
  const Outcome outcome = mdsearch(base + flags);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains(message));
  CHECK_THAT(mdsearch(base + "--plan --set loop.micro_batch=5").err,
             Contains("loop.micro_batch is 5; allowed: 0, or a"));
}

TEST_CASE("fields that joined later leave the identity of a configuration as it was", "[app]") {
  const Json json = to_json(load_described<TrainConfig>(configs + "emoji-md-base.json"));
  for (const auto* name : {"start", "size", "weight", "noise_offset"}) CHECK(!json["stage"].contains(name));
  for (const auto* name : {"micro_batch", "checkpoint_activations"}) CHECK(!json["loop"].contains(name));
}
