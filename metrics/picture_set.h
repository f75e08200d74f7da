// Sets of pictures to measure or to compare with: all pictures of a folder, or those with captions.
#pragma once

#include <string>
#include <vector>

#include "data/image_folder.h"
#include "spec/layout.h"

namespace mds {

struct PictureSet {
  std::string folder;
  std::vector<std::string> names;        // see picture_names
  std::vector<std::string> files;        // of each name
  std::vector<std::string> captions;     // of each name; empty where captions were not asked for
  std::vector<PictureLayout> layouts{};  // as captions; an empty one where none is told
  FolderReport skipped{};
  int64_t repeats = 1;  // pictures per caption: the whole list of captions repeats this often
};

// Every picture file below the folder (see picture_files_below), whether metadata.jsonl names it or not, by ascending
// names. FileError where there is none.
PictureSet list_picture_files(const std::string& folder);

// The pictures that have a caption (see list_pairs); the others are skips. A split selects its pictures only; FileError
// where there are none.
PictureSet list_captioned(const std::string& folder, const std::string& split = "");

// SHA-256 over the names and bytes of the pictures; SHA-256 over the captions in order.
std::string pictures_hash(const PictureSet& set);
std::string captions_hash(const std::vector<std::string>& captions);

// The pictures that both sets have by name, in ascending order of names; a picture that only one set has is a skip.
// FileError where the sets have no name in common.
struct PicturePairs {
  PictureSet a, b;
  FolderReport skipped;
};
PicturePairs paired(const PictureSet& a, const PictureSet& b);

}  // namespace mds
