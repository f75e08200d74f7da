#include "experiments/data/encoding_folder.h"

#include <cstdio>
#include <filesystem>

#include "spec/new_file.h"
#include "trainer/run_identity.h"

namespace mds {
namespace {

namespace fs = std::filesystem;

constexpr const char* shard_ending = ".safetensors";

bool is_whole(const std::string& folder, const ShardEntry& entry) {
  std::error_code missing;
  return int64_t(fs::file_size(folder + "/" + entry.file, missing)) == entry.bytes && !missing;
}

}  // namespace

EncodingFolder::EncodingFolder(std::string folder, const EncodingPlan& plan) : folder_(std::move(folder)), plan_(plan) {
  make_folder(folder_);
  const std::string file = path("encoding.json"), own = to_json(plan).dump();
  if (!fs::exists(file)) save_text(file, to_json(plan).dump(1) + "\n");
  const std::string its = load_json(file).dump();
  if (const auto difference = identity_difference(its, own); !difference.empty())
    throw ConfigError(folder_ + ": holds shards of another encoding: " + difference + "; give another `out`");
  remove_unfinished(folder_);
  if (complete()) reopen();
}

std::string EncodingFolder::name(int64_t shard) const {
  char text[32];
  std::snprintf(text, sizeof text, "shard-%05lld", static_cast<long long>(shard));
  return text;
}

bool EncodingFolder::complete() const { return fs::exists(index_file(folder_)); }

// Where a shard of a complete folder is missing, the others get their records back and latents.json is removed.
void EncodingFolder::reopen() const {
  const LatentIndex index = load_index(folder_);
  if (std::ranges::all_of(index.shards, [&](const ShardEntry& entry) { return is_whole(folder_, entry); })) return;
  for (const auto& entry : index.shards) {
    const std::string record = entry.file.substr(0, entry.file.size() - std::string(shard_ending).size()) + ".json";
    if (is_whole(folder_, entry)) save_text(path(record), to_json(ShardRecord{.shard = entry}).dump());
  }
  fs::remove(index_file(folder_));
}

bool EncodingFolder::has(int64_t shard) const {
  const std::string record = path(name(shard) + ".json");
  if (!fs::exists(record)) return false;
  const auto entry = load_described<ShardRecord>(record).shard;
  return !entry || is_whole(folder_, *entry);
}

// The process that completes the folder removes the records after it has written latents.json, so whoever misses a
// record looks for that file next.
std::unique_ptr<FileClaim> EncodingFolder::claim(int64_t shard) const {
  if (has(shard)) return nullptr;
  auto claim = FileClaim::try_to_take(path(name(shard) + ".lock"));
  return claim && !has(shard) && !complete() ? std::move(claim) : nullptr;
}

void EncodingFolder::keep(int64_t shard, const LatentSet& set, int64_t skipped) const {
  const ShardRecord record{.shard = write_shard(folder_, name(shard) + shard_ending, set), .skipped = skipped};
  save_text(path(name(shard) + ".json"), to_json(record).dump());
}

void EncodingFolder::keep_empty(int64_t shard, int64_t skipped) const {
  save_text(path(name(shard) + ".json"), to_json(ShardRecord{.shard = {}, .skipped = skipped}).dump());
}

int64_t EncodingFolder::finish(int64_t shards) const {
  LatentIndex index{.shape = plan_.shape,
                    .scale = plan_.scale,
                    .encoders = plan_.encoders,
                    .license = plan_.license,
                    .shuffle = {},
                    .shards = {}};
  int64_t missing = 0, skipped = 0;
  for (int64_t shard = 0; shard < shards; ++shard) {
    if (!has(shard)) {
      ++missing;
      continue;
    }
    const auto record = load_described<ShardRecord>(path(name(shard) + ".json"));
    if (record.shard) index.shards.push_back(*record.shard);
    skipped += record.skipped;
  }
  if (complete()) return 0;
  if (missing > 0) return missing;
  if (index.shards.empty())
    throw FileError(folder_ + ": none of the " + std::to_string(skipped) + " samples can be used; nothing is encoded");
  save_index(folder_, index);
  for (int64_t shard = 0; shard < shards; ++shard)
    for (const char* ending : {".json", ".lock"})
      fs::remove(path(name(shard) + ending));  // a killed process's lock too
  return 0;
}

}  // namespace mds
