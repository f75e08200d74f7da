// Where the stages that train on pictures get an iteration's examples: from memory, or from a stream that decodes
// ahead.
#pragma once

#include "pipeline/encode.h"
#include "trainer/loop.h"

namespace mds {

struct Examples {
  Tensor pictures_NCHW;  // uint8, size x size
  TokenBatch tokens;     // undefined where a stage needs no captions
};

class PictureFeed {
 public:
  virtual ~PictureFeed() = default;
  // Asked again for the same iteration, the same examples.
  virtual Examples next(int64_t iteration) = 0;
  // Where the data stands after the last iteration, for a checkpoint; empty where the iteration alone says it.
  virtual std::string position() const { return ""; }
  virtual void seek(const std::string& position);
  virtual double waited_s() const { return 0; }  // for examples, so far
};

// A fresh permutation of all pictures for each epoch. ConfigError where there is no picture.
class MemoryFeed final : public PictureFeed {
 public:
  MemoryFeed(Tensor pictures_NCHW, TokenBatch tokens, const LoopConfig& loop);
  Examples next(int64_t iteration) override;

 private:
  Tensor pictures_NCHW_;
  TokenBatch tokens_;
  Batches batches_;
};

}  // namespace mds
