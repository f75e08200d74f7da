#include "experiments/timing/profiling.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "experiments/recording.h"
#include "experiments/timing/compare.h"
#include "experiments/timing/paper_bench.h"
#include "profiler/memory.h"
#include "tests/catch.h"
#include "tests/scratch.h"
#include "tests/scratch_folder.h"

using Catch::Contains;
using namespace mds;

namespace {

int64_t rows_in(const Database& database, const std::string& name) {
  for (const auto& table : info_of(database).tables)
    if (table.table == name) return table.rows;
  return -1;
}
int64_t samples_in(const Database& database) { return rows_in(database, "latency_sample"); }

LatencyKey whole_key(Database& database, const NetworkSpec& spec) {
  return {.kind = LatencyKind::end_to_end,
          .arch = hash_of(spec),
          .device = record_device(database, "cpu"),
          .env = record_env(database),
          .threads = at::get_num_threads()};
}

UNetSpec tiny() { return std::get<UNetSpec>(load_network(MDS_SOURCE_DIR "/tests/data/tiny-unet.json")); }

Listener silent;

}  // namespace

TEST_CASE("each distinct block is timed once, and not again by another network that has it", "[app]") {
  Database database(":memory:");
  const UNetSpec one = tiny();
  profile_into(database, {"one", one}, {}, silent);
  const int64_t blocks = int64_t(distinct_steps(make_plan(NetworkSpec(one))).size());
  CHECK(samples_in(database) == 9 * blocks);
  profile_into(database, {"one", one}, {}, silent);
  CHECK(samples_in(database) == 9 * blocks);

  UNetSpec other = one;  // differs only in the stacks of the inner level
  other.levels[1].stack.ff_expansion = 2;
  profile_into(database, {"other", other}, {}, silent);
  CHECK(samples_in(database) == 9 * (blocks + 1));
  CHECK(problems_of(database).empty());
}

TEST_CASE("a block that another build timed is timed again", "[app]") {
  Database database(":memory:");
  const Plan plan = make_plan(NetworkSpec(tiny()));
  LatencyRow row;
  row.key.device = record_device(database, "cpu");
  row.key.env = remember_env(database, {.git_commit = "another"});
  row.key.threads = at::get_num_threads();
  row.samples_ns = {1000};
  const auto blocks = distinct_steps(plan);
  for (const size_t i : blocks) {
    row.key.block_json = canonical_json(plan.steps[i]);
    add_latency(database, row);
  }
  profile_into(database, {"tiny", tiny()}, {}, silent);
  CHECK(samples_in(database) == int64_t(blocks.size() + 9 * blocks.size()));
}

TEST_CASE("quick samples are marked so, and a whole is timed on demand", "[app]") {
  Database database(":memory:");
  profile_into(database, {"tiny", tiny()}, {.whole = true, .blocks = false}, silent);
  const auto rows = find_latency(database, whole_key(database, tiny()));
  REQUIRE(rows.size() == 9);
  for (const auto& row : rows) {
    CHECK(row.evidence == Evidence{TimingMode::quick, TimingMark::unchecked});
    CHECK(row.process.number == rows[0].process.number);
    CHECK(row.process.warmup_count == 1);
    CHECK(row.process.warmup_ns > 0);
    CHECK(Json::parse(row.process.conditions_json)["threads"] == at::get_num_threads());
  }
}

TEST_CASE("a whole network gets what any of its steps reads, as SD-XL's added conditioning", "[app]") {
  UNetSpec spec = tiny();
  spec.pooled_width = 12;
  spec.time_ids = 6;
  const RawProfile profile = time_plan(make_plan(NetworkSpec(spec)), {}, {.whole = true}, silent);
  CHECK(profile.steps.size() == 1);
}

TEST_CASE("the store keeps what the stopping rule said of a timing", "[app]") {
  const NamedNetwork network{"tiny", tiny()};
  const ProfileOptions options{.mode = TimingMode::screening, .whole = true, .blocks = false};
  const TimingMark mark = GENERATE(TimingMark::steady, TimingMark::noisy, TimingMark::unstable);
  Database database(":memory:");
  const StepSamples samples{.path = whole_path, .samples_ns = {{10, 20}}, .mark = mark};
  record_profile(database, network, options, {{.steps = {samples}}});
  CHECK(find_latency(database, whole_key(database, network.spec)).at(0).evidence ==
        Evidence{TimingMode::screening, mark});
}

TEST_CASE("a rejected timing is stored, but its network is timed again", "[app]") {
  Database database(":memory:");
  const StepSamples samples{.path = whole_path, .samples_ns = {{10, 20}}, .mark = TimingMark::rejected};
  const ProfileOptions options{.whole = true, .blocks = false};
  record_profile(database, {"tiny", tiny()}, options, {{.steps = {samples}}});
  CHECK(samples_in(database) == 1);
  profile_into(database, {"tiny", tiny()}, options, silent);
  CHECK(samples_in(database) == 10);
}

TEST_CASE("a peak is that of the pass alone, or absent where the kernel keeps the old one", "[app]") {
  const auto peak = [] { return pass_peak(time_plan(make_plan(NetworkSpec(tiny())), {}, {.whole = true}, silent)); };
  const auto before = peak();
  CHECK(before.has_value() == reset_peak_resident());
  if (!before) return;
  std::vector<std::unique_ptr<char[]>> freed;
  for (int i = 0; i < 4096; ++i) {
    freed.push_back(std::make_unique<char[]>(64 << 10));
    std::fill_n(freed.back().get(), 64 << 10, 'x');
  }
  freed.erase(freed.begin(), freed.end() - 1);  // the last block keeps the heap from shrinking
  CHECK(*peak() < *before + (128 << 20));
}

TEST_CASE("each phase of a profile tells its memory, and only prepared kernels have a phase of packing", "[app]") {
  const Kernels kernels = GENERATE(Kernels::library, Kernels::prepared);
  const RawProfile profile = time_plan(make_plan(NetworkSpec(tiny())), {}, {.kernels = kernels, .whole = true}, silent);
  std::vector<std::string> phases;
  for (const auto& [phase, peak, resident, seconds] : profile.memory) {
    phases.push_back(phase);
    CHECK(seconds > 0);
    if (peak) CHECK(*peak >= *resident / 2);  // the kernel counts both in batches of pages
  }
  CHECK(phases == (kernels == Kernels::library ? std::vector<std::string>{"weights", "pass"}
                                               : std::vector<std::string>{"weights", "prepare", "pass"}));
}

TEST_CASE("a step's samples are pooled over processes, and the worst of their marks holds", "[app]") {
  const std::vector<RawProfile> processes{
      {.steps = {{.path = "a", .samples_ns = {{1, 2}, {3}}, .mark = TimingMark::steady}}},
      {.steps = {{.path = "a", .samples_ns = {{10, 20}}, .mark = TimingMark::unstable}}}};
  CHECK(samples_of(processes, "a") == ProcessBlocks{{{1, 2}, {3}}, {{10, 20}}});
  CHECK(evidence_of(processes, "a", TimingMode::final) == Evidence{TimingMode::final, TimingMark::unstable});
  CHECK(samples_of(processes, "b").empty());
}

TEST_CASE("a raw profile survives its JSON", "[app]") {
  RawProfile profile{
      .steps =
          {{.path = "a", .samples_ns = {{1, 2}, {3}}, .mark = TimingMark::noisy, .warmup_count = 4, .warmup_ns = 9}},
      .memory = {{.phase = "pass", .peak_bytes = 7, .resident_bytes = 5, .seconds = 0.5}}};
  profile.conditions.affinity = {0, 1};
  profile.conditions.load_average = 0.5;
  CHECK(to_json(from_json<RawProfile>(to_json(profile), "x")) == to_json(profile));
}

TEST_CASE("a comparison interleaves fresh processes, stores them and gives every pair a verdict", "[app]") {
  const ScratchFolder folder;
  std::vector<std::string> order;
  TimingMark mark = TimingMark::steady;
  const MeasureNetwork measure = [&](const ApartRun& run) {
    order.push_back(run.network);
    const int64_t ns = run.network == "md-vae-decoder-light" ? 500 : 1000;
    StepSamples whole{.path = whole_path, .samples_ns = SampleBlocks(9, std::vector<int64_t>(3, ns)), .mark = mark};
    return RawProfile{.steps = {whole}};
  };
  const CompareRequest request{.networks = {"md-vae-decoder", "md-vae-decoder-light"},
                               .database = folder.path + "/c.db",
                               .options = {.mode = TimingMode::quick, .whole = true, .blocks = false}};
  const Json json = Json::parse(compare_networks(request, measure, Format::json, silent));
  CHECK(order.size() == 6);
  const Json last = json["rows"].back();
  CHECK((last["network"] == "md-vae-decoder-light" && last["verdict"] == "faster" && last["ratio"] == Approx(0.5)));
  const Database database(request.database);
  CHECK(rows_in(database, "latency_process") == 6);
  mark = TimingMark::rejected;
  const Json marked = Json::parse(compare_networks(request, measure, Format::json, silent));
  CHECK(marked["rows"].back()["verdict"] == "no difference shown");
  CompareRequest twice = request;
  twice.networks = {"md-vae-decoder", "md-vae-decoder"};
  CHECK_THROWS_WITH(compare_networks(twice, measure, Format::json, silent), Contains("is named twice"));
}

TEST_CASE("a bench goes on where it stopped, and leaves out what fails", "[app]") {
  const ScratchFolder folder;
  int64_t measured = 0;
  const MeasureNetwork measure = [&](const ApartRun& run) {
    if (run.network == "md-vae-decoder") throw std::runtime_error("no memory");
    ++measured;
    return RawProfile{.steps = {{.path = whole_path, .samples_ns = {{5, 6, 7}}}}};
  };
  PaperBenchRequest request{.database = folder.path + "/b.db",
                            .rounds = 1,
                            .networks = {"md-vae-decoder", "md-vae-decoder-light", "clip-vit-l-14-text"}};
  const PaperBenchResult first = bench_paper(request, measure, silent);
  CHECK((first.measured == 2 && first.stored_before == 0));
  REQUIRE(first.left_out.size() == 1);
  CHECK_THAT(first.left_out[0], Contains("md-vae-decoder: no memory"));
  request.rounds = 2;
  const PaperBenchResult second = bench_paper(request, measure, silent);
  CHECK((second.measured == 2 && second.stored_before == 2 && measured == 4));
  request.networks = {"sd3"};
  CHECK_THROWS_WITH(bench_paper(request, measure, silent), Contains("has no network \"sd3\""));
}
