#include "reports/report.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/reports/sample_sweep.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

std::string golden(const std::string& name) {
  std::ifstream in(std::string(MDS_SOURCE_DIR) + "/tests/reports/golden/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Json rows_of(const std::vector<Table>& tables) { return Json::parse(to_text(tables, Format::json))["rows"]; }

const ReportOptions with_shipped{.shipped = {{"mobilediffusion", mobilediffusion().hash}}};

Json counted_in_table1(const Store& store) {
  Json rows = rows_of(table1_report(store, with_shipped));
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const Json& row) { return row["literature"] == true; }),
             rows.end());
  return rows;
}

std::string notes_of(const std::vector<Table>& tables) {
  std::string notes;
  for (const auto& table : tables)
    for (const auto& note : table.footnotes) notes += note + "\n";
  return notes;
}

}  // namespace

TEST_CASE("every report prints its golden text", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  for (const auto& report : all_reports()) {
    INFO(report.name);
    CHECK(to_text(report.tables(store, with_shipped), Format::table) == golden(std::string(report.name) + ".txt"));
  }
}

TEST_CASE("rows of the sweep report name the full-scale network, its counts and the scores of its proxy", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const Json rows = rows_of(sweep_report(store, {}));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["hash"] == sha256(R"({"name":"md"})"));
  CHECK(rows[0]["params"] == 386'687'048);
  CHECK(rows[0]["macs_valid"] == 182'611'423'232);
  CHECK(rows[0]["state"] == "done");
  CHECK(rows[0]["iterations"] == 180);
  CHECK(rows[0]["latency_ms"] == Approx(22));
  const Json& score = rows[0]["scores"]["fd_emoji_clip"];
  CHECK(score["value"] == 40);
  CHECK(score["low"] == 38);
  CHECK(score["high"] == 43);
  CHECK(score["n"] == 64);
  CHECK(rows[0]["scores"]["clip_emoji"]["low"].is_null());
  CHECK_FALSE(rows[0]["scores"].contains("loss"));
  CHECK(rows[2]["state"] == "stopped");
}

TEST_CASE("the sweep report is sorted by the score that was asked for", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const Json rows = rows_of(sweep_report(store, {.score = "clip_emoji"}));
  const auto cosine = [&](size_t i) { return rows[i]["scores"]["clip_emoji"]["value"].get<double>(); };
  CHECK(cosine(0) >= cosine(1));
  CHECK_THROWS_WITH(sweep_report(store, {.score = "kid"}), Contains("--score kid: no sweep has it; known: clip_emoji"));
}

TEST_CASE("candidates under differing protocols stand in tables of their own", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const std::string other = store.add_protocol(R"({"lr": 0.5})");
  add_training(store, {.full = network("z", R"({"name":"z"})", {1000, 1000}), .proxy_spec = "{\"p\":4}"}, other);
  CHECK(sweep_report(store, {}).size() == 2);
  for (const auto& group : cost_groups(candidates(store, "quick")))
    for (const auto& point : group.points) CHECK(point.candidate.protocol == group.protocol);
}

TEST_CASE("candidates are sorted by where they were scored, not by where their last loss was", "[reports]") {
  Store store(":memory:");
  store.add_sweep("quick", "{}");
  const std::string protocol = store.add_protocol("{}");
  const auto add = [&](const std::string& name, int64_t scored_at, int64_t loss_at) {
    const ArchRow arch = network(name, "{\"n\":\"" + name + "\"}", {1000, 1000});
    store.add_arch(arch);
    const int64_t run = store.ensure_run({.sweep = "quick", .arch = arch.hash, .protocol = protocol});
    store.add_metric(run, {.iteration = scored_at, .images_seen = scored_at, .name = "fd_x", .value = 1});
    store.add_metric(run, {.iteration = loss_at, .images_seen = loss_at, .name = "loss", .value = 1});
  };
  add("interrupted", 60, 170);
  add("promoted", 120, 120);
  const Json rows = rows_of(sweep_report(store, {}));
  CHECK(rows[0]["name"] == "promoted");
  CHECK(rows[0]["scored_at"] == 120);
  CHECK(rows[1]["iterations"] == 170);
  CHECK(rows[1]["scored_at"] == 60);
  CHECK(rows[1]["scores"]["fd_x"]["iteration"] == 60);
}

TEST_CASE("a front is over all that were scored at a rung, those trained on since among them", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const Json rows = rows_of(pareto_report(store, {}));
  std::map<std::string, std::vector<std::string>> scored, front;
  for (const auto& row : rows) {
    const std::string group = row["metric"].get<std::string>() + "@" + row["iteration"].dump();
    scored[group].push_back(row["name"]);
    if (row["front"] == true) front[group].push_back(row["name"]);
  }
  const std::string x = short_hash(sha256(R"({"name":"x"})")), y = "<i>|`x`'", md = "mobilediffusion";
  using Names = std::vector<std::string>;
  CHECK(scored["fd_emoji_clip@60"] == Names{y, x, md});
  CHECK(scored["fd_emoji_clip@180"] == Names{x, md});
  CHECK(front["fd_emoji_clip@60"] == Names{y, x, md});  // dearer and better each
  CHECK(front["clip_emoji@60"] == Names{y});            // cheapest and best
  CHECK(front["clip_emoji@180"] == Names{x});
}

TEST_CASE("scores of differing evaluation seeds do not share a front", "[reports]") {
  Store store(":memory:");
  store.add_sweep("quick", "{}");
  store.add_arch(mobilediffusion());
  const int64_t run =
      store.ensure_run({.sweep = "quick", .arch = mobilediffusion().hash, .protocol = store.add_protocol("{}")});
  for (const int64_t seed : {1, 2})
    store.add_metric(run, {.iteration = 60, .images_seen = 960, .name = "fd_x", .value = 5, .eval_seed = seed});
  const auto groups = cost_groups(candidates(store, "quick"));
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].eval_seed != groups[1].eval_seed);
}

TEST_CASE("a figure from the literature is marked and stands beside ours", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  const Json ours = counted_in_table1(store);
  REQUIRE(ours.size() == 1);
  CHECK(ours[0]["network"] == "mobilediffusion");
  CHECK(ours[0]["params"] == 386'687'048);
  CHECK(ours[0]["latency_mark"] == "final");
  for (const auto& row : rows_of(table1_report(store, with_shipped)))
    if (row["literature"] == true) CHECK_THAT(row["source"].get<std::string>(), Contains("arXiv"));
}

TEST_CASE("a rung's change is counted against the rung before it and stands beside the printed one", "[reports]") {
  Store store(":memory:");
  ReportOptions options;
  const auto add = [&](const char* name, int64_t params) {
    const ArchRow row = network(name, std::string("{\"name\":\"") + name + "\"}", {params, 10 * params});
    store.add_arch(row);
    options.shipped[name] = row.hash;
  };
  add("ladder-2", 1000);
  add("ladder-3", 950);
  const auto tables = ladder_report(store, options);
  for (const auto& row : rows_of(tables)) {
    INFO(row.dump());
    if (row["network"] == "ladder-3") {
      CHECK(row["params_change"].get<double>() == Approx(-0.05));
      CHECK(row["macs_valid_change"].get<double>() == Approx(-0.05));
      CHECK(row["printed_params_change"] == -0.05);
    }
    if (row["network"] == "ladder-2") CHECK(row["params_change"].is_null());
    if (row["network"] == "ladder-4") CHECK(row["params"].is_null());
  }
  CHECK_THAT(notes_of(tables), Contains("Not in this database: sd15 ladder-1 "));
}

TEST_CASE("the report of decoders joins counts, scores of narrow ones, latencies and what is printed", "[reports]") {
  Store store(":memory:");
  ReportOptions options;
  const auto add = [&](const std::string& name, int64_t params) {
    const ArchRow full = network(name, "{\"name\":\"" + name + "\"}", {params, 10 * params});
    ArchRow narrow = network(name + "-1/4", "{\"narrow\":\"" + name + "\"}", {params / 16, params});
    narrow.parent = full.hash;
    store.add_arch(full);
    store.add_arch(narrow);
    options.shipped[name] = full.hash;
    return full;
  };
  const auto score = [&](const std::string& model, int64_t params, const std::string& of, double value,
                         const std::string& data, int64_t at) {
    store.add_model({.hash = sha256(model), .name = model, .stage = "autoencoder", .iterations = at, .params = params});
    store.add_score({.subject = sha256(model),
                     .subject_name = model,
                     .name = of,
                     .protocol = store.add_protocol(Json{{"data_hash", data}, {"n", 5}, {"of", of}}.dump()),
                     .value = value,
                     .low = value - 1,
                     .high = value + 1,
                     .n = 5,
                     .measured_unix_s = at});
  };
  const ArchRow sd = add("sd-vae-decoder", 16000), light = add("md-vae-decoder-light", 1600);
  add_latencies(store, sd, {.blocks = false});
  add_latencies(store, light, {.blocks = false});
  score("old", 1000, "psnr", 20, "pictures", 1);
  score("new", 1000, "psnr", 25, "pictures", 2);
  score("new", 1000, "perceptual_effnet", 0.5, "pictures", 2);
  score("slim", 100, "psnr", 24, "pictures", 1);
  score("slim", 100, "psnr", 44, "other pictures", 1);
  score("stranger", 999, "psnr", 99, "pictures", 1);
  const auto tables = table2_report(store, options);
  REQUIRE(tables.size() == 2);  // one for each set of pictures
  const Json other = rows_json(tables[0]), rows = rows_json(tables[1]);
  CHECK(other[4]["psnr"] == 44);
  CHECK(other[0]["psnr"].is_null());
  REQUIRE(rows.size() == 6);
  CHECK(rows[0]["psnr"] == 25);
  CHECK(rows[0]["iterations"] == 2);
  CHECK(rows[0]["width"] == "1/4");
  CHECK(rows[0]["params"] == 16000);
  CHECK(rows[0]["perceptual_effnet"] == 0.5);
  CHECK(rows[0]["lpips"].is_null());
  CHECK(rows[0]["of_sd"] == 1);
  CHECK(rows[2]["params"].is_null());  // not in this database
  CHECK(rows[4]["psnr"] == 24);
  CHECK(rows[4]["latency_ms"] == Approx(22));
  CHECK(rows[5]["literature"] == true);
  CHECK(rows[5]["lpips"] == 0.032);
  CHECK(rows[5]["of_sd"] == Approx(65.0 / 200));
  CHECK(rows[5]["perceptual_effnet"].is_null());
}

TEST_CASE("another network of a printed one's name is not counted as it", "[reports]") {
  Store store(":memory:");
  store.add_arch(network("mobilediffusion", R"({"name":"another"})", {1000, 1000}));
  store.add_arch(network("sd15", R"({"name":"mine"})", {1000, 1000}));
  CHECK(counted_in_table1(store).empty());
  ArchRow renamed = mobilediffusion();
  renamed.name = "recorded under another name";
  store.add_arch(renamed);
  CHECK(counted_in_table1(store)[0]["network"] == "mobilediffusion");
}

TEST_CASE("the latencies of the blocks and the residual make up the whole", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  double blocks = 0, residual = 0, whole = 0;
  for (const auto& row : rows_of(table6_report(store, {}))) {
    const double ms = row["median_ms"];
    if (row["kind"] == "residual")
      residual = ms;
    else if (row["kind"] == "end_to_end")
      whole = ms;
    else if (row["kind"] != "sum")
      blocks += ms;
  }
  CHECK(whole == Approx(22));
  CHECK(blocks + residual == Approx(whole));
}

TEST_CASE("the speed of a block counts every sample of the batch", "[reports]") {
  CHECK(*gflops(92'416'000, 1, 1'000'000) == Approx(184.832));
  CHECK(*gflops(92'416'000, 4, 1'000'000) == Approx(4 * 184.832));
  CHECK_FALSE(gflops(0, 1, 1'000'000));
  Store store(":memory:");
  store.add_arch(mobilediffusion());
  for (const int64_t batch : {1, 4}) add_latencies(store, mobilediffusion(), {.batch = batch});
  const Json rows = rows_of(table6_report(store, {}));
  for (const auto& row : rows)
    if (row["path"] == "conv_in") CHECK(row["gflops"] == Approx(184.832 * row["batch"].get<double>()));
}

TEST_CASE("latencies of differing devices stand in tables of their own", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  add_latencies(store, mobilediffusion(), {.device = "another cpu"});
  const auto tables = table6_report(store, {});
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].title != tables[1].title);
}

TEST_CASE("times of differing builds make no sum and no residual, and stand in tables of their own", "[reports]") {
  Store store(":memory:");
  store.add_arch(mobilediffusion());
  add_latencies(store, mobilediffusion(), {.commit = "old", .whole = false});
  add_latencies(store, mobilediffusion(), {.commit = "new", .blocks = false});
  const auto tables = table6_report(store, {});
  REQUIRE(tables.size() == 2);
  CHECK_THAT(tables[0].title, Contains("build new"));
  CHECK_THAT(tables[1].title, Contains("build old"));
  for (const auto& row : rows_of(tables)) CHECK(row["kind"] != "residual");
  const Json counted = counted_in_table1(store);
  REQUIRE(counted.size() == 2);
  CHECK(counted[0]["latency_ms"] == Approx(22));
  CHECK(counted[1]["latency_ms"] == Approx(21));
}

TEST_CASE("the mark of a timing is shown with it", "[reports]") {
  Store store(":memory:");
  store.add_arch(mobilediffusion());
  add_latencies(store, mobilediffusion(), {.mark = LatencyMark::noisy, .whole = false});
  CHECK(rows_of(table6_report(store, {}))[0]["mark"] == "noisy");
  CHECK(counted_in_table1(store)[0]["latency_mark"] == "noisy");
}

TEST_CASE("a rejected timing is shown as such where it stands alone, and left out with a word elsewhere", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  Store rejected(":memory:");
  rejected.add_sweep("quick", "{}");
  add_training(rejected, {.full = mobilediffusion(), .proxy_spec = "{\"p\":1}"}, rejected.add_protocol("{}"));
  add_latencies(rejected, mobilediffusion(), {.mark = LatencyMark::rejected, .whole_mark = LatencyMark::rejected});
  const Json rows = rows_of(table6_report(rejected, {}));
  CHECK(rows[0]["mark"] == "rejected");
  CHECK(rows[2]["mark"] == "sum, with rejected");
  CHECK(rows_of(sweep_report(rejected, {}))[0]["latency_ms"].is_null());
  CHECK(counted_in_table1(rejected)[0]["latency_ms"].is_null());
  for (const auto& tables : {sweep_report(rejected, {}), table1_report(rejected, with_shipped)})
    CHECK_THAT(notes_of(tables), Contains("rejected") && Contains("of mobilediffusion"));
  CHECK_THAT(notes_of(sweep_report(store, {})), !Contains("rejected"));
}

TEST_CASE("better evidence is used: final before other marks, then more samples, rejected last", "[reports]") {
  Store store(":memory:");
  store.add_arch(mobilediffusion());
  const auto whole_of = [&](LatencyMark mark) {
    add_latencies(store, mobilediffusion(), {.whole_mark = mark, .blocks = false});
    return network_profiles(store).front().whole->mark;
  };
  CHECK(whole_of(LatencyMark::rejected) == LatencyMark::rejected);
  CHECK(whole_of(LatencyMark::unstable) == LatencyMark::unstable);
  CHECK(whole_of(LatencyMark::final) == LatencyMark::final);
  CHECK(whole_of(LatencyMark::screening) == LatencyMark::final);
}

TEST_CASE("the interval of a timing rests on the medians of its blocks", "[reports]") {
  Store store(":memory:");
  store.add_arch(mobilediffusion());
  add_latencies(store, mobilediffusion(), {.whole = false});
  LatencyRow row{.key = {.kind = LatencyKind::end_to_end,
                         .arch = mobilediffusion().hash,
                         .device = store.remember_device({.model = "test cpu"}),
                         .env = store.remember_env(build_of("abc")),
                         .threads = 2}};
  for (; row.repetition < 9; ++row.repetition) {
    row.samples_ns.assign(50, 1000 + 20 * row.repetition);
    store.add_latency(row);
  }
  const auto whole = network_profiles(store).front().whole;
  REQUIRE(whole);
  CHECK(whole->low_ns == 1020);
  CHECK(whole->high_ns == 1140);
}

TEST_CASE("an empty database gives empty reports", "[reports]") {
  Store store(":memory:");
  for (const auto& report : all_reports()) CHECK_NOTHROW(to_text(report.tables(store, {}), Format::md));
  CHECK(rows_of(sweep_report(store, {})).empty());
}

TEST_CASE("scores of differing names or protocols stand in tables of their own", "[reports]") {
  Store store(":memory:");
  const std::string one = store.add_protocol(R"({"n": 3})"), two = store.add_protocol(R"({"n": 4})");
  const auto add = [&](const std::string& subject, const std::string& name, const std::string& protocol) {
    store.add_score({.subject = sha256(subject), .subject_name = subject, .name = name, .protocol = protocol});
  };
  add("a", "fid", one);
  add("b", "fid", one);
  add("b", "fid", two);
  add("b", "kid", two);
  add("b", "kid", two);  // kept once
  const auto tables = scores_report(store, {});
  REQUIRE(tables.size() == 3);
  CHECK(rows_of(tables).size() == 4);
  for (const auto& table : tables)
    for (const auto& row : rows_json(table))
      CHECK((row["protocol"] == rows_json(table)[0]["protocol"] && row["name"] == rows_json(table)[0]["name"]));
  CHECK_THROWS(store.add_score({.subject = "short", .subject_name = "", .name = "fid", .protocol = one}));
}

namespace {

struct Drawn {
  int64_t steps = 50;
  double guidance = 1, fd = 0.1;
  int64_t eval_seed = 0;
  std::string sampler = "ddim";
};

// A model with a distance and a text-image score of what it drew.
std::string add_drawing(Store& store, ModelRow model, const Drawn& drawn) {
  model.hash = sha256(model.name);
  model.params = 10;
  store.add_model(model);
  Json sampler{{"steps", drawn.steps}, {"guidance", drawn.guidance}, {"spacing", "trailing"}};
  if (drawn.sampler != "ddim") sampler["sampler"] = drawn.sampler;
  Json protocol{{"n", 20}, {"sampler", sampler.dump()}, {"steps", drawn.steps}, {"guidance", drawn.guidance}};
  protocol["prompts_hash"] = "p";
  ScoreRow score{.subject = model.hash, .subject_name = model.name, .name = "fd_emoji_clip", .n = 20};
  score.eval_seed = drawn.eval_seed;
  score.value = drawn.fd, score.low = drawn.fd / 2, score.high = drawn.fd * 2;
  score.protocol = store.add_protocol(protocol.dump());
  store.add_score(score);
  protocol["extractor"] = "other";
  score.name = "clip_emoji";
  score.value = score.low = score.high = 1 - drawn.fd;
  score.protocol = store.add_protocol(protocol.dump());
  store.add_score(score);
  return model.hash;
}

// A latency as `mdsearch profile --model` stores it, of nine equal samples.
struct Timed {
  std::string model{}, part = "whole";
  int64_t steps = 0, calls = 0, milliseconds = 1, threads = 1;
  LatencyMark mark = LatencyMark::final;
};
void add_timing(Store& store, const Timed& timed) {
  Json identity{{"model", timed.model}, {"part", timed.part}};
  if (timed.calls > 0) identity["calls"] = timed.calls;
  if (timed.part == "whole") identity["steps"] = timed.steps, identity["sampler"] = "ddim";
  LatencyRow row;
  row.path = timed.part;
  row.mark = timed.mark;
  row.key.block_json = Json{{"pipeline", identity}}.dump();
  row.key.device = store.remember_device({.model = "test cpu", .cores = 2});
  row.key.env = store.remember_env({.git_commit = "0123456789"});
  row.key.threads = timed.threads;
  row.process.number = timed.milliseconds;
  row.samples_ns.assign(9, timed.milliseconds * 1'000'000);
  store.add_latency(row);
}

}  // namespace

TEST_CASE("stages stand in the order of their training, each at its best guidance", "[reports]") {
  Store store(":memory:");
  add_drawing(store, {.name = "a one-step", .stage = "ufogen", .iterations = 5}, {.steps = 1, .fd = 0.3});
  const ModelRow base{.name = "b base", .stage = "base", .iterations = 9};
  for (const auto& [guidance, fd] : std::map<double, double>{{1, 0.4}, {2, 0.2}, {4, 0.5}})
    add_drawing(store, base, {.guidance = guidance, .fd = fd});
  add_drawing(store, {.name = "c eight", .stage = "distil", .iterations = 7}, {.steps = 8, .fd = 0.25});
  const auto rows = rows_of(stages_report(store, {}));
  REQUIRE(rows.size() == 3);
  CHECK((rows[0]["stage"] == "base" && rows[0]["guidance"] == 2 && rows[0]["fd"] == 0.2 && rows[0]["of_first"] == 1));
  CHECK((rows[1]["stage"] == "distil" && rows[1]["steps"] == 8 && rows[1]["iterations"] == 7));
  CHECK(rows[1]["of_first"].get<double>() == Approx(1.25));
  CHECK((rows[2]["stage"] == "ufogen" && rows[2]["clip"] == 0.7));
  for (const auto& row : rows) CHECK(row["latency_ms"].is_null());

  const auto curve = rows_of(guidance_report(store, {}));
  REQUIRE(curve.size() == 3);  // models with one guidance have no curve
  for (const auto& row : curve) CHECK((row["mark"] == "best") == (row["guidance"] == 2));
  CHECK(rows_of(guidance_report(store, {.network = "c"})).empty());
}

TEST_CASE("drawings of other seeds and other samplers are curves of their own", "[reports]") {
  Store store(":memory:");
  const ModelRow model{.name = "m", .stage = "ufogen"};
  for (const int64_t seed : {0, 1})
    for (const double guidance : {1.0, 2.0})
      add_drawing(store, model, {.steps = 4, .guidance = guidance, .fd = guidance, .eval_seed = seed});
  add_drawing(store, model, {.steps = 4, .guidance = 1, .fd = 0.1, .sampler = "ufogen"});
  const auto rows = rows_of(stages_report(store, {}));
  REQUIRE(rows.size() == 3);
  CHECK(guidance_report(store, {}).size() == 2);
}

TEST_CASE("a stage's latency is that of its own steps and UNet calls, by one program on one machine", "[reports]") {
  Store store(":memory:");
  const std::string base = add_drawing(store, {.name = "base", .stage = "base"}, {.steps = 50, .guidance = 2});
  const std::string eight = add_drawing(store, {.name = "eight", .stage = "distil"}, {.steps = 8});
  const std::string one = add_drawing(store, {.name = "one", .stage = "ufogen"}, {.steps = 1});
  add_timing(store, {.model = base, .steps = 50, .calls = 2, .milliseconds = 400});
  add_timing(store, {.model = base, .steps = 50, .calls = 1, .milliseconds = 200});
  add_timing(store, {.model = base, .steps = 50, .calls = 2, .milliseconds = 300, .threads = 2});
  add_timing(store, {.model = eight, .steps = 8, .calls = 1, .milliseconds = 40});
  add_timing(store, {.model = eight, .steps = 4, .calls = 1, .milliseconds = 20});
  add_timing(store, {.model = one, .steps = 1, .calls = 1, .milliseconds = 9, .mark = LatencyMark::rejected});
  const auto tables = stages_report(store, {});
  const auto rows = rows_of(tables);
  CHECK((rows[0]["latency_ms"] == 400 && rows[1]["latency_ms"] == 40));
  CHECK(rows[2]["latency_ms"].is_null());
  CHECK_THAT(notes_of(tables), Contains("test cpu, fp32, 1 thread, batch 1"));

  const auto lines = rows_of(table5_report(store, {.network = "eight"}));
  CHECK((lines[0]["overall_ms"] == 40 && lines[0]["steps"] == 8 && lines[1]["overall_ms"] == 20));
}

TEST_CASE("the latency of a picture stands in its parts above the printed ones", "[reports]") {
  Store store(":memory:");
  const std::string model = add_drawing(store, {.name = "m", .stage = "base"}, {});
  add_timing(store, {.model = model, .steps = 10, .calls = 2, .milliseconds = 75});
  add_timing(store, {.model = model, .part = "text", .milliseconds = 1});
  add_timing(store, {.model = model, .part = "decoder", .milliseconds = 3});
  add_timing(store, {.model = model, .part = "unet step", .calls = 1, .milliseconds = 4});
  add_timing(store, {.model = model, .part = "unet step", .calls = 2, .milliseconds = 7});
  const auto rows = rows_of(table5_report(store, {}));
  REQUIRE(rows.size() == 6);
  const Json& own = rows[0];
  CHECK((own["text_ms"] == 1 && own["decoder_ms"] == 3 && own["unet_step_ms"] == 7 && own["overall_ms"] == 75));
  for (const auto& row : rows) CHECK(row["literature"] == (row["model"] != "m"));
  CHECK_THAT(to_text(table5_report(store, {}), Format::table), Contains("MobileDiffusion, 8 steps"));
}

TEST_CASE("an unknown report, sweep or network is an error that says what there is", "[reports]") {
  Store store(":memory:");
  fill_sample(store);
  CHECK_THROWS_WITH(find_report("tabel1"),
                    "report tabel1: valid: sweep, pareto, table1, table2, ladder, training, parity, scores, stages, "
                    "guidance, table5, table6");
  CHECK_THROWS_WITH(sweep_report(store, {.sweep = "none"}), Contains("holds no sweep \"none\""));
  CHECK_THROWS_WITH(table6_report(store, {.network = "none"}), Contains("holds no latency of a network \"none\""));
}

TEST_CASE("numbers are grouped by thousands and rounded to four significant digits", "[reports]") {
  CHECK(thousands(0) == "0");
  CHECK(thousands(999) == "999");
  CHECK(thousands(-1000) == "-1,000");
  CHECK(thousands(1234567) == "1,234,567");
  CHECK(digits_for({52.31, 9}) == 2);
  CHECK(digits_for({0.25}) == 4);
  CHECK(digits_for({12345}) == 0);
  CHECK(digits_for({}) == 0);
}
