#include "networks/found_file.h"

#include <filesystem>

#include "networks/network_spec.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;

TEST_CASE("a path of a configuration is looked for beside it, then in the working folder, then in what ships",
          "[networks]") {
  const std::filesystem::path folder = scratch("found");
  std::filesystem::create_directories(folder / "spaces");
  save_text(folder / "spaces/mine.json", "{}");
  const std::string config = folder / "sweep.json";
  CHECK(found_file("spaces/mine.json", config) == folder / "spaces/mine.json");
  CHECK(found_file((folder / "spaces/mine.json").string()) == folder / "spaces/mine.json");
  CHECK(std::filesystem::exists(found_file("configs/spaces/mobilediffusion.json", config)));
  CHECK(found_file("spaces/missing.json", config) == "spaces/missing.json");

  const Json found = with_found_files({{"name", "spaces"},
                                       {"space", "spaces/mine.json"},
                                       {"evaluation", {{"weights", {"lpips-vgg=spaces/mine.json"}}}}},
                                      config);
  CHECK(found["name"] == "spaces");
  CHECK(found["space"] == (folder / "spaces/mine.json").string());
  CHECK(found["evaluation"]["weights"][0] == "lpips-vgg=" + (folder / "spaces/mine.json").string());
  std::filesystem::remove_all(folder);
}
