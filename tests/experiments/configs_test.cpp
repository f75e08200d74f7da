// Every shipped configuration is loaded by the code that uses it.
#include <filesystem>
#include <set>

#include "experiments/sweep/config.h"
#include "experiments/timing/block_list.h"
#include "networks/network_spec.h"
#include "search/named_network.h"
#include "search/space.h"
#include "tests/catch.h"
#include "tests/scratch.h"
#include "trainer/config.h"

using namespace mds;

namespace {

std::vector<std::string> files(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(MDS_SOURCE_DIR "/configs/" + folder))
    if (entry.path().extension() == ".json") found.push_back(entry.path().string());
  REQUIRE(!found.empty());
  return found;
}

}  // namespace

TEST_CASE("every shipped configuration loads", "[app]") {
  for (const auto& file : files("architectures")) CHECK(cost(make_plan(load_network(file))).params > 0);
  for (const auto& file : files("spaces")) CHECK_NOTHROW(Space(load_space(file), file));
  for (const std::string folder : {"train", "train/paper"})
    for (const auto& file : files(folder)) CHECK(!load_described<TrainConfig>(file).name.empty());
  for (const auto& file : files("sweeps")) {
    const SweepConfig config = load_sweep(file);
    CHECK((!config.networks.empty() || std::filesystem::exists(shipped_file(config.space))));
    for (const auto& network : config.networks) CHECK(cost(make_plan(find_unet(network, MDS_SOURCE_DIR "/results.db"))).params > 0);
  }
}

TEST_CASE("the shipped blocks stand around those of MobileDiffusion", "[app]") {
  for (const auto& file : files("profile")) CHECK(!blocks_of(BlockFlags{.sweep = file}).empty());
  std::set<std::string> shipped;
  for (const auto& step : blocks_of(BlockFlags{.sweep = "configs/profile/blocks.json"}))
    shipped.insert(canonical_json(step));
  const std::set<std::string> central{"down1.0.conv",     "down1.downsample", "down2.0.attn",
                                      "down2.downsample", "down3.1.conv",     "down3.0.attn",
                                      "up3.upsample",     "up2.upsample",     "norm_out"};
  for (const auto& step : make_plan(canonical(load_network("mobilediffusion"))).steps) {
    INFO(step.path);
    if (central.contains(step.path)) CHECK(shipped.contains(canonical_json(step)));
  }
}

TEST_CASE("a sweep whose sampler cannot run is refused before anything trains", "[app]") {
  const auto file = (mds::scratch("sweep_sampler.json")).string();
  save_text(file, R"({"evaluation": {"sampler": {"steps": 5000}}})");
  CHECK_THROWS_WITH(load_sweep(file), Catch::Contains("5000; allowed: 1 to 1000"));
  save_text(file, R"({"stage": {"prediction": "epsilon", "schedule": {"zero_terminal_snr": true}}})");
  CHECK_THROWS_WITH(load_sweep(file), Catch::Contains("evaluation.sampler: timestep 999 is noise without signal"));
  std::filesystem::remove(file);
}

TEST_CASE("a sweep's candidates begin untrained", "[app]") {
  const auto file = (mds::scratch("sweep_start.json")).string();
  save_text(file, R"({"stage": {"start": "out/train/base/model"}})");
  CHECK_THROWS_WITH(load_sweep(file), Catch::Contains("stage.start is \"out/train/base/model\"; allowed: none"));
  std::filesystem::remove(file);
}

TEST_CASE("a sweep's rungs must rise", "[app]") {
  const auto file = (mds::scratch("sweep_rungs.json")).string();
  save_text(file, R"({"rungs": [60, 60]})");
  CHECK_THROWS_WITH(load_sweep(file), Catch::Contains("rungs.1 is 60; allowed: more than 60"));
  save_text(file, R"({"rungs": []})");
  CHECK_THROWS_WITH(load_sweep(file), Catch::Contains("rungs is empty"));
  save_text(file, R"({"max_params": 0})");
  CHECK_THROWS_WITH(load_sweep(file), Catch::Contains("max_params is 0; allowed: at least 1"));
  std::filesystem::remove(file);
}
