// Examples for a stage that trains on pictures, from a stream that decodes ahead of the training.
#pragma once

#include <functional>

#include "data/picture_stream.h"
#include "experiments/listener.h"
#include "trainer/feed.h"

namespace mds {

using Tokenise = std::function<TokenBatch(const std::vector<std::string>& captions)>;  // empty: no tokens

class StreamFeed final : public PictureFeed {
 public:
  // The listener outlives the feed.
  StreamFeed(SourcePtr source, const StreamConfig& config, Tokenise tokenise, Listener& listener);
  ~StreamFeed() override;  // reports what was skipped
  Examples next(int64_t iteration) override;
  std::string position() const override { return to_string(batch_.after); }
  void seek(const std::string& position) override;

 private:
  SourcePtr source_;
  StreamConfig config_;
  Tokenise tokenise_;
  Listener& listener_;
  std::unique_ptr<PictureStream> stream_;  // opened at the first iteration
  int64_t iteration_ = -1;                 // the iteration of batch_
  PictureBatch batch_;
};

}  // namespace mds
