// Examples for a picture stage out of a stream that decodes ahead of the training.
#pragma once

#include <functional>

#include "data/picture_stream.h"
#include "trainer/feed.h"

namespace mds {

using Tokenise = std::function<TokenBatch(const std::vector<std::string>& captions)>;  // none: no tokens are needed

class StreamFeed final : public PictureFeed {
 public:
  StreamFeed(SourcePtr source, const StreamConfig& config, Tokenise tokenise);
  ~StreamFeed() override;  // says what was skipped
  Examples next(int64_t iteration) override;
  std::string position() const override { return to_string(batch_.after); }
  void seek(const std::string& position) override;
  double waited_s() const override { return stream_ ? stream_->waited_s() : 0; }

 private:
  SourcePtr source_;
  StreamConfig config_;
  Tokenise tokenise_;
  std::unique_ptr<PictureStream> stream_;  // from the first iteration on
  int64_t iteration_ = -1;                 // of batch_
  PictureBatch batch_;
};

}  // namespace mds
