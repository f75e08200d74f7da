// Sources of pictures with captions, with one interface: a folder, COCO's annotations or tar shards.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/image_folder.h"

namespace mds {

// A picture before it is decoded: in memory, or still in its file.
struct EncodedPicture {
  std::string name, id, caption;
  std::string bytes;  // empty: still in the file `name`
  std::string split = "train";
};

// The samples of one pass over a source, in order.
class PictureReader {
 public:
  virtual ~PictureReader() = default;
  virtual std::optional<EncodedPicture> next() = 0;  // nothing at the end
  virtual void skip(int64_t samples);                // as if next() had been called so many times
  const FolderReport& skipped() const { return skipped_; }

 protected:
  FolderReport skipped_;
};

// Determines the order of samples: it is a function of this seed alone. No seed: the order on disk.
using OrderSeed = std::optional<uint64_t>;

class PictureSource {
 public:
  virtual ~PictureSource() = default;
  virtual std::unique_ptr<PictureReader> open(OrderSeed seed) const = 0;
  virtual const std::vector<Pair>* pairs() const { return nullptr; }  // null where samples are only known while reading
  virtual std::string hash() const = 0;                               // identity of the content
  std::string license() const;                                        // of all pairs, see joined_licenses
  const FolderReport& skipped() const { return skipped_; }            // left out when listing

 protected:
  FolderReport skipped_;
};
using SourcePtr = std::shared_ptr<const PictureSource>;

SourcePtr listed_source(std::vector<Pair> pairs, FolderReport skipped, std::function<std::string()> hash);

// Opens a folder of pictures; `coco:ANNOTATIONS.json:FOLDER`; a pattern of shards such as `train-{0000..0099}.tar`; a
// JSON file that describes one of these by "kind"; or a built data set by its name under out/data. FileError or
// ConfigError says what is missing and what is allowed. Where the pairs have no split, the share `held_out` is held
// out; shards cannot hold anything out, which is a ConfigError.
SourcePtr open_source(const std::string& name, double held_out = 0);

}  // namespace mds
