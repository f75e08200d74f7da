#include "search/named_network.h"

#include <filesystem>

#include "networks/network_file.h"
#include "search/winner.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using namespace mds;
using Catch::Contains;

namespace {

UNetSpec narrowed_md(int64_t width) {
  UNetSpec spec = load_unet("mobilediffusion");
  spec.levels[2].width = width;
  return spec;
}

// Two sweeps whose candidates have the same name but are different networks.
struct NamesStore {
  test::ScratchFolder folder;
  std::string file = folder.file("r.db");
  Database database{file};

  NamesStore() {
    add("one", "wide", narrowed_md(960), 30);
    add("one", "narrow", narrowed_md(640), 20);
    add("two", "wide", narrowed_md(896), 10);
  }

  std::string add_arch(const std::string& name, const UNetSpec& spec) {
    const std::string hash = hash_of(NetworkSpec(spec));
    mds::add_arch(database,
                  {.hash = hash, .name = name, .spec_json = canonical_json(spec), .convention = "c", .input = "i"});
    return hash;
  }
  void add(const std::string& sweep, const std::string& name, const UNetSpec& spec, double fd) {
    UNetSpec proxy = spec;
    proxy.size = 16;
    const std::string full = add_arch(name, spec), small = add_arch(name + "-1/8", proxy);
    add_sweep(database, sweep, R"({"policy": {"rule": "none"}})");
    const int64_t run = ensure_run(
        database, {.sweep = sweep, .arch = small, .protocol = add_protocol(database, "{}"), .proxy_of = full});
    const Lease lease = take(database, run, {.owner = "test"});
    add_metric(database, lease,
               {.iteration = 60, .name = "fd_emoji_clip", .value = fd, .n = 64, .low = fd - 1, .high = fd + 1});
    finish(database, lease, RunState::done);
  }
  NamedNetwork find(const std::string& name) const { return find_network(name, file); }
  int64_t width(const std::string& name) const { return std::get<UNetSpec>(find(name).spec).levels[2].width; }
};

}  // namespace

TEST_CASE("a stored network is found by name, by hash and by the first digits of its hash", "[search]") {
  const NamesStore names;
  const std::string hash = hash_of(NetworkSpec(narrowed_md(640)));
  CHECK(names.width("narrow") == 640);
  CHECK(names.width(hash) == 640);
  CHECK(names.width(hash.substr(0, 6)) == 640);
  CHECK(names.find("narrow").sweep == "one");
  CHECK(names.find(hash.substr(0, 8)).name == "narrow");
  CHECK(std::get<UNetSpec>(names.find("narrow-1/8").spec).size == 16);
}

TEST_CASE("winner@SWEEP is the network that the rule names, and NAME@SWEEP tells equal names apart", "[search]") {
  const NamesStore names;
  CHECK(names.width("winner@one") == 640);
  CHECK(names.width("winner@two") == 896);
  CHECK(names.width("wide@one") == 960);
  CHECK(names.width("wide@two") == 896);
  CHECK(names.find("wide@two").name == "wide");
  CHECK(names.find("wide@two").sweep == "two");
}

TEST_CASE("a name that may mean several networks lists them", "[search]") {
  const NamesStore names;
  CHECK_THROWS_WITH(names.find("wide"), Contains("\"wide\" may mean wide@one (") && Contains("wide@two ("));
}

TEST_CASE("an unknown name lists the nearest few and what a name may be", "[search]") {
  const NamesStore names;
  CHECK_THROWS_AS(names.find("narow"), RequestError);
  CHECK_THROWS_WITH(names.find("narow"), Contains("no network \"narow\"") && Contains("nearest: narrow,") &&
                                             Contains("winner@SWEEP") && !Contains("inception"));
  CHECK_THROWS_WITH(names.find("winner@on"), Contains("no sweep \"on\"") && Contains("nearest: one, two"));
  CHECK_THROWS_WITH(names.find("narrow@two"), Contains("no network \"narrow\" in the sweep two"));
  CHECK_THROWS_WITH(names.find("abc"), Contains("no network \"abc\""));
  CHECK_THROWS_WITH(find_network("mobilediffusoin", names.folder.file("none.db")),
                    Contains("nearest: mobilediffusion") && Contains("there is no database"));
  CHECK_THROWS_WITH(find_network("winner@one", names.folder.file("none.db")),
                    Contains("no sweep \"one\": there is no database"));
}

TEST_CASE("a sweep without a scored candidate has no winner, and says why", "[search]") {
  NamesStore names;
  add_sweep(names.database, "empty", "{}");
  CHECK_THROWS_WITH(names.find("winner@empty"), Contains("the sweep empty has no winner"));
}

TEST_CASE("a shipped network needs no database, by name or by hash", "[search]") {
  const std::string hash = hash_of(load_network("mobilediffusion"));
  CHECK(find_network("mobilediffusion", "none.db").name == "mobilediffusion");
  CHECK(find_network(hash.substr(0, 8), "none.db").name == "mobilediffusion");
  CHECK(is_stored_name(hash));
  CHECK(!is_stored_name("mobilediffusion"));
  CHECK(!is_stored_name("mine.json"));
}

TEST_CASE("the text of spec_text is loaded as the same network, from its file or its folder", "[search]") {
  const NamesStore names;
  const NetworkSpec spec = names.find("winner@one").spec;
  const std::string folder = names.folder.file("s/best");
  std::filesystem::create_directories(folder);
  save_text(folder + "/spec.json", spec_text(spec));
  for (const std::string& name : {folder, folder + "/", folder + "/spec.json"}) {
    const NamedNetwork found = names.find(name);
    CHECK(hash_of(found.spec) == hash_of(spec));
    CHECK(found.name == "s-" + hash_of(spec).substr(0, 8));
  }
}

TEST_CASE("a model folder is its UNet, or the part that is named", "[search]") {
  const test::ScratchFolder folder;
  const UNetSpec unet = narrowed_md(640);
  const DecoderSpec decoder{.size = 16, .widths = {8, 8}, .groups = 1};
  Json card{{"provenance", Json::object()}, {"unet", to_json(unet)}, {"vae_decoder", to_json(NetworkSpec(decoder))}};
  save_text(folder.file("model.json"), card.dump());
  const std::string at = folder.path.string();
  CHECK(hash_of(load_network(at)) == hash_of(NetworkSpec(unet)));
  CHECK(hash_of(load_network(folder.file("model.json"))) == hash_of(NetworkSpec(unet)));
  CHECK(hash_of(load_network(at + "/vae_decoder")) == hash_of(NetworkSpec(decoder)));
  CHECK_THROWS_WITH(load_network(at + "/text_encoder"), Contains("holds no text_encoder; it holds unet, vae_decoder"));
  card.erase("unet");
  save_text(folder.file("model.json"), card.dump());
  CHECK(hash_of(load_network(at)) == hash_of(NetworkSpec(decoder)));
}
