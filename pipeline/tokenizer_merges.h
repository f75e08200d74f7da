// The merge table of a byte-pair tokenizer, and its application to one piece of text.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mds {

class MergeTable {
 public:
  MergeTable(std::string_view text, int64_t merges);  // see Tokenizer

  int64_t size() const { return merges_; }

  // The ids of a piece (its UTF-8 bytes, not empty): merges the pair of lowest rank until no pair has a rank.
  std::vector<int64_t> apply(std::string_view piece) const;

 private:
  int64_t merges_;
  std::unordered_map<uint64_t, int64_t> merged_;  // pair of ids -> id; a lower id was merged earlier
};

}  // namespace mds
