#include "experiments/training/stream_feed.h"

namespace mds {

StreamFeed::StreamFeed(SourcePtr source, const StreamConfig& config, Tokenise tokenise, Listener& listener)
    : source_(std::move(source)), config_(config), tokenise_(std::move(tokenise)), listener_(listener) {}

StreamFeed::~StreamFeed() {
  if (!stream_) return;
  const FolderReport skipped = stream_->skipped();
  if (!skipped.skips.empty()) listener_.say("while streaming: " + summary(skipped));
}

void StreamFeed::seek(const std::string& position) {
  if (position.empty())
    throw ConfigError("the checkpoint is of a run that held its pictures in memory; this one streams them");
  batch_.after = parse_stream_position(position);
  stream_.reset();
}

Examples StreamFeed::next(int64_t iteration) {
  if (!stream_) stream_ = std::make_unique<PictureStream>(source_, config_, batch_.after);
  if (iteration != iteration_) batch_ = stream_->next();
  iteration_ = iteration;
  return {.pictures_NCHW = batch_.images_NCHW, .tokens = tokenise_ ? tokenise_(batch_.captions) : TokenBatch{}};
}

}  // namespace mds
