#include "app/profiling.h"

#include <ATen/Parallel.h>

#include "tests/catch.h"

using namespace mds;

namespace {

int64_t samples_in(const Store& store) {
  for (const auto& table : store.info().tables)
    if (table.table == "latency_sample") return table.rows;
  return -1;
}

UNetSpec tiny() { return std::get<UNetSpec>(load_network(MDS_SOURCE_DIR "/tests/data/tiny-unet.json")); }

}  // namespace

TEST_CASE("each distinct block is timed once, and not again by another network that has it", "[app]") {
  Store store(":memory:");
  const UNetSpec one = tiny();
  profile_into(store, "one", one, {});
  const int64_t blocks = int64_t(distinct_steps(make_plan(NetworkSpec(one))).size());
  CHECK(samples_in(store) == 9 * blocks);
  profile_into(store, "one", one, {});
  CHECK(samples_in(store) == 9 * blocks);

  UNetSpec other = one;  // other stacks in the inner level; all else is the same
  other.levels[1].stack.ff_expansion = 2;
  profile_into(store, "other", other, {});
  CHECK(samples_in(store) == 9 * (blocks + 1));
  CHECK(store.check().empty());
}

TEST_CASE("screening samples are marked so, and a whole is timed on demand", "[app]") {
  Store store(":memory:");
  const UNetSpec spec = tiny();
  profile_into(store, "tiny", spec, {.whole = true, .blocks = false});
  const auto rows = store.find_latency({.kind = LatencyKind::end_to_end,
                                        .arch = hash_of(spec),
                                        .device = record_device(store),
                                        .threads = at::get_num_threads()});
  REQUIRE(rows.size() == 9);
  for (const auto& row : rows) CHECK(row.mark == LatencyMark::screening);
}

TEST_CASE("the median of a step pools processes, and the worst mark stands", "[app]") {
  const std::vector<RawProfile> processes{
      {.steps = {{.path = "a", .samples_ns = {{1, 2}, {3}}, .mark = TimingMark::steady}}, .peak_bytes = {}},
      {.steps = {{.path = "a", .samples_ns = {{10, 20}}, .mark = TimingMark::unstable}}, .peak_bytes = {}}};
  CHECK(pooled(processes, "a") == std::vector<int64_t>{1, 2, 3, 10, 20});
  CHECK(worst_mark(processes, "a") == TimingMark::unstable);
  CHECK(pooled(processes, "b").empty());
}

TEST_CASE("raw profiles survive their way between processes", "[app]") {
  const RawProfile profile{.steps = {{.path = "a", .samples_ns = {{1, 2}, {3}}, .mark = TimingMark::noisy}},
                           .peak_bytes = 7};
  CHECK(to_json(from_json<RawProfile>(to_json(profile), "x")) == to_json(profile));
}
