#include "trainer/feed.h"

#include <ATen/ATen.h>

namespace mds {

void PictureFeed::seek(const std::string& position) {
  if (!position.empty())
    throw ConfigError("the checkpoint is of a run that streamed its pictures; this one holds them in memory");
}

MemoryFeed::MemoryFeed(Tensor pictures_NCHW, TokenBatch tokens, const LoopConfig& loop)
    : pictures_NCHW_(std::move(pictures_NCHW)),
      tokens_(std::move(tokens)),
      batches_(pictures_NCHW_.size(0), loop.batch, loop.seed) {
  if (pictures_NCHW_.size(0) == 0) throw ConfigError("stage.data: every pair is held out; nothing to train on");
}

Examples MemoryFeed::next(int64_t iteration) {
  const Tensor chosen = batches_.at(iteration);
  Examples examples{.pictures_NCHW = pictures_NCHW_.index_select(0, chosen), .tokens = {}};
  if (tokens_.ids_NT.defined())
    examples.tokens = {.ids_NT = tokens_.ids_NT.index_select(0, chosen),
                       .end_N = tokens_.end_N.index_select(0, chosen)};
  return examples;
}

}  // namespace mds
