// Provides an iteration's examples to the stages that train on pictures: from memory, or from a stream that decodes
// ahead.
#pragma once

#include "pipeline/encode.h"
#include "trainer/loop.h"

namespace mds {

struct Examples {
  Tensor pictures_NCHW;  // uint8, size x size
  TokenBatch tokens;     // undefined if the stage needs no captions
};

class PictureFeed {
 public:
  virtual ~PictureFeed() = default;
  // Called again for the same iteration, it returns the same examples.
  virtual Examples next(int64_t iteration) = 0;
  // The position in the data after the last iteration, for a checkpoint; empty if it follows from the iteration.
  virtual std::string position() const { return ""; }
  virtual void seek(const std::string& position);
};

// Goes through a new permutation of all pictures in each epoch. ConfigError where there are no pictures.
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
