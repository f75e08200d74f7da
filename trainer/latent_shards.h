// Latents too many for memory: a folder of shards, of which rows are read as they are needed. Rows are read and not
// mapped, so that a shard that is shortened meanwhile is an error that names it, and what was read is no memory of this
// process.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "trainer/latent_index.h"

namespace mds {

bool has_latent_shards(const std::string& folder);  // whether there is a latents.json

class LatentShards final : public LatentSource {
 public:
  // ConfigError or FileError as load_index and check_shard_size. A shard's content is checked by its SHA-256 when
  // something is read of it for the first time, and a FileError then names it.
  explicit LatentShards(const std::string& folder);

  LatentShape shape() const override { return index_.shape; }
  int64_t training_count() const override { return training_begins_.back(); }
  // Epochs go through the pairs as `shuffle` of the index says; the batches that follow are read ahead.
  std::unique_ptr<LatentReader> reader(int64_t batch, uint64_t seed) const override;
  HeldOutPairs held_out_pairs() const override;
  Tensor held_out_text(const Tensor& rows) const override;
  FeatureStats training_features() const override;

 private:
  class Reader;
  // Where in a shard's file its tensors begin, and which of its rows are held out.
  struct Layout {
    int64_t moments_at = 0, text_at = 0;   // bytes
    std::vector<int64_t> training_before;  // of each held-out row, how many rows before it are not
    int64_t held_out_row(int64_t i) const { return training_before[size_t(i)] + i; }
    int64_t training_row(int64_t i) const;
  };
  std::string path(size_t shard) const { return folder_ + "/" + index_.shards[shard].file; }
  const Layout& layout(size_t shard) const;  // checks the shard on its first call; for several threads
  Layout read_layout(size_t shard) const;
  FeatureStats read_features() const;

  std::string folder_;
  LatentIndex index_;
  std::vector<int64_t> training_begins_, held_out_begins_;  // of each shard, and the end of the last
  mutable std::mutex mutex_;
  mutable std::vector<std::optional<Layout>> layouts_;
  mutable std::once_flag features_read_;
  mutable FeatureStats features_;
};

}  // namespace mds
