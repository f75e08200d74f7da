#include "search/store/schema.h"
#include "search/store/store.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

TEST_CASE("a row that describes is stored once, however often it is added", "[store]") {
  Database database(fresh_store());
  for (int i = 0; i < 2; ++i) {
    add_arch(database, arch("a"));
    add_arch_blocks(database, arch("a").hash, {{.path = "conv_in", .kind = "conv", .block_json = "{}"}});
    add_run(database, "a");
    CHECK(remember_device(database, {.model = "cpu"}) == 1);
    CHECK(remember_env(database, {.git_commit = "abc"}) == 1);
  }
  for (const auto& count : info_of(database).tables)
    if (count.table != "literature") CHECK(count.rows <= 1);
  CHECK(remember_device(database, {.model = "another cpu"}) != 1);
}

TEST_CASE("an architecture whose hash is not that of its spec is refused", "[store]") {
  Database database(fresh_store());
  ArchRow row = arch("a");
  row.hash[0] = row.hash[0] == '0' ? '1' : '0';
  CHECK_THROWS_WITH(add_arch(database, row), Contains("is not that of its spec"));
}

TEST_CASE("the last of repeated comparisons with a library is reported, and none can be changed", "[store]") {
  Database database(fresh_store());
  const auto measured = [](int64_t time, double difference) {
    return ParityRow{"sd15", arch("a").hash, "diffusers", "1.0", "commit abc", 1000, difference, 1e-5, time};
  };
  for (const auto& row : {measured(20, 2e-6), measured(10, 1e-6), measured(20, 3e-6)}) add_parity(database, row);
  REQUIRE(latest_parity(database).size() == 1);
  CHECK(latest_parity(database)[0].difference == 2e-6);
  CHECK_THROWS_WITH(database.transaction([&] { database.execute("DELETE FROM parity"); }), Contains("append-only"));
}

TEST_CASE("a protocol's hash does not depend on the order or spacing of its keys", "[store]") {
  Database database(fresh_store());
  CHECK(add_protocol(database, R"({"a": 1, "b": 2})") == add_protocol(database, R"({"b":2,"a":1})"));
  CHECK_THROWS_WITH(add_protocol(database, "{"), Contains("is not JSON"));
}

TEST_CASE("samples of an evaluation come back as they were, by run and kind, and cannot be changed", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a"), other = add_run(database, "b");
  const std::vector<float> pictures{0.25f, -1e-30f, 3e30f};
  for (int i = 0; i < 2; ++i) {
    add_evaluation_sample(database, run, {.iteration = 60, .name = "clip", .samples = pictures});
    add_evaluation_sample(database, run,
                          {.iteration = 60, .name = "clip", .kind = SampleKind::replicate, .samples = {1}});
  }
  const auto stored = evaluation_samples_of(database, run);
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].samples == pictures);
  CHECK(stored[1].kind == SampleKind::replicate);
  CHECK(evaluation_samples_of(database, other).empty());
  CHECK_THROWS_WITH(database.execute("UPDATE evaluation_sample SET name = 'other'"), Contains("append-only"));
  CHECK_THROWS_AS(add_evaluation_sample(database, run, {.iteration = 1, .name = "clip"}), StoreError);  // no sample
}

TEST_CASE("runs with an audited decision are known by it, in their sweep alone", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a"), other = add_run(database, "b");
  add_decision(database, {.run = run, .rule = "r", .inputs_json = "{}", .verdict = "stop", .audited = true});
  add_decision(database, {.run = other, .rule = "r", .inputs_json = "{}", .verdict = "stop"});
  CHECK(audited_runs(database, "s") == std::set<int64_t>{run});
  CHECK(audited_runs(database, "another").empty());
}

TEST_CASE("a repeated evaluation keeps the first value, and metrics cannot be changed", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  add_metric(database, run,
             {.iteration = 60, .images_seen = 960, .name = "clip", .value = 0.2, .low = 0.1, .high = 0.3});
  add_metric(database, run, {.iteration = 60, .images_seen = 960, .name = "clip", .value = 0.9});
  const auto curve = curve_of(database, run, "clip");
  REQUIRE(curve.size() == 1);
  CHECK(curve[0].value == 0.2);
  CHECK(curve[0].high == 0.3);
  CHECK_THROWS_WITH(database.execute("UPDATE metric SET value = 1"), Contains("append-only"));
}

TEST_CASE("metrics come back by name and iteration, with absent intervals absent", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  for (const int64_t iteration : {60, 10})
    add_metric(database, run, {.iteration = iteration, .name = "loss", .value = 0.5});
  add_metric(database, run, {.iteration = 60, .name = "fd", .value = 30, .n = 64, .low = 28, .high = 33});
  const auto rows = metrics_of(database, run);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "fd");
  CHECK(rows[1].iteration == 10);
  CHECK_FALSE(rows[1].low);
}

TEST_CASE("a run keeps the pictures of its last iteration, at most 16384 bytes together", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  const auto picture = [](int64_t iteration, int64_t seed, size_t bytes) {
    return PictureRow{.iteration = iteration, .bytes = std::string(bytes, '\0'), .prompt = "a cat", .seed = seed};
  };
  add_picture(database, run, picture(60, 1, 9000));
  add_picture(database, run, picture(60, 1, 9000));  // a repetition adds no picture
  CHECK_THROWS_WITH(add_picture(database, run, picture(60, 2, 9000)), Contains("16384 bytes together"));
  CHECK_THROWS_AS(add_picture(database, run, picture(180, 1, 16385)), StoreError);
  add_picture(database, run, picture(180, 1, 16384));
  const auto kept = stored_rows<PictureRow>(database, "");
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].iteration == 180);
}

TEST_CASE("latency samples come back as they were taken and cannot be changed", "[store]") {
  Database database(fresh_store());
  LatencyRow row = latency(database);
  add_latency(database, row);
  row.repetition = 1;
  row.samples_ns = {-1, int64_t(1) << 62};
  add_latency(database, row);
  const auto rows = find_latency(database, row.key);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].samples_ns == latency(database).samples_ns);
  CHECK(rows[1].samples_ns == row.samples_ns);
  CHECK_THROWS_WITH(database.execute("DELETE FROM latency_sample"), Contains("append-only"));
  row.samples_ns.clear();
  row.repetition = 2;
  CHECK_THROWS_AS(add_latency(database, row), StoreError);
}

TEST_CASE("a latency is found by block, site, device and setting, and final samples go first", "[store]") {
  Database database(fresh_store());
  LatencyRow row = latency(database);
  CHECK(find_latency(database, row.key).empty());
  add_latency(database, row);
  row.evidence.mode = TimingMode::final;
  row.samples_ns = {7};
  add_latency(database, row);
  LatencyKey key = row.key;
  REQUIRE(find_latency(database, key).size() == 1);
  CHECK(find_latency(database, key)[0].evidence == row.evidence);
  key.threads = 2;
  CHECK(find_latency(database, key).empty());
}

TEST_CASE("a latency of another build is not found: other commit, local changes, flags or LibTorch", "[store]") {
  Database database(fresh_store());
  add_latency(database, latency(database));
  const EnvRow ours{.git_commit = "abc"};
  std::vector<EnvRow> others(4, ours);
  others[0].git_commit = "def";
  others[1].git_dirty = true;
  others[2].compiler_flags = "-O0";
  others[3].libtorch = "2.9.0";
  LatencyKey key = latency(database).key;
  CHECK(key.env == remember_env(database, ours));
  for (const auto& other : others) {
    key.env = remember_env(database, other);
    CHECK(find_latency(database, key).empty());
  }
}

TEST_CASE("every mark is kept as it is, and a rejected latency is not found", "[store]") {
  Database database(fresh_store());
  LatencyRow row = latency(database);
  for (const auto mark : {TimingMark::rejected, TimingMark::unstable, TimingMark::noisy, TimingMark::steady}) {
    row.evidence.mark = mark;
    row.samples_ns.push_back(1);  // of timings of one rank, the one with more samples is found
    add_latency(database, row);
    const auto found = find_latency(database, row.key);
    REQUIRE(found.size() == (mark == TimingMark::rejected ? 0 : 1));
    if (!found.empty()) CHECK(found[0].evidence == row.evidence);
  }
}

TEST_CASE("a process keeps its warm-up and its conditions, and another process adds to the samples", "[store]") {
  Database database(fresh_store());
  LatencyRow row = latency(database);
  row.process = {.number = 5, .warmup_count = 3, .warmup_ns = 3000, .conditions_json = R"({"load":0.1})"};
  add_latency(database, row);
  row.process.number = 7;
  row.process.warmup_count = 4;
  add_latency(database, row);
  const auto rows = find_latency(database, row.key);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].process.warmup_count == 3);
  CHECK(rows[0].process.warmup_ns == 3000);
  CHECK(rows[0].process.conditions_json == R"({"load":0.1})");
  CHECK(rows[1].process.number == 7);
  CHECK(rows[1].process.warmup_count == 4);
  CHECK_THROWS_WITH(database.execute("UPDATE latency_process SET warmup_count = 1"), Contains("append-only"));
}

TEST_CASE("the latency of a whole network belongs to its architecture", "[store]") {
  Database database(fresh_store());
  add_arch(database, arch("a"));
  LatencyRow row = latency(database);
  row.key.kind = LatencyKind::end_to_end;
  row.key.arch = arch("a").hash;
  add_latency(database, row);
  row.key.kind = LatencyKind::residual;
  CHECK(find_latency(database, row.key).empty());
  row.key.arch = "unknown";
  CHECK_THROWS_WITH(add_latency(database, row), Contains("holds no arch with hash unknown"));
}

TEST_CASE("an unknown device or a row without its run is refused", "[store]") {
  Database database(fresh_store());
  LatencyRow row = latency(database);
  row.key.device = 99;
  CHECK_THROWS_AS(add_latency(database, row), StoreError);
  CHECK_THROWS_WITH(add_metric(database, 99, {.name = "loss"}), Contains("holds no run 99"));
}

TEST_CASE("twelve candidates with latency samples and curves stay well under 5 MB", "[store]") {
  const ScratchFolder folder;
  Database database(folder.file("a.db"));
  database.transaction([&] {
    for (int candidate = 0; candidate < 12; ++candidate) {
      const std::string name = "candidate" + std::to_string(candidate);
      const int64_t run = add_run(database, name);
      for (int64_t i = 0; i < 300; ++i) add_metric(database, run, {.iteration = i, .name = "loss", .value = 0.1});
      add_picture(database, run, {.iteration = 1, .bytes = std::string(16384, 'p')});
      for (int64_t block = 0; block < 50; ++block) {
        LatencyRow row = latency(database);
        row.key.block_json = name + std::to_string(block) + std::string(300, ' ');
        for (row.process.number = 0; row.process.number < 2; ++row.process.number) {
          row.samples_ns.assign(64, 1000);
          add_latency(database, row);
        }
      }
    }
  });
  CHECK(info_of(database).bytes < 3'000'000);
}
