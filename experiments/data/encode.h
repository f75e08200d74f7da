// `mdsearch data encode`: turns a source of pictures into a folder of sharded latents, which trainings take in place of
// a data set.
#pragma once

#include "experiments/listener.h"
#include "trainer/latents.h"

namespace mds {

inline constexpr int64_t most_shard_bytes = 1'000'000'000;

struct EncodeRequest {
  std::string source;                      // a name for open_source
  std::string out;                         // folder
  double held_out = 0;                     // share held out where the source has no split of its own
  int64_t size = 0;                        // side of the pictures in pixels; 0: that of the autoencoder
  int64_t shard_bytes = most_shard_bytes;  // of a shard's file, at most, if captions have 256 bytes on average
  EncoderFolders encoders{};
  Placement placement{};
};

// Several processes with the same request share the shards among them; a killed one loses the shard at which it was.
// Returns the folder, counts and licence by name; or, where other processes are still at it, how many shards
// are `waiting`. RequestError, ConfigError or FileError where source, encoders and folder do not allow it; Interrupted
// where the listener stops it.
Json encode_source(const EncodeRequest& request, Listener& listener);

}  // namespace mds
