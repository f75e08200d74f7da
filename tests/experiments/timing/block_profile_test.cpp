#include "experiments/timing/block_profile.h"

#include <ATen/Parallel.h>

#include "experiments/timing/block_list.h"
#include "networks/network.h"
#include "networks/network_spec.h"
#include "reports/rows.h"
#include "tests/catch.h"
#include "tests/scratch_folder.h"

using Catch::Contains;
using namespace mds;

namespace {

const MeasureBlocks nowhere = [](const std::string&, int64_t) -> RawProfile { throw std::logic_error("was apart"); };

Listener silent;

// Counts what is timed.
struct Counting : Listener {
  int64_t timed = 0;
  struct Count : Progress {
    explicit Count(int64_t& timed_blocks) : timed(timed_blocks) {}
    void show(int64_t done, const std::string&, int64_t) override { timed = done; }
    int64_t& timed;
  };
  std::unique_ptr<Progress> progress(const std::string&, int64_t, int64_t) override {
    return std::make_unique<Count>(timed);
  }
};

BlockProfileRequest quick(const std::string& database, const char* blocks, const char* site = "8x4x4") {
  return {.blocks = blocks_of(BlockFlags{.blocks = {blocks}, .sites = {site}}),
          .database = database,
          .options = {.mode = TimingMode::quick},
          .roof = false};
}

int64_t newly_timed(const BlockProfileRequest& request) {
  Counting listener;
  profile_blocks(request, nowhere, Format::json, listener);
  return listener.timed;
}

}  // namespace

TEST_CASE("the rows of blocks alone come in the order asked for", "[app]") {
  const ScratchFolder folder;
  const auto request =
      quick(folder.path + "/b.db", R"([{"kind": "separable", "kernel": 5}, {"kind": "resnet"}, {"kind": "pool"}])");
  const Json rows = Json::parse(profile_blocks(request, nowhere, Format::json, silent))["rows"];
  REQUIRE(rows.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    const PlanStep& step = request.blocks[i];
    CHECK(rows[i]["kind"] == std::string(kind_of(step.block)));
    CHECK(rows[i]["spec"] == canonical_json(step));
    CHECK(rows[i]["macs_valid"] == cost(step).macs_valid);
    CHECK((rows[i]["n"] == 9 && rows[i]["mark"] == "quick" && rows[i]["median_ms"] > 0));
  }
  CHECK(rows[0]["block"] == "kernel 5");
  const double flops = 2 * double(rows[1]["macs_valid"].get<int64_t>());
  CHECK(rows[1]["gflops"].get<double>() == Approx(flops / rows[1]["median_ms"].get<double>() * 1e-6));
}

TEST_CASE("a block in the store is not timed again in its mode and setting, but in others", "[app]") {
  const ScratchFolder folder;
  auto request = quick(folder.path + "/b.db", R"([{"kind": "separable"}, {"kind": "resnet"}])");
  CHECK(newly_timed(request) == 2);
  CHECK(newly_timed(request) == 0);
  auto more = quick(request.database, R"([{"kind": "resnet"}, {"kind": "downsample"}, {"kind": "separable"}])");
  CHECK(newly_timed(more) == 1);
  request.options.batch = 2;
  CHECK(newly_timed(request) == 2);
  request.options.dtype = Precision::bf16;
  CHECK(newly_timed(request) == 2);
  request.options.kernels = Kernels::prepared;
  CHECK(newly_timed(request) == 2);
  CHECK(newly_timed(request) == 0);
}

TEST_CASE("a stop keeps the blocks that were timed, and the next run goes on with the others", "[app]") {
  const ScratchFolder folder;
  std::string list;
  for (int channels = 1; channels <= 12; ++channels)
    list +=
        std::string(list.empty() ? "[" : ", ") + R"({"kind": "separable", "out": )" + std::to_string(channels) + "}";
  const auto request = quick(folder.path + "/b.db", (list + "]").c_str());
  struct Stopping : Counting {
    bool stops() override { return timed > 0; }
  } stopping;
  CHECK_THROWS_AS(profile_blocks(request, nowhere, Format::json, stopping), Interrupted);
  CHECK(stopping.timed > 0);
  CHECK(stopping.timed < 12);
  CHECK(newly_timed(request) == 12 - stopping.timed);
}

TEST_CASE("a profile of a network finds the blocks that were timed alone, and the other way round", "[app]") {
  const ScratchFolder folder;
  const NetworkSpec tiny = load_network(MDS_SOURCE_DIR "/tests/data/tiny-unet.json");
  const Plan plan = make_plan(canonical(tiny));
  std::vector<PlanStep> steps;
  for (const size_t i : distinct_steps(plan)) steps.push_back(plan.steps[i]);
  const auto lone = blocks_of(BlockFlags{.blocks = {flag_of(steps)}});
  REQUIRE(lone.size() == steps.size());
  const BlockProfileRequest request{
      .blocks = lone, .database = folder.path + "/b.db", .options = {.mode = TimingMode::quick}, .roof = false};
  const bool alone_first = GENERATE(true, false);
  Database database(request.database);
  Counting network;
  if (alone_first) {
    CHECK(newly_timed(request) == int64_t(steps.size()));
    profile_into(database, {"tiny", tiny}, request.options, network);
    CHECK(network.timed == 0);
  } else {
    profile_into(database, {"tiny", tiny}, request.options, network);
    CHECK(newly_timed(request) == 0);
  }
}

TEST_CASE("several processes measure the missing blocks apart and pool their samples", "[app]") {
  const ScratchFolder folder;
  auto request = quick(folder.path + "/b.db", R"([{"kind": "separable"}, {"kind": "resnet"}])");
  newly_timed(request);
  request.processes = 2;
  int64_t calls = 0;
  const MeasureBlocks apart = [&](const std::string& blocks, int64_t i) {
    CHECK(i == calls++);
    BlockProfileRequest one = request;
    one.blocks = blocks_of(BlockFlags{.blocks = {blocks}});
    return time_blocks(one, silent);
  };
  const Json rows = Json::parse(profile_blocks(request, apart, Format::json, silent))["rows"];
  CHECK((calls == 2 && rows.size() == 2 && rows[0]["n"] == 27));
  profile_blocks(request, nowhere, Format::json, silent);
}

TEST_CASE("odd and tiny maps are timed by both kinds of kernels", "[app]") {
  const ScratchFolder folder;
  const char* site = GENERATE("8x1x1", "8x8x72", "8x3x1");
  auto request = quick(folder.path + "/b.db",
                       R"([{"kind": "separable", "kernel": 9}, {"kind": "resnet"},
                           {"kind": "upsample"}, {"kind": "norm"}, {"kind": "convolution"},
                           {"kind": "transformer", "head_width": 4, "attention": "relu"}])",
                       site);
  request.options.kernels = GENERATE(Kernels::library, Kernels::prepared);
  if (request.options.kernels == Kernels::prepared && !can_prepare()) return;
  const Json rows = Json::parse(profile_blocks(request, nowhere, Format::json, silent))["rows"];
  REQUIRE(rows.size() == 6);
  for (size_t i = 0; i < 6; ++i) CHECK(rows[i]["out"] == to_string(request.blocks[i].out));
}

TEST_CASE("a block that does not fit memory is refused before it runs", "[app]") {
  const ScratchFolder folder;
  const auto request = quick(folder.path + "/b.db", R"({"kind": "convolution"})", "8x400000x400000");
  CHECK_THROWS_AS(profile_blocks(request, nowhere, Format::json, silent), MemoryError);
}

TEST_CASE("the roof is measured beside the blocks, and stored with them", "[app]") {
  const ScratchFolder folder;
  auto request =
      quick(folder.path + "/b.db", R"([{"kind": "convolution", "kernel": 1}, {"kind": "pool"}])", "512x32x32");
  request.roof = true;
  const std::string text = profile_blocks(request, nowhere, Format::json, silent);
  const Json rows = Json::parse(text)["rows"];
  CHECK((rows[1]["gflops"].is_null() && rows[1]["bound"] == "memory"));  // no multiplication
  const Database database(request.database, StoreMode::read_only);
  const auto cells = block_cells(database, [](const Setting&) { return true; });
  REQUIRE((cells.size() == 2 && cells[0].timing.roof));
  const Roof& roof = *cells[0].timing.roof;
  CHECK((roof.fp32_gflops > 0 && roof.copy_gb_s > 0));
  for (const auto& row : rows) {
    const double median_ns = 1e6 * row["median_ms"].get<double>();
    const double compute_ns = 2 * row["macs_valid"].get<double>() / roof.fp32_gflops;
    const double memory_ns = row["bytes"].get<double>() / roof.copy_gb_s;
    CHECK(row["roof_share"].get<double>() * median_ns == Approx(std::max(compute_ns, memory_ns)));
  }
  CHECK(from_json<RawProfile>(to_json(time_blocks(request, silent)), "x").roof.has_value());
}
