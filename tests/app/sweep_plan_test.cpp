// mdsearch sweep --plan as a shell user sees it.
#include "tests/app/toy_sweep.h"

using namespace mds;
using Catch::Contains;

namespace {

const std::string configs = MDS_SOURCE_DIR "/configs/";
const std::string paper = "sweep " + configs + "sweeps/paper.json --plan ";
// The paper's sweep of MobileDiffusion alone.
const std::string of_one = paper + "--set 'networks=[\"mobilediffusion\"]' --set 'space=\"\"' --format json ";

double macs_of_training(const std::string& settings) {
  return mdsearch("train " + configs + "train/paper/base-256.json --plan --format json " + settings).json()["macs"];
}

}  // namespace

TEST_CASE("a plan says what a sweep trains and writes nothing", "[app]") {
  const ToySweep sweep;
  const Outcome outcome = sweep.ToyFolder::run(ToySweep::arguments + " --plan --format json --set seeds=2");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json plan = outcome.json();
  CHECK(plan["candidates"].size() == 3);
  CHECK(plan["iterations"] == 3 * 2 * 8);
  CHECK(plan["rungs"][1]["iterations"] == 3 * 2 * 4);
  CHECK(plan["seconds"].get<double>() > 0);
  CHECK(plan["disk_bytes"].get<int64_t>() > 0);
  sweep.check_nothing_left();
}

TEST_CASE("the paper's sweep is planned by arithmetic alone, the same as of a training", "[app]") {
  const Outcome outcome = mdsearch(of_one + "--devices 32 --tflops 60");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const Json plan = outcome.json();
  const double training = plan["training_macs"], evaluation = plan["evaluation_macs"];
  CHECK(training == Approx(macs_of_training("--set loop.iterations=30000 --set loop.batch=1024")));
  CHECK(evaluation == Approx(5.0 * 30000 * 50 * 2 * 47482830848));  // rungs, pictures, steps, guidance, a pass
  CHECK(plan["seconds"].get<double>() == Approx(2 * (training + evaluation) / (32 * 60e12)));
  CHECK(plan["disk_bytes"] == 4 * 4 * 386687048ll);
  CHECK(plan["device_bytes"].get<double>() > 6e9);
}

TEST_CASE("a plan without data, models or a speed leaves the time unknown and says what gives it", "[app]") {
  const Json plan = mdsearch(of_one).json();
  CHECK(plan["seconds"].is_null());
  CHECK(plan["rungs"][4]["minutes"].is_null());
  CHECK(plan["candidates"][0]["iteration_s"].is_null());
  CHECK_THAT(plan["notes"].dump(), Contains("--tflops") && Contains("out/models/clip-vit-l-14 has no text encoder"));
}

TEST_CASE("flags of a sweep's plan are refused without it, and a batch has whole passes", "[app]") {
  const std::string sweep = "sweep " + configs + "sweeps/paper.json ";
  const auto [flags, message] = GENERATE(table<std::string, std::string>({
      {"--devices 2", "--devices goes with --plan"},
      {"--tflops 2", "--tflops goes with --plan"},
      {"--plan --tflops 0", "--tflops is 0; allowed: more than 0"},
      {"--plan --devices 0", "--devices is 0; allowed: "},
  }));
  const Outcome outcome = mdsearch(sweep + flags);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains(message));
  CHECK_THAT(mdsearch(sweep + "--plan --set micro_batch=3").err,
             Contains("micro_batch is 3; allowed: 0, or a divisor"));
}
