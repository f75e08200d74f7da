#include "experiments/timing/profiling.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "experiments/recording.h"
#include "profiler/memory.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;

namespace {

int64_t samples_in(const Database& database) {
  for (const auto& table : info_of(database).tables)
    if (table.table == "latency_sample") return table.rows;
  return -1;
}

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
  const auto peak = [] { return time_plan(make_plan(NetworkSpec(tiny())), {}, {.whole = true}, silent).peak_bytes; };
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
      .peak_bytes = 7};
  profile.conditions.affinity = {0, 1};
  profile.conditions.load_average = 0.5;
  CHECK(to_json(from_json<RawProfile>(to_json(profile), "x")) == to_json(profile));
}
