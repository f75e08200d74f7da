// Pictures that are measured or compared with: all of a folder, or those with captions.
#pragma once

#include <string>
#include <vector>

#include "data/image_folder.h"

namespace mds {

struct PictureSet {
  std::string folder;
  std::vector<std::string> names;     // relative to the folder, without extension, ascending
  std::vector<std::string> files;     // of each name
  std::vector<std::string> captions;  // of each name; empty where captions were not asked for
  FolderReport skipped{};
  int64_t repeats = 1;  // pictures of each caption: the list of captions comes so many times
};

// Every picture file below the folder, whatever is in metadata.jsonl. FileError where there is none, and where two
// differ in the extension alone.
PictureSet list_picture_files(const std::string& folder);

// The pictures that have a caption (see list_pairs); the others are skips. With a split those of it alone, and
// FileError where there is none.
PictureSet list_captioned(const std::string& folder, const std::string& split = "");

// SHA-256 over names and bytes of the pictures; over the captions in order.
std::string pictures_hash(const PictureSet& set);
std::string captions_hash(const std::vector<std::string>& captions);

// Rows of the pictures that both sets have by name, in ascending order of names; what one of them lacks is a skip.
// FileError where no name is in both.
struct PicturePairs {
  PictureSet a, b;
  FolderReport skipped;
};
PicturePairs paired(const PictureSet& a, const PictureSet& b);

}  // namespace mds
