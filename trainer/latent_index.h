// latents.json of a folder of sharded latents: what its shards hold and how epochs go through them. A shard is a file
// of cached latents (latents.h) with the next pairs of the data set, held-out ones among them.
#pragma once

#include "trainer/block_shuffle.h"
#include "trainer/latents.h"

namespace mds {

struct ShardEntry {
  std::string file;
  int64_t pairs = 0, held_out = 0, bytes = 0;
  std::string sha256;
  bool operator==(const ShardEntry&) const = default;
  static void describe(auto& self, auto&& field) {
    constexpr double most = 1e12;  // so that no sum overflows
    field("file", self.file, "name of the shard, beside latents.json");
    field("pairs", self.pairs, "pairs in it", between(1, most));
    field("held_out", self.held_out, "those of them that are never trained on", between(0, most));
    field("bytes", self.bytes, "size of the file", between(1, most));
    field("sha256", self.sha256, "SHA-256 of the file");
  }
};

struct LatentIndex {
  LatentShape shape;
  LatentScale scale;
  Json encoders = Json::object();
  std::string license;
  ShuffleConfig shuffle;
  std::vector<ShardEntry> shards;
  bool operator==(const LatentIndex&) const = default;
  static void describe(auto& self, auto&& field) {
    field("shape", self.shape, "shape of a latent and of a text");
    field("scale", self.scale, "normalisation between the autoencoder's latents and the UNet's");
    field("encoders", self.encoders, "hashes of the model folders that encoded: autoencoder, text, score");
    field("license", self.license, "of the data set");
    field("shuffle", self.shuffle, "order of an epoch: blocks of neighbouring pairs, mixed within a window");
    field("shards", self.shards, "the shards, in the order of the data set");
  }
};

std::string index_file(const std::string& folder);  // "FOLDER/latents.json"

// ConfigError where a value is not allowed: a name that is no file beside the index, more held-out pairs than pairs, a
// scale of other channels, more pairs than the file has room for.
LatentIndex load_index(const std::string& folder);
void save_index(const std::string& folder, const LatentIndex& index);

// Writes FOLDER/file, complete or not at all.
ShardEntry write_shard(const std::string& folder, const std::string& file, const LatentSet& set);

// FileError where the shard is missing or has another size. The text says what to do.
void check_shard_size(const std::string& folder, const ShardEntry& entry);
// The same for its content, which is read as a whole.
void check_shard_content(const std::string& folder, const ShardEntry& entry);

}  // namespace mds
