#include "trainer/latent_index.h"

#include <filesystem>

#include "pipeline/mapped_file.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr const char* shard_advice =
    "; remove it, then copy it again or make it again with the same `mdsearch data encode`";

std::string shard_path(const std::string& folder, const ShardEntry& entry) { return folder + "/" + entry.file; }

// Bounds what is allocated for pairs by what the files hold.
void check_entry(const ShardEntry& entry, const LatentShape& shape, const Place& place) {
  if (!entry.file.ends_with(".safetensors") || entry.file.find_first_of("/\\") != std::string::npos)
    place.child("file").fail("is " + shown(entry.file) + "; expected a .safetensors file beside the index");
  if (entry.held_out > entry.pairs)
    place.child("held_out")
        .fail("is " + std::to_string(entry.held_out) + "; allowed: at most `pairs`, " + std::to_string(entry.pairs));
  const int64_t numbers = 2 * shape.channels * shape.size * shape.size + shape.tokens * shape.width;
  if (entry.pairs > entry.bytes / (int64_t(sizeof(at::Half)) * numbers))
    place.child("pairs").fail("is " + std::to_string(entry.pairs) + ", which a file of " + std::to_string(entry.bytes) +
                              " bytes cannot hold in this shape");
}

}  // namespace

std::string index_file(const std::string& folder) { return folder + "/latents.json"; }

LatentIndex load_index(const std::string& folder) {
  const std::string file = index_file(folder);
  auto index = load_described<LatentIndex>(file);
  for (size_t i = 0; i < index.shards.size(); ++i)
    check_entry(index.shards[i], index.shape, Place{file, "shards"}.child(i));
  const auto channels = size_t(index.shape.channels);
  if (index.scale.mean.size() != channels || index.scale.std.size() != channels)
    Place{file, "scale"}.fail("has " + std::to_string(index.scale.mean.size()) + " means and " +
                              std::to_string(index.scale.std.size()) + " deviations; expected " +
                              std::to_string(channels));
  if (index.shards.empty()) Place{file, "shards"}.fail("is empty; expected at least one shard");
  return index;
}

void save_index(const std::string& folder, const LatentIndex& index) {
  save_text(index_file(folder), to_json(index).dump(1) + "\n");
}

ShardEntry write_shard(const std::string& folder, const std::string& file, const LatentSet& set) {
  ShardEntry entry{
      .file = file, .pairs = set.count(), .held_out = set.rows(/*of_held_out=*/true).numel(), .sha256 = {}};
  const std::string path = shard_path(folder, entry);
  save_latents(path, set);
  entry.bytes = int64_t(fs::file_size(path));
  entry.sha256 = file_sha256(path);
  return entry;
}

void check_shard_size(const std::string& folder, const ShardEntry& entry) {
  const std::string path = shard_path(folder, entry);
  if (!fs::is_regular_file(path))
    throw FileError(path +
                    ": is missing, and latents.json lists it; copy it again, or make it again with the same "
                    "`mdsearch data encode`");
  if (const auto bytes = int64_t(fs::file_size(path)); bytes != entry.bytes)
    throw FileError(path + ": is " + std::to_string(bytes) + " bytes, and latents.json says " +
                    std::to_string(entry.bytes) + ": it is truncated or changed" + shard_advice);
}

void check_shard_content(const std::string& folder, const ShardEntry& entry) {
  check_shard_size(folder, entry);
  const std::string path = shard_path(folder, entry), found = file_sha256(path);
  if (found != entry.sha256)
    throw FileError(path + ": its SHA-256 is " + found + ", and latents.json says " + entry.sha256 +
                    ": it was changed" + shard_advice);
}

}  // namespace mds
