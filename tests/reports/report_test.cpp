#include <map>

#include "reports/ladder.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/reports/rows_of.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

TEST_CASE("every report prints its golden text", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  for (const auto& report : all_reports()) {
    INFO(report.name);
    CHECK(to_text(report.tables(database, with_shipped), Format::table) == golden(std::string(report.name) + ".txt"));
  }
}

TEST_CASE("rows of the sweep report name the full-scale network, its counts and the scores of its proxy", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  const Json rows = rows_of(sweep_report.tables(database, {}));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["hash"] == sha256(R"({"name":"md"})"));
  CHECK(rows[0]["params"] == 386'687'048);
  CHECK(rows[0]["macs_valid"] == 182'611'423'232);
  CHECK(rows[0]["state"] == "done");
  CHECK(rows[0]["iterations"] == 180);
  CHECK(rows[0]["latency_ms"] == Approx(21));  // of its blocks, though the whole was timed too
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
  Database database(":memory:");
  fill_sample(database);
  const Json rows = rows_of(sweep_report.tables(database, {.score = "clip_emoji"}));
  const auto cosine = [&](size_t i) { return rows[i]["scores"]["clip_emoji"]["value"].get<double>(); };
  CHECK(cosine(0) >= cosine(1));
  CHECK_THROWS_WITH(sweep_report.tables(database, {.score = "kid"}),
                    Contains("`score` kid: no sweep has it; known: clip_emoji"));
}

TEST_CASE("candidates under differing protocols stand in tables of their own", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  const std::string other = add_protocol(database, R"({"lr": 0.5})");
  add_training(database, {.full = network("z", R"({"name":"z"})", {1000, 1000}), .proxy_spec = "{\"p\":4}"}, other);
  CHECK(sweep_report.tables(database, {}).size() == 2);
  for (const auto& group : cost_groups(candidates(database, "quick")))
    for (const auto& point : group.points) CHECK(point.candidate.protocol == group.protocol);
}

TEST_CASE("candidates are sorted by where they were scored, not by where their last loss was", "[reports]") {
  Database database(":memory:");
  add_sweep(database, "quick", "{}");
  const std::string protocol = add_protocol(database, "{}");
  const auto add = [&](const std::string& name, int64_t scored_at, int64_t loss_at) {
    const ArchRow arch = network(name, "{\"n\":\"" + name + "\"}", {1000, 1000});
    add_arch(database, arch);
    const int64_t run = ensure_run(database, {.sweep = "quick", .arch = arch.hash, .protocol = protocol});
    add_metric(database, run, {.iteration = scored_at, .images_seen = scored_at, .name = "fd_x", .value = 1});
    add_metric(database, run, {.iteration = loss_at, .images_seen = loss_at, .name = "loss", .value = 1});
  };
  add("interrupted", 60, 170);
  add("promoted", 120, 120);
  const Json rows = rows_of(sweep_report.tables(database, {}));
  CHECK(rows[0]["name"] == "promoted");
  CHECK(rows[0]["scored_at"] == 120);
  CHECK(rows[1]["iterations"] == 170);
  CHECK(rows[1]["scored_at"] == 60);
  CHECK(rows[1]["scores"]["fd_x"]["iteration"] == 60);
}

TEST_CASE("a front is over all that were scored at a rung, those trained on since among them", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  const Json rows = rows_of(pareto_report.tables(database, {}));
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
  CHECK(front["fd_emoji_clip@60"] == Names{y, x, md});  // each is more expensive and better
  CHECK(front["clip_emoji@60"] == Names{y});            // cheapest and best
  CHECK(front["clip_emoji@180"] == Names{x});
}

TEST_CASE("scores of differing evaluation seeds do not share a front", "[reports]") {
  Database database(":memory:");
  add_sweep(database, "quick", "{}");
  add_arch(database, mobilediffusion());
  const int64_t run = ensure_run(
      database, {.sweep = "quick", .arch = mobilediffusion().hash, .protocol = add_protocol(database, "{}")});
  for (const int64_t seed : {1, 2})
    add_metric(database, run, {.iteration = 60, .images_seen = 960, .name = "fd_x", .value = 5, .eval_seed = seed});
  const auto groups = cost_groups(candidates(database, "quick"));
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].eval_seed != groups[1].eval_seed);
}

TEST_CASE("a figure from the literature is marked and stands beside ours", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  const Json ours = counted_in_table1(database);
  REQUIRE(ours.size() == 1);
  CHECK(ours[0]["network"] == "mobilediffusion");
  CHECK(ours[0]["params"] == 386'687'048);
  CHECK(ours[0]["latency_mark"] == "final");
  for (const auto& row : rows_of(table1_report.tables(database, with_shipped)))
    if (row["literature"] == true) CHECK_THAT(row["source"].get<std::string>(), Contains("arXiv"));
}

TEST_CASE("a rung's change is counted against the rung before it and stands beside the printed one", "[reports]") {
  Database database(":memory:");
  ReportOptions options;
  const auto add = [&](const char* name, int64_t params) {
    const ArchRow row = network(name, std::string("{\"name\":\"") + name + "\"}", {params, 10 * params});
    add_arch(database, row);
    options.shipped[name] = row.hash;
  };
  add("ladder-2", 1000);
  add("ladder-3", 950);
  const auto tables = ladder_report.tables(database, options);
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

TEST_CASE("a step of the ladder agrees with the paper by the distances of networks that were trained alike",
          "[reports]") {
  Database database(":memory:");
  ReportOptions options;
  const std::string protocol = add_protocol(database, R"({"lr": 0.001})");
  add_sweep(database, "quick", "{}");
  const auto train = [&](const char* name, double fd) {
    const ArchRow full = network(name, std::string("{\"name\":\"") + name + "\"}", {1000, 1000});
    options.shipped[name] = full.hash;
    add_training(database, {.full = full, .proxy_spec = std::string("proxy of ") + name, .fd = fd}, protocol);
  };
  CHECK(ladder_score_tables(database, options).empty());
  for (const auto& [name, fd] : std::vector<std::pair<const char*, double>>{
           {"ladder-1", 40}, {"ladder-2", 40.4}, {"ladder-2-uvit", 50}, {"ladder-3", 44}, {"ladder-4", 30}})
    train(name, fd);
  std::map<std::string, Json> rows;
  for (const auto& row : rows_of(ladder_score_tables(database, options))) rows[row["network"]] = row;
  CHECK(rows["ladder-1"]["verdict"].is_null());
  CHECK(rows["ladder-2"]["fd_change"].get<double>() == Approx(0.01));
  CHECK(rows["ladder-2"]["verdict"] == "agrees, within intervals");
  CHECK(rows["ladder-2-uvit"]["verdict"] == "agrees");
  CHECK(rows["ladder-3"]["verdict"] == "differs, within intervals");
  CHECK(rows["ladder-4"]["verdict"] == "agrees");
  CHECK(rows["ladder-5"]["fd_emoji_clip"].is_null());
}

TEST_CASE("the report of decoders joins counts, scores of narrow ones, latencies and what is printed", "[reports]") {
  Database database(":memory:");
  ReportOptions options;
  const auto add = [&](const std::string& name, int64_t params) {
    const ArchRow full = network(name, "{\"name\":\"" + name + "\"}", {params, 10 * params});
    ArchRow narrow = network(name + "-1/4", "{\"narrow\":\"" + name + "\"}", {params / 16, params});
    narrow.parent = full.hash;
    add_arch(database, full);
    add_arch(database, narrow);
    options.shipped[name] = full.hash;
    return full;
  };
  const auto score = [&](const std::string& model, int64_t params, const std::string& of, double value,
                         const std::string& data, int64_t at) {
    add_model(database,
              {.hash = sha256(model), .name = model, .stage = "autoencoder", .iterations = at, .params = params});
    add_score(database, {.subject = sha256(model),
                         .subject_name = model,
                         .name = of,
                         .protocol = add_protocol(database, Json{{"data_hash", data}, {"n", 5}, {"of", of}}.dump()),
                         .value = value,
                         .low = value - 1,
                         .high = value + 1,
                         .n = 5,
                         .measured_unix_s = at});
  };
  const ArchRow sd = add("sd-vae-decoder", 16000), light = add("md-vae-decoder-light", 1600);
  add_latencies(database, sd, {.blocks = false});
  add_latencies(database, light, {.blocks = false});
  score("old", 1000, "psnr", 20, "pictures", 1);
  score("new", 1000, "psnr", 25, "pictures", 2);
  score("new", 1000, "perceptual_effnet", 0.5, "pictures", 2);
  score("slim", 100, "psnr", 24, "pictures", 1);
  score("slim", 100, "psnr", 44, "other pictures", 1);
  score("stranger", 999, "psnr", 99, "pictures", 1);
  const auto tables = table2_report.tables(database, options);
  REQUIRE(tables.size() == 2);  // one per set of pictures
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
  Database database(":memory:");
  add_arch(database, network("mobilediffusion", R"({"name":"another"})", {1000, 1000}));
  add_arch(database, network("sd15", R"({"name":"mine"})", {1000, 1000}));
  CHECK(counted_in_table1(database).empty());
  ArchRow renamed = mobilediffusion();
  renamed.name = "recorded under another name";
  add_arch(database, renamed);
  CHECK(counted_in_table1(database)[0]["network"] == "mobilediffusion");
}

TEST_CASE("an empty database gives empty reports", "[reports]") {
  Database database(":memory:");
  for (const auto& report : all_reports()) CHECK_NOTHROW(to_text(report.tables(database, {}), Format::md));
  CHECK(rows_of(sweep_report.tables(database, {})).empty());
}

TEST_CASE("scores of differing names or protocols stand in tables of their own", "[reports]") {
  Database database(":memory:");
  const std::string one = add_protocol(database, R"({"n": 3})"), two = add_protocol(database, R"({"n": 4})");
  const auto add = [&](const std::string& subject, const std::string& name, const std::string& protocol) {
    add_score(database, {.subject = sha256(subject), .subject_name = subject, .name = name, .protocol = protocol});
  };
  add("a", "fid", one);
  add("b", "fid", one);
  add("b", "fid", two);
  add("b", "kid", two);
  add("b", "kid", two);  // kept once
  const auto tables = scores_report.tables(database, {});
  REQUIRE(tables.size() == 3);
  CHECK(rows_of(tables).size() == 4);
  for (const auto& table : tables)
    for (const auto& row : rows_json(table))
      CHECK((row["protocol"] == rows_json(table)[0]["protocol"] && row["name"] == rows_json(table)[0]["name"]));
  CHECK_THROWS(add_score(database, {.subject = "short", .subject_name = "", .name = "fid", .protocol = one}));
}

TEST_CASE("an unknown report, sweep or network is an error that says what there is", "[reports]") {
  Database database(":memory:");
  fill_sample(database);
  CHECK_THROWS_WITH(find_report("tabel1"),
                    "report tabel1: valid: sweep, curves, pareto, policies, table1, table2, table4, ladder, training, "
                    "parity, scores, "
                    "stages, guidance, distillation, table5, table6, blocks, prediction, tables, strategies, rank");
  CHECK_THROWS_WITH(sweep_report.tables(database, {.sweep = "none"}), Contains("holds no sweep \"none\""));
  CHECK_THROWS_WITH(table6_report.tables(database, {.network = "none"}),
                    Contains("holds no latency of a network \"none\""));
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
