// A data set on disk is a folder of pictures with `metadata.jsonl`: one object per line with `file_name` and `text`,
// and optionally `split` ("train" or "held_out"), `group` (variants of one thing, which share a split), `id`,
// `license` and `layout` (a list of what stands where, see spec/placed_phrase.h). A user's own folder may instead hold
// `x.jpg` (or .jpeg, .png, .webp) beside `x.txt` or `x.caption` (endings in any case); a drawn picture without such a
// file has the prompt stored in it as its caption. Of two captions of a picture one is used and the other is a skip:
// metadata.jsonl goes before text files, and of these the first by name. `x.jpg` beside `x.png` are two pictures with
// one caption, in one group. Hidden files are not looked at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/image.h"
#include "spec/placed_phrase.h"

namespace mds {

constexpr size_t most_caption_bytes = size_t(64) << 10;

struct Pair {
  std::string file;  // path of the picture from the working folder
  std::string caption;
  std::string split = "train";
  std::string group;  // never empty: without a group, it is the pair's id
  std::string id;     // unique in its data set
  std::string license{};
  std::vector<PlacedPhrase> layout{};  // what stands where; empty: not told
  bool operator==(const Pair&) const = default;
};

bool is_data_set(const std::string& folder);  // whether it has a metadata.jsonl

struct FolderOptions {
  int64_t min_size = 1;  // pixels of the shorter side; smaller pictures are skipped
};

// What was left out, each with its reason.
struct FolderReport {
  struct Skip {
    std::string file, reason;
  };
  std::vector<Skip> skips;
};
inline std::string too_long_caption() {
  return "a caption of more than " + std::to_string(most_caption_bytes) + " bytes";
}
std::string summary(const FolderReport& report, size_t shown = 5);  // counts and the first few, for a log

// The pairs of a folder, in the order of metadata.jsonl or else of file names. Skips: a picture without a caption, a
// caption without a picture, a caption or name that is not UTF-8, a picture that is too small or has a broken header.
// FileError: no pair left, or a repeated id. ConfigError with the line: a malformed line of metadata.jsonl or box in
// it, a group in two splits, and a file_name that leads out of the folder or holds control characters.
std::vector<Pair> list_pairs(const std::string& folder, const FolderOptions& options = {},
                             FolderReport* report = nullptr);

// Holds out the share `held_out` of the pairs, unless some are held out already: whole groups, in the order of the
// SHA-256 of their first caption, so that the choice of pictures does not depend on where the folder is and in which
// order it is read.
void hold_out(std::vector<Pair>& pairs, double held_out);

std::vector<Pair> pairs_of_split(const std::vector<Pair>& pairs, const std::string& split);

// SHA-256 over every pair's id, caption, split, group, picture bytes and layout: the identity of a data set in any
// place.
std::string dataset_hash(const std::vector<Pair>& pairs);

}  // namespace mds
