// Where pictures with captions come from, behind one interface: a folder, COCO's annotations or tar shards.
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
  std::string bytes;  // empty: to be read from the file `name`
};

// The samples of one pass, in order.
class PictureReader {
 public:
  virtual ~PictureReader() = default;
  virtual std::optional<EncodedPicture> next() = 0;  // nothing at the end
  virtual void skip(int64_t samples);                // as if next() had been called that often
  const FolderReport& skipped() const { return skipped_; }

 protected:
  FolderReport skipped_;
};

// An order is a function of its seed alone; without a seed it is the order on disk.
using OrderSeed = std::optional<uint64_t>;

class PictureSource {
 public:
  virtual ~PictureSource() = default;
  virtual std::unique_ptr<PictureReader> open(OrderSeed seed) const = 0;
  virtual const std::vector<Pair>* pairs() const { return nullptr; }  // null where samples are only met in passing
  virtual std::string hash() const = 0;                               // identity of the content
  const FolderReport& skipped() const { return skipped_; }            // what the listing left out

 protected:
  FolderReport skipped_;
};
using SourcePtr = std::shared_ptr<const PictureSource>;

SourcePtr listed_source(std::vector<Pair> pairs, FolderReport skipped, std::function<std::string()> hash);

// A folder of pictures; `coco:ANNOTATIONS.json:FOLDER`; a pattern of shards such as `train-{0000..0099}.tar`; a JSON
// file that describes one of these by "kind"; or the name of a built data set under out/data. FileError or ConfigError
// says what is missing and what may be given. Where the pairs have no split of their own, the share `held_out` of them
// is held out; shards hold nothing out, and a ConfigError says so.
SourcePtr open_source(const std::string& name, double held_out = 0);

}  // namespace mds
