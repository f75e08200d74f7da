#include "app/size_options.h"

#include <filesystem>

#include "experiments/sized_network.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;

namespace {

std::string written(const std::string& file, const Json& json) {
  save_text(file, json.dump());
  return file;
}

}  // namespace

TEST_CASE("a network has a shipped name by its hash, not by its file's name", "[app]") {
  const Json shipped = load_json(shipped_file("configs/architectures/mobilediffusion.json"));
  Json changed = shipped;
  changed["time_width"] = 640;
  const std::string file = scratch("mobilediffusion-lite.json").string();
  CHECK(load_named(written(file, shipped), {}).name == "mobilediffusion");
  const NamedNetwork own = load_named(written(file, changed), {});
  CHECK(own.name == std::filesystem::path(file).stem().string() + "-" + hash_of(own.spec).substr(0, 8));
  CHECK(load_named(file, {256, 256}).name == own.name + "-256px");
  CHECK(load_named("mobilediffusion", {}).name == "mobilediffusion");
  CHECK(load_named("mobilediffusion", {512, 512}).name == "mobilediffusion");
  CHECK(load_named("mobilediffusion", {256, 256}).name == "mobilediffusion-256px");
  CHECK(load_named("mobilediffusion", {192, 256}).name == "mobilediffusion-256x192px");
  CHECK(shipped_hashes().at("mobilediffusion") == hash_of(load_network("mobilediffusion")));
  std::filesystem::remove(file);
}
