// Ways to fewer steps beside the network that was distilled.
#include "reports/distillation.h"
#include "reports/methods.h"
#include "tests/catch.h"
#include "tests/reports/drawn.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

const std::vector<double> spread{0.9, 0.95, 1, 1.05, 1.1};

// The run of a training: two checkpoints, at 100 images a second, then 200.
std::string add_run(Database& database, const std::string& name) {
  add_sweep(database, trainings, "{}");
  const ArchRow arch = network("toy", R"({"t":1})", {6'229'968, 1'000'000});
  add_arch(database, arch);
  const std::string protocol = add_protocol(database, Json{{"config", {{"name", name}}}}.dump());
  const int64_t run = ensure_run(database, {.sweep = trainings, .arch = arch.hash, .protocol = protocol});
  const Lease lease =
      take(database, run, {.owner = "test", .device = remember_device(database, {.model = "test cpu"})});
  for (const int64_t at : {10, 30}) {
    const auto add = [&](const std::string& metric, double value, int64_t n) {
      add_metric(database, lease, {.iteration = at, .images_seen = 8 * at, .name = metric, .value = value, .n = n});
    };
    add("loss", 1, at == 10 ? 10 : 20);
    add("images_per_s", at == 10 ? 100 : 200, at == 10 ? 9 : 19);
    add("peak_bytes", double(at) * 1e8, at);
  }
  finish(database, lease, RunState::done);
  return protocol.substr(0, 16);
}

// One-step students of the chain's 8 steps: two seeds of halving, one of scores.
void add_students(Database& database) {
  const auto add = [&](const std::string& name, const std::string& stage, const Json& config, uint64_t seed,
                       double fd) {
    ModelRow model{.name = "out/train/" + name + "/model", .stage = stage, .iterations = 1500, .params = 6229968};
    model.predecessor = sha256("out/train/md-8/model");
    const Drawn drawn{.steps = 1, .fd = fd, .spread = spread};
    model.hash = add_drawing(database, model, drawn);
    add_config(database, model.hash, config, seed, add_run(database, name));
    add_distance(database, model, {.steps = 1, .fd = 2 * fd, .spread = spread}, "fd_effnet");
    add_agreement(database, model, drawn, "binding_emoji");
  };
  const Json halving{{"kind", "distil"}, {"teacher", "out/train/md-8/model"}, {"guidance", {{"probability", 0}}}};
  add("halved-a", "distil", halving, 1, 0.020);
  add("halved-b", "distil", halving, 2, 0.024);
  add("dmd", "score_distil", {{"method", "dmd"}, {"guidance", 2}, {"gan", {{"weight", 0.001}}}}, 3, 0.0184);
}

}  // namespace

TEST_CASE("methods stand beside their teacher, with the spread over seeds or over captions, and with their cost",
          "[reports]") {
  Database database(":memory:");
  add_chain(database);
  add_distance(database, {.hash = sha256("out/train/md-base/model")}, {.guidance = 3, .fd = 0.04, .spread = spread},
               "fd_effnet");
  add_students(database);
  const auto tables = distillation_report.tables(database, {});
  REQUIRE(tables.size() == 2);
  const Json rows = rows_json(tables[0]);
  REQUIRE(rows.size() == 5);
  CHECK((rows[0]["method"] == "teacher" && rows[0]["steps"] == 50 && rows[0]["guidance"] == 3));
  CHECK((rows[0]["fd_emoji_clip_of_teacher"] == 1 && rows[0]["fd_emoji_clip_of_teacher_interval"].is_null()));
  const auto of = [&](const std::string& method, int64_t steps) {
    for (const auto& row : rows)
      if (row["method"] == method && row["steps"] == steps) return row;
    FAIL("no row of " + method);
    return Json();
  };
  CHECK(of("halving", 8)["seconds"].is_null());
  const Json halved = of("halving", 1);
  CHECK((halved["seeds"] == 2 && halved["models"] == "halved-a, halved-b"));
  CHECK(halved["fd_emoji_clip"].get<double>() == Approx(0.022));
  CHECK(halved["fd_emoji_clip_of_teacher"].get<double>() == Approx(1.375));
  // 12.706 is Student's quantile for two values, of which half the distance is the standard error.
  CHECK(halved["fd_emoji_clip_interval"] == "[-0.0034, 0.0474]");
  CHECK(halved["fd_effnet_of_teacher"].get<double>() == Approx(1.1));
  CHECK(halved["seconds"].get<double>() == Approx(10 * 8 / 100. + 20 * 8 / 200.));
  CHECK((halved["peak_bytes"] == 3e9 && halved["binding"].get<double>() == Approx(0.978)));

  const Json dmd = of("DMD2 + GAN", 1);
  CHECK((dmd["seeds"] == 1 && dmd["fd_emoji_clip_of_teacher_interval"] == "[115, 115]"));
  CHECK(dmd["chain_seconds"].is_null());  // the 8 steps' training has no run
  CHECK(of("UFOGen", 1)["fd_effnet"].is_null());

  for (const auto& row : rows_json(tables[1])) CHECK(row["literature"] == true);
  CHECK(rows_json(tables[1])[1]["method"] == "D2O-F");
  CHECK(to_text(tables, Format::table, {.width = 100}) == golden("distillation_of_a_chain.txt"));
}

TEST_CASE("seeds are those of one training all the way to the base", "[reports]") {
  Database database(":memory:");
  const auto add = [&](const std::string& name, const std::string& start, uint64_t seed, int64_t steps) {
    ModelRow model{.name = name, .stage = "distil", .predecessor = sha256(start)};
    add_config(database, add_drawing(database, model, {.steps = 1}),
               {{"start", start}, {"teacher", start}, {"steps", steps}}, seed);
    return ModelTrainings(database).without_seed(sha256(name));
  };
  const Json four_a = add("four-a", "base", 1, 4), four_b = add("four-b", "base", 2, 4);
  CHECK(four_a == four_b);
  CHECK(add("one-a", "four-a", 1, 1) == add("one-b", "four-b", 2, 1));
  CHECK(add("two-a", "base", 1, 2) != four_a);
  CHECK(ModelTrainings(database).without_seed(sha256("none")).is_null());
}

TEST_CASE("the cost of a chain is that of all its trainings since the base", "[reports]") {
  Database database(":memory:");
  const auto add = [&](const std::string& name, const std::string& start, const std::string& stage) {
    add_model(database, {.hash = sha256(name), .name = name, .stage = stage, .params = 1, .predecessor = start});
    add_config(database, sha256(name), {{"kind", stage}}, 0, add_run(database, name));
    return sha256(name);
  };
  const std::string one = add("one", add("eight", add("base", "", "base"), "distil"), "ufogen");
  const ModelTrainings trainings(database);
  CHECK(trainings.cost(one)->seconds == Approx(1.6));
  CHECK(trainings.cost_since_base(one)->seconds == Approx(3.2));
  CHECK_FALSE(trainings.cost(sha256("none")));
  CHECK_FALSE(trainings.cost_since_base(sha256("base")));
}

TEST_CASE("a method is named by its stage and by what not every training of it has", "[reports]") {
  const auto named = [](const std::string& kind, Json stage) {
    return method_name(kind, {{"stage", std::move(stage)}});
  };
  CHECK(named("distil", {{"kind", "distil"}, {"steps", 8}}) == "halving");
  CHECK(named("distil", {{"steps", 1}, {"teacher_steps", 8}, {"inputs", "trajectory"}}) == "8 steps in one");
  CHECK(named("ufogen", {{"delta", 250}, {"adversary", {{"lr", 1}, {"augment", Json::object()}}}}) ==
        "UFOGen + augment");
  CHECK(named("ufogen", {{"real", "teacher"}, {"captions", "a/b.txt"}}) == "UFOGen + captions + real teacher");
  CHECK(named("score_distil", {{"method", "sid"}, {"alpha", 1}}) == "SiD");
  CHECK(named("score_distil", {{"method", "dmd"}}) == "DMD2");
  CHECK(named("score_distil", {{"method", "dmd"}, {"gan", {{"weight", 1}, {"r1", Json::object()}}}}) ==
        "DMD2 + GAN + r1");
  CHECK(method_name("ufogen", nullptr) == "UFOGen");
  CHECK(method_name("other", {{"stage", 7}}) == "other");
}

TEST_CASE("without a base, or without fewer steps, there is nothing to compare", "[reports]") {
  Database database(":memory:");
  add_drawing(database, {.name = "one", .stage = "ufogen"}, {.steps = 1});
  CHECK(distillation_report.tables(database, {}).empty());
  add_drawing(database, {.name = "base", .stage = "base", .params = 20}, {});
  CHECK(distillation_report.tables(database, {}).empty());
  CHECK_THAT(notes_of(tables_of(distillation_report, database, {})), Contains("holds no scored pictures"));
}

TEST_CASE("a distance measured again to another reference takes nothing away", "[reports]") {
  Database database(":memory:");
  add_chain(database);
  add_students(database);
  const auto before = rows_of(distillation_report.tables(database, {}));
  add_distance(database, {.hash = sha256("out/train/md-base/model")}, {.guidance = 3, .fd = 0.5, .reference = "other"});
  CHECK(rows_of(distillation_report.tables(database, {})) == before);
}
