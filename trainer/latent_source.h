// What a UNet trains from: latents of pictures with token states of captions, in memory (latents.h) or in shards
// (latent_shards.h), and what scoring needs of the pairs that are held out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "metrics/frechet.h"
#include "pipeline/layout_rows.h"
#include "pipeline/model.h"

namespace mds {

struct LatentShape {
  int64_t channels = 0, size = 0, tokens = 0, width = 0;  // of a latent, its sides, of a text, of a token's state
  bool operator==(const LatentShape&) const = default;
  static void describe(auto& self, auto&& field) {
    constexpr Range side = between(1, 1 << 20);
    field("channels", self.channels, "channels of a latent", side);
    field("size", self.size, "rows and columns of a latent", side);
    field("tokens", self.tokens, "tokens of a text", side);
    field("width", self.width, "width of a token's state", side);
  }
};

// Examples of a batch, on the CPU.
struct LatentRows {
  Tensor moments;  // float16 N x 2C x H x W
  Tensor text;     // float16 N x S x W
  LayoutRows layouts{};
};

// The examples of each iteration, for one size of the batch and one seed of the order.
class LatentReader {
 public:
  virtual ~LatentReader() = default;
  // `count` examples of the iteration's batch, from `first` on: of processes that share a batch, each reads its own.
  // They depend on the iteration alone, so that a training that goes on reads what it would have read. FileError where
  // they cannot be read.
  virtual LatentRows batch(int64_t iteration, int64_t first, int64_t count) = 0;
};

struct HeldOutPairs {
  std::vector<std::string> captions;
  Tensor image_features, text_features;  // float32 N x E, the scoring encoder's
};

struct LatentSource {
  Tensor empty_text;  // float16 1 x S x W: of the empty caption
  LatentScale scale;
  std::string hash;                             // of all that the examples and their order depend on, but the seed
  std::map<std::string, std::string> encoders;  // "autoencoder", "text", "score": model_hash of each
  std::string license;                          // of the data set

  virtual ~LatentSource() = default;
  virtual LatentShape shape() const = 0;
  virtual int64_t training_count() const = 0;  // pairs that are not held out
  // The source must outlive the reader.
  virtual std::unique_ptr<LatentReader> reader(int64_t batch, uint64_t seed) const = 0;
  virtual HeldOutPairs held_out_pairs() const = 0;
  virtual Tensor held_out_text(const Tensor& rows) const = 0;  // float16, of these rows of the held-out pairs
  virtual LayoutRows held_out_layouts(const Tensor& /*rows*/) const { return {}; }  // of the same
  virtual FeatureStats training_features() const = 0;  // the scoring encoder's, of the training pictures
};
using LatentSourcePtr = std::unique_ptr<const LatentSource>;

}  // namespace mds
