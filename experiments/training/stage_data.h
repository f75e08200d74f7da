// Pictures and captions for the stages that train on pictures.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "experiments/training/stream_feed.h"
#include "spec/tensor.h"

namespace mds {

struct LoadedPairs {
  Tensor pictures;  // uint8 N x 3 x size x size
  std::vector<Pair> pairs;
};

struct StageData {
  std::shared_ptr<PictureFeed> feed;                             // of the pairs to train on
  std::function<Tensor(int64_t most, uint64_t seed)> sample_of;  // uint8 pictures from those pairs
  LoadedPairs held_out;
  std::string hash, license;
};

struct StageDataRequest {
  std::vector<std::string> names;  // names for open_source, together with
  double held_out;
  int64_t size;
  Tokenise tokenise;
};

// Sets that fit into 2 GiB are decoded once and held in memory. A larger one, or one of shards, is streamed and must be
// the only one (ConfigError). Pairs are split by their metadata; shards hold nothing out.
StageData open_stage_data(const StageDataRequest& request, const LoopConfig& loop, Listener& listener);

void say_skipped(Listener& listener, const std::string& name, const FolderReport& report);  // if anything was skipped

}  // namespace mds
