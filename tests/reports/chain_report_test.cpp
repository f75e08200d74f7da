// The stages of a training chain, the curve of guidance and Table 5.
#include "reports/report.h"
#include "reports/trainings.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/reports/drawn.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

// A latency as `mdsearch profile --model` stores it, of nine equal samples.
struct Timed {
  std::string model{};
  PipelinePart part = PipelinePart::whole;
  int64_t steps = 0, calls = 0, milliseconds = 1, threads = 1;
  Evidence evidence{TimingMode::final, TimingMark::steady};
};
void add_timing(Database& database, const Timed& timed) {
  LatencyRow row;
  row.path = name_of(timed.part);
  row.evidence = timed.evidence;
  row.key.kind = LatencyKind::pipeline;
  row.key.pipeline = {.model = timed.model, .part = timed.part, .steps = timed.steps, .calls = timed.calls};
  if (timed.part == PipelinePart::whole) row.key.pipeline.sampler = "ddim";
  row.key.device = remember_device(database, {.model = "test cpu", .cores = 2});
  row.key.env = remember_env(database, {.git_commit = "0123456789"});
  row.key.threads = timed.threads;
  row.process.number = timed.milliseconds;
  row.samples_ns.assign(9, timed.milliseconds * 1'000'000);
  add_latency(database, row);
}

}  // namespace

TEST_CASE("stages stand in the order of their training, each at its best guidance", "[reports]") {
  Database database(":memory:");
  add_drawing(database, {.name = "a one-step", .stage = "ufogen", .iterations = 5}, {.steps = 1, .fd = 0.3});
  const ModelRow base{.name = "b base", .stage = "base", .iterations = 9};
  for (const auto& [guidance, fd] : std::map<double, double>{{1, 0.4}, {2, 0.2}, {4, 0.5}})
    add_drawing(database, base, {.guidance = guidance, .fd = fd});
  add_drawing(database, {.name = "c eight", .stage = "distil", .iterations = 7}, {.steps = 8, .fd = 0.25});
  const auto rows = rows_of(stages_report.tables(database, {}));
  REQUIRE(rows.size() == 3);
  CHECK((rows[0]["stage"] == "base" && rows[0]["guidance"] == 2 && rows[0]["fd"] == 0.2 && rows[0]["of_first"] == 1));
  CHECK((rows[1]["stage"] == "distil" && rows[1]["steps"] == 8 && rows[1]["iterations"] == 7));
  CHECK(rows[1]["of_first"].get<double>() == Approx(1.25));
  CHECK((rows[2]["stage"] == "ufogen" && rows[2]["clip"] == 0.7));
  for (const auto& row : rows) CHECK(row["latency_ms"].is_null());

  const auto curve = rows_of(guidance_report.tables(database, {}));
  REQUIRE(curve.size() == 3);  // models with one guidance have no curve
  for (const auto& row : curve) CHECK((row["mark"] == "best") == (row["guidance"] == 2));
  CHECK(rows_of(guidance_report.tables(database, {.network = "c"})).empty());
}

TEST_CASE("a stage stands beside the base at its best and at equal guidance, with intervals of shared resamples",
          "[reports]") {
  Database database(":memory:");
  add_chain(database);
  const auto tables = stages_report.tables(database, {});
  const auto rows = rows_of(tables);
  REQUIRE(rows.size() == 3);
  CHECK((rows[0]["model"] == "md-base" && rows[0]["folder"] == "out/train/md-base/model"));
  CHECK((rows[0]["of_first"] == 1 && rows[0]["of_first_interval"].is_null() && rows[0]["of_equal"] == 1));
  CHECK(rows[1]["of_first"].get<double>() == Approx(1.375));
  CHECK(rows[1]["of_first_interval"] == "[131, 149]");
  CHECK(rows[1]["of_equal"].get<double>() == Approx(1.1));
  CHECK(rows[1]["clip_change"].get<double>() == Approx(-0.006));
  // The last stage moves with the base resample by resample, and has the guidance of the stage before it.
  CHECK((rows[2]["of_first_interval"] == "[188, 188]" && rows[2]["equal_guidance"] == 2));
  CHECK(rows[2]["of_equal"].get<double>() == Approx(1.5));
  CHECK(rows[2]["clip_change_interval"] == "[-0.0140, -0.0140]");
  CHECK(to_text(tables, Format::table, {.width = 100}) == golden("stages_of_a_chain.txt"));
}

TEST_CASE("where a ratio has no interval, or the base no drawing at equal guidance, a footnote says so", "[reports]") {
  Database database(":memory:");
  const ModelRow base{.name = "base", .stage = "base"}, relu{.name = "relu", .stage = "relu"};
  add_drawing(database, base, {.guidance = 3, .fd = 0.1, .spread = {0.9, 1, 1.1}});
  add_drawing(database, relu, {.guidance = 2, .fd = 0.2});
  const ModelRow unknown{.name = "unknown", .stage = "distil"};
  add_drawing(database, unknown, {.steps = 8, .fd = 0.3, .eval_seed = 7, .spread = {0.9, 1, 1.1}});
  const auto tables = stages_report.tables(database, {});
  const auto rows = rows_of(tables);
  for (const auto row : {1, 2}) {
    CHECK(rows[row]["of_first"].get<double>() > 1.9);
    for (const char* none : {"of_first_interval", "of_equal", "of_equal_interval"}) CHECK(rows[row][none].is_null());
  }
  CHECK((rows[1]["equal_guidance"] == 2 && rows[2]["equal_guidance"].is_null()));
  CHECK_THAT(notes_of(tables), Contains("Not drawn for that: base at guidance 2.0.") && Contains("No interval") &&
                                   Contains("Not known is the guidance in unknown:"));
}

TEST_CASE("the guidance in a network is that of the last training that absorbed one", "[reports]") {
  Database database(":memory:");
  add_chain(database);
  const auto add = [&](const std::string& name, const std::string& from, const Json& stage) {
    add_model(database, {.hash = sha256(name), .name = name, .params = 1, .predecessor = from});
    add_config(database, sha256(name), stage);
    return ModelTrainings(database).absorbed(sha256(name));
  };
  const std::string eight = sha256("out/train/md-8/model");
  CHECK(add("halved", eight, {{"guidance", {{"probability", 0}, {"absorbed", true}}}}) == AbsorbedGuidance{2, 2});
  CHECK(add("scores", eight, {{"guidance", 1.5}}) == AbsorbedGuidance{1.5, 1.5});
  CHECK(add("adversary", eight, {{"kind", "ufogen"}, {"guidance", 1}}) == AbsorbedGuidance{2, 2});
  CHECK(add("range", "", {{"guidance", {{"low", 1}, {"high", 3}, {"absorbed", true}}}}) == AbsorbedGuidance{1, 3});
  CHECK_FALSE(add("plain", sha256("out/train/md-base/model"), {{"guidance", {{"low", 2}, {"high", 2}}}}));
  CHECK_FALSE(add("circle", sha256("circle"), Json::object()));
}

TEST_CASE("each network's stages stand together and are compared with its own first", "[reports]") {
  Database database(":memory:");
  const auto add = [&](const std::string& name, const std::string& stage, int64_t params, double fd) {
    add_drawing(database, {.name = name, .stage = stage, .params = params}, {.fd = fd});
  };
  add("a", "base", 20, 0.2), add("b", "ufogen", 20, 0.3);
  add("c", "base", 30, 0.1), add("d", "ufogen", 30, 0.4);
  const auto rows = rows_of(stages_report.tables(database, {}));
  std::string order;
  for (const auto& row : rows) order += row["model"];
  CHECK(order == "cdab");
  CHECK((rows[0]["of_first"] == 1 && rows[2]["of_first"] == 1));
  CHECK(rows[1]["of_first"].get<double>() == Approx(4));
  CHECK(rows[3]["of_first"].get<double>() == Approx(1.5));
}

TEST_CASE("a stage drawn at guidance 0 has the latency of one UNet call a step, rescaled that of two", "[reports]") {
  Database database(":memory:");
  const std::string plain = add_drawing(database, {.name = "a", .stage = "base"}, {.steps = 8, .guidance = 0});
  const std::string rescaled =
      add_drawing(database, {.name = "b", .stage = "base"}, {.steps = 8, .guidance = 0, .rescale = 0.7});
  for (const auto& model : {plain, rescaled})
    for (const int64_t calls : {1, 2})
      add_timing(database, {.model = model, .steps = 8, .calls = calls, .milliseconds = calls});
  const auto rows = rows_of(stages_report.tables(database, {}));
  CHECK((rows[0]["latency_ms"] == 1 && rows[1]["latency_ms"] == 2));
}

TEST_CASE("drawings of other seeds and other samplers are curves of their own", "[reports]") {
  Database database(":memory:");
  const ModelRow model{.name = "m", .stage = "ufogen"};
  for (const int64_t seed : {0, 1})
    for (const double guidance : {1.0, 2.0})
      add_drawing(database, model, {.steps = 4, .guidance = guidance, .fd = guidance, .eval_seed = seed});
  add_drawing(database, model, {.steps = 4, .guidance = 1, .fd = 0.1, .sampler = "ufogen"});
  const auto rows = rows_of(stages_report.tables(database, {}));
  REQUIRE(rows.size() == 3);
  CHECK(guidance_report.tables(database, {}).size() == 2);
}

TEST_CASE("a stage's latency is that of its own steps and UNet calls, by one program on one machine", "[reports]") {
  Database database(":memory:");
  const std::string base = add_drawing(database, {.name = "base", .stage = "base"}, {.steps = 50, .guidance = 2});
  const std::string eight = add_drawing(database, {.name = "eight", .stage = "distil"}, {.steps = 8});
  const std::string one = add_drawing(database, {.name = "one", .stage = "ufogen"}, {.steps = 1});
  add_timing(database, {.model = base, .steps = 50, .calls = 2, .milliseconds = 400});
  add_timing(database, {.model = base, .steps = 50, .calls = 1, .milliseconds = 200});
  add_timing(database, {.model = base, .steps = 50, .calls = 2, .milliseconds = 300, .threads = 2});
  add_timing(database, {.model = eight, .steps = 8, .calls = 1, .milliseconds = 40});
  add_timing(database, {.model = eight, .steps = 4, .calls = 1, .milliseconds = 20});
  add_timing(database,
             {.model = one, .steps = 1, .calls = 1, .milliseconds = 9, .evidence = {.mark = TimingMark::rejected}});
  const auto tables = stages_report.tables(database, {});
  const auto rows = rows_of(tables);
  CHECK((rows[0]["latency_ms"] == 400 && rows[1]["latency_ms"] == 40));
  CHECK(rows[2]["latency_ms"].is_null());
  CHECK_THAT(notes_of(tables), Contains("test cpu, fp32, library kernels, 1 thread, batch 1"));

  const auto lines = rows_of(table5_report.tables(database, {.network = "eight"}));
  CHECK((lines[0]["overall_ms"] == 40 && lines[0]["steps"] == 8 && lines[1]["overall_ms"] == 20));
}

TEST_CASE("the latency of a named model's picture stands in its parts", "[reports]") {
  Database database(":memory:");
  const std::string model = add_drawing(database, {.name = "m", .stage = "base"}, {});
  add_timing(database, {.model = model, .steps = 10, .calls = 2, .milliseconds = 75});
  add_timing(database, {.model = model, .part = PipelinePart::text, .milliseconds = 1});
  add_timing(database, {.model = model, .part = PipelinePart::decoder, .milliseconds = 3});
  add_timing(database, {.model = model, .part = PipelinePart::unet_step, .calls = 1, .milliseconds = 4});
  add_timing(database, {.model = model, .part = PipelinePart::unet_step, .calls = 2, .milliseconds = 7});
  const auto rows = rows_of(table5_report.tables(database, {.network = "m"}));
  REQUIRE(rows.size() == 1);
  const Json& own = rows[0];
  CHECK((own["text_ms"] == 1 && own["decoder_ms"] == 3 && own["unet_step_ms"] == 7 && own["overall_ms"] == 75));
}

TEST_CASE("Table 5 shows the paper's networks with the printed figures, and none that was trained small", "[reports]") {
  Database database(":memory:");
  add_timing(database, {.model = add_drawing(database, {.name = "m", .stage = "base"}, {}), .milliseconds = 75});
  const auto rows = rows_of(table5_report.tables(database, {}));
  REQUIRE(rows.size() == 10);
  for (const auto& row : rows) CHECK(row["model"] != "m");
  CHECK(rows[4]["model"] == "mobilediffusion");
  CHECK(rows[5]["overall_ms"] == 1232);
  CHECK(rows[5]["ratio"] == Approx(1232. / 1869));
}

TEST_CASE("Table 4 has the printed models by FID and each of ours with its scores under their names", "[reports]") {
  Database database(":memory:");
  add_drawing(database, {.name = "out/train/m/model", .stage = "base", .data = "noto, openclipart"}, {});
  const auto rows = rows_of(table4_report.tables(database, {}));
  REQUIRE(rows.size() == 18);
  CHECK((rows[0]["model"] == "m" && rows[0]["folder"] == "out/train/m/model"));
  CHECK(rows[0]["fid_30k"].is_null());
  CHECK(rows[1]["model"] == "Parti");
  CHECK(rows[1]["literature"] == true);
}

TEST_CASE("Table 4 tells what each model was trained on: data sets of ours, pairs of those printed", "[reports]") {
  Database database(":memory:");
  add_drawing(database, {.name = "a", .stage = "base", .data = "noto, openclipart"}, {});
  add_drawing(database, {.name = "b", .stage = "base", .data = "out/cache/emoji-people.safetensors"}, {});
  add_drawing(database, {.name = "c", .stage = "base"}, {});
  const auto rows = rows_of(table4_report.tables(database, {}));
  CHECK(rows[0]["data"] == "noto, openclipart");
  CHECK(rows[1]["data"] == "emoji-people");
  CHECK(rows[2]["data"].is_null());
  CHECK((rows[3]["data"] == "5000 M pairs" && rows[3]["training_pairs"] == 5e9));
}

TEST_CASE("scores of pictures in another precision stand in another row", "[reports]") {
  Database database(":memory:");
  const ModelRow model{.hash = sha256("m"), .name = "m", .stage = "base", .params = 10};
  add_drawing(database, model, {.fd = 0.1, .dtype = "fp32"});
  add_distance(database, model, {.fd = 0.2, .dtype = "bf16"});
  for (const auto& row : rows_of(stages_report.tables(database, {})))
    CHECK(row["clip"].is_null() == (row["fd"] == 0.2));
  const auto rows = rows_of(table4_report.tables(database, {.network = "m"}));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["set"] != rows[1]["set"]);
  for (const auto& row : rows) CHECK(row["clip_emoji"].is_null() == (row["fd_emoji_clip"] == 0.2));
}

TEST_CASE("a model is asked for by its name, its folder or its hash", "[reports]") {
  Database database(":memory:");
  add_drawing(database, {.name = "out/train/small/model", .stage = "base"}, {});
  for (const std::string& asked :
       {std::string("small"), std::string("out/train/small"), sha256("out/train/small/model").substr(0, 8)})
    CHECK(rows_of(stages_report.tables(database, {.network = asked})).size() == 1);
  CHECK(rows_of(stages_report.tables(database, {.network = "large"})).empty());
}
