// COCO captions (arXiv 1504.00325): one JSON file of "images" and "annotations", and a folder of pictures.
#pragma once

#include "data/image_folder.h"
#include "spec/describe.h"

namespace mds {

enum class CaptionChoice : uint8_t { all, first };
template <>
struct EnumNames<CaptionChoice> {
  static constexpr std::array names{"all", "first"};
};

struct CocoConfig {
  static constexpr std::string_view kind = "coco";
  std::string annotations, folder;
  CaptionChoice captions = CaptionChoice::all;
  static void describe(auto& self, auto&& field) {
    field("annotations", self.annotations, "captions_*.json");
    field("folder", self.folder, "its pictures");
    field("captions", self.captions, "all: a pair for each caption; first: a pair for each picture");
  }
};

// The pictures by image id, and a picture's captions by annotation id. A pair's id is IMAGE or, where all captions are
// listed, IMAGE-ANNOTATION; its group is the image. A caption without a picture (entry or file), a picture without a
// caption and an empty caption are skips. FileError: not readable, above 4 GiB, or no pair left; ConfigError: not JSON,
// a missing or wrong key, a file name that leads out of the folder, an id used twice.
std::vector<Pair> list_coco(const CocoConfig& config, FolderReport* report = nullptr);

// Only the captions, trimmed, by annotation id; pictures are not needed. The same errors, and a ConfigError for a
// caption that is empty or not UTF-8.
std::vector<std::string> coco_captions(const std::string& annotations);

}  // namespace mds
