// WebDataset: pictures and captions as members of tar archives ("shards"). Neighbouring members whose names agree up to
// the first dot of the last part of their path are a sample: jpg, jpeg, png or webp beside txt, or json with "caption"
// or "text".
#pragma once

#include "data/picture_source.h"
#include "spec/describe.h"

namespace mds {

struct ShardsConfig {
  static constexpr std::string_view kind = "shards";
  std::string shards;
  int64_t buffer = 1000;
  static void describe(auto& self, auto&& field) {
    field("shards", self.shards, "one tar file, or several by a pattern: x-{0000..0009}.tar, {train,extra}.tar");
    field("buffer", self.buffer, "samples held back, of which one is drawn at a time", between(1, 1 << 20));
  }
};

// All names of a pattern, in order: {00..11} counts with its zeros kept, {a,b} lists. ConfigError for a brace without
// its other, a range that counts down, and above 1,000,000 names.
std::vector<std::string> expand_braces(const std::string& pattern);

// Shards are read one after the other, in an order of their own for each seed, through a buffer from which a random
// sample is drawn. Plain tars and those compressed by gzip, bzip2, xz or zstd. A sample that lacks half, a damaged
// member and a shard that breaks off are skips of the reader. FileError if a shard does not exist.
SourcePtr open_shards(const ShardsConfig& config);

}  // namespace mds
