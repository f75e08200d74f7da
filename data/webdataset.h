// WebDataset: pictures and captions as members of tar archives ("shards"), jpg, jpeg, png or webp beside txt, or beside
// json with "caption" or "text" (shard_samples.h has the rule).
#pragma once

#include "data/picture_source.h"
#include "spec/describe.h"

namespace mds {

constexpr size_t most_buffer_bytes = size_t(2) << 30;  // of pictures that are held back

struct ShardsConfig {
  static constexpr std::string_view kind = "shards";
  std::string shards;
  int64_t buffer = 1000;
  static void describe(auto& self, auto&& field) {
    field("shards", self.shards, "one tar file, or several by a pattern: x-{0000..0009}.tar, {train,extra}.tar");
    field("buffer", self.buffer, "samples held back, of which one is drawn at a time", between(1, 1 << 20));
  }
};

// All names of a pattern, in order: {00..11} counts and keeps leading zeros, {a,b} lists. ConfigError for an unmatched
// brace, a range that counts down, and more than 1,000,000 names.
std::vector<std::string> expand_braces(const std::string& pattern);

// Shards are read one after the other, in an order that depends on the seed, into a buffer from which samples are drawn
// at random. Tars may be plain or compressed by gzip, bzip2, xz or zstd. A sample that is incomplete, a damaged member
// and a shard that ends early are skips of the reader. FileError if a shard does not exist.
SourcePtr open_shards(const ShardsConfig& config);

}  // namespace mds
