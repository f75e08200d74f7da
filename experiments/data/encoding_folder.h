// The folder that `data encode` fills: encoding.json says what is encoded, and each shard that is done has a record,
// shard-00000.json, until all are done and latents.json lists them. Processes that fill one folder claim each shard.
#pragma once

#include "experiments/file_claim.h"
#include "trainer/latent_index.h"

namespace mds {

// Everything that the shards depend on.
struct EncodingPlan {
  std::string source;  // hash of the source of pictures
  double held_out = 0;
  int64_t size = 0, pairs_a_shard = 0;
  LatentShape shape;
  LatentScale scale;
  Json encoders = Json::object();
  std::string license;
  bool operator==(const EncodingPlan&) const = default;
  static void describe(auto& self, auto&& field) {
    field("source", self.source, "hash of the source of pictures");
    field("held_out", self.held_out, "share held out where the source has no split of its own");
    field("size", self.size, "side of the pictures in pixels");
    field("pairs_a_shard", self.pairs_a_shard, "samples of the source that a shard takes");
    field("shape", self.shape, "shape of a latent and of a text");
    field("scale", self.scale, "normalisation between the autoencoder's latents and the UNet's");
    field("encoders", self.encoders, "hashes of the model folders that encode");
    field("license", self.license, "of the data set");
  }
};

// A shard that is done; without a file if none of its samples could be used.
struct ShardRecord {
  std::optional<ShardEntry> shard;
  int64_t skipped = 0;  // samples that could not be used
  static void describe(auto& self, auto&& field) {
    field("shard", self.shard, "the shard's entry in latents.json");
    field("skipped", self.skipped, "samples that could not be used");
  }
};

class EncodingFolder {
 public:
  // Makes the folder, or goes on with it. Where it was complete and shards are missing now, they are to be made again.
  // ConfigError where it was begun with another plan, with what differs.
  EncodingFolder(std::string folder, const EncodingPlan& plan);

  bool complete() const;  // latents.json is there
  bool has(int64_t shard) const;
  std::unique_ptr<FileClaim> claim(int64_t shard) const;  // null where it is done, or another process is at it
  void keep(int64_t shard, const LatentSet& set, int64_t skipped) const;  // writes a shard of at least one pair
  void keep_empty(int64_t shard, int64_t skipped) const;
  // Writes latents.json if all of so many shards are done; returns how many are not. FileError where no sample could be
  // used.
  int64_t finish(int64_t shards) const;

 private:
  std::string name(int64_t shard) const;
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void reopen() const;

  std::string folder_;
  EncodingPlan plan_;
};

}  // namespace mds
