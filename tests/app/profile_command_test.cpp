#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;

namespace {

std::string profile_of_tiny(const std::string& database, const std::string& more = "") {
  return "profile " + tiny_unet + " --mode quick --threads 1 --format json --db " + database + " " + more;
}

Json latency_rows(const std::string& database) {
  return mdsearch("report table6 --format json --db " + database).json()["rows"];
}

}  // namespace

TEST_CASE("a profile's blocks and residual add up to the whole, and every plan step has its row", "[app]") {
  const ScratchFolder folder;
  const Outcome outcome = mdsearch(profile_of_tiny(folder.path + "/deep/results.db", "--blocks"));
  REQUIRE(outcome.code == 0);
  const Json json = outcome.json();
  CHECK(json["latency_ms"]["n"] == 9);
  CHECK(json["latency_ms"]["low"] <= json["latency_ms"]["median"]);
  CHECK(json["latency_ms"]["p90"].is_null());  // 9 samples are too few for it
  CHECK(json["threads"] == 1);
  CHECK((json["peak_bytes"].is_null() ||
         json["peak_bytes"].get<int64_t>() > 1 << 20));  // null: the kernel does not reset peaks

  const double whole = json["latency_ms"]["median"].get<double>();
  double sum = json["residual_ms"].get<double>();
  std::vector<std::string> paths;
  for (const auto& block : json["blocks"]) {
    sum += block["median_ms"].get<double>();
    paths.push_back(block["path"]);
    CHECK(block["share"].get<double>() * whole == Approx(block["median_ms"].get<double>()));
  }
  CHECK(sum == Approx(whole).epsilon(1e-12));
  std::vector<std::string> steps;
  const Json spec = mdsearch("spec " + tiny_unet + " --format json").json();
  for (const auto& block : spec["blocks"]) steps.push_back(block["path"]);
  CHECK(paths == steps);
}

TEST_CASE("the store holds a profile's samples, and its report shows the same medians", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  const Json json = mdsearch(profile_of_tiny(database, "--blocks --batch 2")).json();
  CHECK(mdsearch("db check --db " + database).code == 0);
  const Json rows = latency_rows(database);
  for (size_t i = 0; i < json["blocks"].size(); ++i) {
    CHECK(rows[i]["path"] == json["blocks"][i]["path"]);
    CHECK(rows[i]["median_ms"] == json["blocks"][i]["median_ms"]);
    CHECK(rows[i]["gflops"] == json["blocks"][i]["gflops"]);
    CHECK(rows[i]["mark"] == "quick");
  }
}

TEST_CASE("a profile repeated by one build adds its samples to the first one's", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  for (int i = 0; i < 2; ++i) REQUIRE(mdsearch(profile_of_tiny(database, "--blocks")).code == 0);
  for (const auto& row : latency_rows(database))
    if (row["kind"] != "sum" && row["kind"] != "residual") CHECK(row["n"] == 18);
  const Json info = mdsearch("db info --format json --db " + database).json();
  for (const auto& count : info["rows"])
    if (count["table"] == "env") CHECK(count["rows"] == 1);
}

TEST_CASE("several processes pool their samples", "[app]") {
  const ScratchFolder folder;
  const Json json = mdsearch(profile_of_tiny(folder.path + "/results.db", "--processes 2")).json();
  CHECK(json["latency_ms"]["n"] == 18);
  CHECK(json["blocks"].empty());
  CHECK(json["residual_ms"].is_null());
}

TEST_CASE("bf16, larger batches and other kinds of network are profiled as well", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  const Outcome half = mdsearch(profile_of_tiny(database, "--blocks --dtype bf16 --batch 2"));
  REQUIRE(half.code == 0);
  CHECK(half.json()["dtype"] == "bf16");
  CHECK(half.json()["batch"] == 2);
  const auto [name, text] = GENERATE(table<std::string, std::string>({
      {"text", R"({"kind": "text_tower", "tokens": 6, "width": 16, "layers": 1, "heads": 2, "projection": 8})"},
      {"image", R"({"kind": "image_tower", "size": 32, "patch": 8, "width": 16, "layers": 1, "heads": 2})"},
      {"decoder", R"({"kind": "vae_decoder", "size": 32, "latent_channels": 4, "widths": [8, 8, 8, 8], "blocks": 1})"},
  }));
  const std::string file = folder.path + "/" + name + ".json";
  std::ofstream(file) << text;
  const Outcome outcome = mdsearch("profile " + file + " --blocks --mode quick --format json --db " + database);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.json()["name"].get<std::string>().starts_with(name + "-"));
}

TEST_CASE("a database that cannot be written stops a profile before it starts", "[app]") {
  const Outcome outcome = mdsearch(profile_of_tiny("/proc/results.db"));
  CHECK(outcome.code == 1);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::Contains("/proc/results.db: cannot be"));
}

TEST_CASE("a device that is not there is wrong use, before anything is written", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  for (const std::string command : {profile_of_tiny(database), "bench paper --db " + database}) {
    const Outcome outcome = mdsearch(command + " --device cuda:99");
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Catch::Contains("--device is \"cuda:99\"; allowed: cpu"));
  }
  CHECK(!std::filesystem::exists(database));
}

TEST_CASE("raw samples go to stdout and nowhere else", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  const Json json = mdsearch(profile_of_tiny(database, "--blocks --raw")).json();
  CHECK(json["steps"][0]["path"] == "(whole)");
  for (const auto& step : json["steps"]) CHECK(step["samples_ns"].size() == 9);
  CHECK(!std::filesystem::exists(database));
}

TEST_CASE("a program that is given too little memory says so and exits 1", "[app]") {
  const ScratchFolder folder;
  const Outcome outcome =
      run_shell(mdsearch_in(folder.path, "profile mobilediffusion --batch 4096 --threads 1", "ulimit -v 3000000 &&"),
                folder.path);
  INFO(outcome.err);
  CHECK(outcome.code > 0);
  for (const char* text : {"bad_alloc", "enforce fail", "alloc_cpu", "terminate called"})
    CHECK(outcome.err.find(text) == std::string::npos);
}

TEST_CASE("blocks alone are timed, stored and reported, and a sweep's are not timed twice", "[app]") {
  const ScratchFolder folder;
  const std::string stored = " --mode quick --threads 1 --db " + folder.path + "/b.db";
  const Outcome lone =
      mdsearch(R"(profile --block '{"kind": "separable"}' --site 16x4x4 --site 16x1x1 --format json)" + stored);
  INFO(lone.err);
  REQUIRE(lone.code == 0);
  CHECK(lone.json()["rows"].size() == 2);
  const std::string file = folder.path + "/sweep.json";
  std::ofstream(file) << R"({"studies": [{"block": {"kind": "separable"}, "sites": ["16x4x4"],
                                          "vary": [{"field": "kernel", "values": [3, 9]}]}]})";
  const std::string sweep = "profile --sweep " + file + " --format json --processes 2" + stored;
  const Outcome first = mdsearch(sweep), second = mdsearch(sweep);
  INFO(first.err);
  REQUIRE((first.code == 0 && second.code == 0));
  CHECK(first.json()["rows"][0]["n"] == 27);  // one process before, and two
  CHECK(first.json()["rows"][1]["block"] == "kernel 9");
  CHECK_THAT(second.err, Catch::Contains("2 of 2 blocks are in"));
  CHECK(second.out == first.out);
  const Json rows = mdsearch("report blocks --format json --db " + folder.path + "/b.db").json()["rows"];
  CHECK(rows.size() == 3);
  CHECK(mdsearch("db check --db " + folder.path + "/b.db").code == 0);
}

TEST_CASE("blocks alone are refused where flags contradict each other or a block cannot stand", "[app]") {
  const std::string block = R"(--block '{"kind": "resnet"}' )";
  const auto [flags, message] = GENERATE_COPY(table<std::string, std::string>({
      {block + "--site 8x4", "is of kind resnet, which cannot stand at 8x4"},
      {block + "--site 8x4x4 mobilediffusion", "needs either NAME or --model DIR, or for blocks alone --block JSON"},
      {block + "--site 8x4x4 --blocks", "a block's map is in its --site"},
      {block + "--site 8x4x4 --width 64", "a block's map is in its --site"},
      {block, "has no site; give --site"},
      {"--sweep /none/blocks.json", "/none/blocks.json"},
      {"--sweep configs/profile/blocks.json --site 8x4x4", "leave it out with --block and --site"},
      {R"(--block '{"kind": "resnett"}' --site 8x4x4)", "kind is \"resnett\"; valid: time, convolution"},
  }));
  const Outcome outcome = mdsearch("profile " + flags + " --db /none/b.db");
  CHECK(outcome.code == (flags.starts_with("--sweep /") ? 1 : 2));
  CHECK_THAT(outcome.err, Catch::Contains(message));
}

TEST_CASE("a profile writes a trace on demand, and never over what it reads", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/b.db", trace = folder.path + "/trace.json";
  const Outcome outcome = mdsearch(profile_of_tiny(database, "--trace " + trace));
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.json()["memory"].back()["phase"] == "pass");
  const Json events = Json::parse(text_of_file(trace))["traceEvents"];
  CHECK(events.size() == mdsearch("spec " + tiny_unet + " --format json").json()["blocks"].size());
  CHECK_THAT(mdsearch(profile_of_tiny(database, "--trace " + tiny_unet)).err, Catch::Contains("--trace"));
  CHECK(Json::parse(text_of_file(tiny_unet))["kind"] == "unet");
  CHECK(mdsearch("profile --trace t.json --model DIR").code == 2);
}
