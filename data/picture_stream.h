// Batches of decoded pictures, which threads prepare ahead of their use. The order depends only on the seed and the
// position, never on the number of threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "data/picture_source.h"
#include "data/resize.h"
#include "spec/tensor.h"

namespace mds {

struct StreamConfig {
  int64_t size = 64;  // side in pixels: largest centre square, bicubic, as to_tensor
  int64_t batch = 16;
  int64_t threads = 0;              // 0: as many as there are cores, at most 16
  int64_t ahead = 4;                // batches decoded ahead of use
  std::optional<uint64_t> seed{0};  // of each epoch's order; none: the order on disk
  bool repeat = true;               // continue with the next epoch; else the last batch may be smaller, then empty
};

// How many samples were taken from the source, including skipped ones: the place from which a stream continues.
struct StreamPosition {
  int64_t epoch = 0, taken = 0;
  bool operator==(const StreamPosition&) const = default;
};
std::string to_string(StreamPosition position);                 // "EPOCH:TAKEN"
StreamPosition parse_stream_position(const std::string& text);  // ConfigError

struct PictureBatch {
  Tensor images_NCHW;  // uint8; undefined if the batch is empty
  std::vector<std::string> ids, captions;
  StreamPosition after;
};

class PictureStream {
 public:
  // ConfigError for a size, batch, number of threads or of batches ahead below 1 (threads: below 0) or above 4096.
  PictureStream(SourcePtr source, const StreamConfig& config, StreamPosition from = {});
  ~PictureStream();
  PictureStream(const PictureStream&) = delete;
  PictureStream& operator=(const PictureStream&) = delete;

  // Pictures that cannot be decoded are skips and are replaced by others; FileError after a whole epoch of them.
  PictureBatch next();

  double waited_s() const;       // spent in next(), so far
  FolderReport skipped() const;  // of pictures that next() has passed, in their order

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All samples of a source in memory, in the order on disk; or `most` of them, in the order of a seed.
Pictures load_source(const SourcePtr& source, int64_t size);
Pictures draw_pictures(const SourcePtr& source, int64_t size, int64_t most, uint64_t seed);

}  // namespace mds
