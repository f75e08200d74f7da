// The hash of a weight file is kept while the file is the same.
#include "pipeline/packed_files.h"

#include <filesystem>
#include <fstream>

#include "spec/describe.h"
#include "tests/catch.h"
#include "tests/scratch_folder.h"

using namespace mds;
using Catch::Contains;

namespace {

struct Workplace {
  ScratchFolder scratch;
  std::string file = scratch.path + "/unet.safetensors", told{};
  PackedFiles packed{
      .folder = scratch.path + "/packed", .least_bytes = 4, .tell = [this](const std::string& text) { told += text; }};

  explicit Workplace(const std::string& text = "first") { save_text(file, text); }
  std::string kept() const { return packed.name_for(file, "unet") + ".json"; }
};

}  // namespace

TEST_CASE("a kept hash is that of the file, however the file changes", "[pipeline]") {
  const Workplace place;
  CHECK(file_sha256(place.file, place.packed) == sha256("first"));
  CHECK(file_sha256(place.file, place.packed) == sha256("first"));
  SECTION("by a new file of the same size and time") {
    const auto time = std::filesystem::last_write_time(place.file);
    save_text(place.file, "other");
    std::filesystem::last_write_time(place.file, time);
    CHECK(file_sha256(place.file, place.packed) == sha256("other"));
  }
  SECTION("in its place") {
    std::ofstream(place.file) << "longer than it was";
    CHECK(file_sha256(place.file, place.packed) == sha256("longer than it was"));
  }
}

TEST_CASE("a kept hash is taken as it is while the file is the same", "[pipeline]") {
  const Workplace place;
  file_sha256(place.file, place.packed);
  Json kept = load_json(place.kept());
  kept["sha256"] = "its own";
  save_text(place.kept(), kept.dump());
  CHECK(file_sha256(place.file, place.packed) == "its own");
  save_text(place.kept(), "{\"file\": 3");
  CHECK(file_sha256(place.file, place.packed) == sha256("first"));
}

TEST_CASE("nothing is kept of small files, and a folder that cannot be written is told of", "[pipeline]") {
  Workplace place;
  place.packed.least_bytes = 6;
  CHECK(file_sha256(place.file, place.packed) == sha256("first"));
  CHECK(!std::filesystem::exists(place.packed.folder));
  CHECK(place.told.empty());
  place.packed = {.folder = place.file + "/packed", .tell = place.packed.tell};
  CHECK(file_sha256(place.file, place.packed) == sha256("first"));
  CHECK_THAT(place.told, Contains(place.packed.folder + ": cannot be made"));
}

TEST_CASE("names differ by folder, label and variant", "[pipeline]") {
  const PackedFiles packed{.folder = "kept"};
  CHECK_THAT(packed.name_for("a/unet.safetensors", "unet-bf16"), Catch::StartsWith("kept/unet-bf16-"));
  CHECK(packed.name_for("a/unet.safetensors", "unet") == packed.name_for("a/../a/unet.safetensors", "unet"));
  CHECK(packed.name_for("a/unet.safetensors", "unet") != packed.name_for("b/unet.safetensors", "unet"));
  CHECK(packed.name_for("a/unet.safetensors", "unet") != packed.name_for("a/unet.safetensors", "unet", "AVX2"));
}
