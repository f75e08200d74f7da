// A data set on disk is a folder of pictures with `metadata.jsonl`: one object a line with `file_name` and `text`, and
// optionally `split` ("train" or "held_out"), `group` (variants of one thing, which share a split) and `id`.
// A folder of a user's own may instead hold `x.jpg` (or .jpeg, .png, .webp) beside `x.txt` or `x.caption`; a drawn
// picture without such a file has the prompt that it carries for a caption.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/image.h"

namespace mds {

struct Pair {
  std::string file;  // the picture, openable from here
  std::string caption;
  std::string split = "train";
  std::string group;  // never empty: an ungrouped pair's group is its id
  std::string id;     // unique in its data set
  bool operator==(const Pair&) const = default;
};

struct FolderOptions {
  int64_t min_size = 1;  // pixels of the shorter side; smaller pictures are skipped
};

// What was left out, with a reason each.
struct FolderReport {
  struct Skip {
    std::string file, reason;
  };
  std::vector<Skip> skips;
};
std::string summary(const FolderReport& report, size_t shown = 5);  // counts and the first few, for a log

// The pairs of a folder in the order of metadata.jsonl, or by name. A picture without a caption, a caption without a
// picture, a caption or name that is not UTF-8, a picture that is too small or has a broken header are skips; no pair
// left and a repeated id are a FileError. A malformed line of metadata.jsonl is a ConfigError that names the line, and
// so are a group in two splits and a file_name that leads out of the folder or holds control characters.
std::vector<Pair> list_pairs(const std::string& folder, const FolderOptions& options = {},
                             FolderReport* report = nullptr);

// Holds out the share `held_out` of the pairs where none is held out yet: whole groups, in the order of the SHA-256 of
// their first caption, so that the same pictures are held out wherever the folder lies and in whatever order it is
// read.
void hold_out(std::vector<Pair>& pairs, double held_out);

std::vector<Pair> pairs_of_split(const std::vector<Pair>& pairs, const std::string& split);

// SHA-256 over every pair's id, caption, split, group and picture bytes: the identity of a data set, wherever it lies.
std::string dataset_hash(const std::vector<Pair>& pairs);

}  // namespace mds
