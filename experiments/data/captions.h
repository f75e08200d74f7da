// `mdsearch data captions`: writes the training captions of a data set, and new ones made of their halves.
#pragma once

#include <string>

#include "experiments/listener.h"
#include "spec/describe.h"

namespace mds {

struct CaptionsRequest {
  std::string source;      // a name for open_source
  double held_out = 0;     // share held out where the source has no split of its own
  std::string out;         // text file to write, one caption a line
  int64_t recombined = 0;  // new captions, at most: see recombine.h
  uint64_t seed = 0;       // of the new captions
};

// Numbers by name: "captions" of the data set and those "recombined". Held-out captions are never written. RequestError
// for an `out` that is the source itself; ConfigError for shards, whose captions are not listed, and where nothing is
// left to train on.
Json write_captions(const CaptionsRequest& request);

}  // namespace mds
