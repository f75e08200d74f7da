// Where it is kept what loading makes of large weight files, so that later processes need not make it again: packed
// weights, which they map, and the files' hashes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace mds {

struct PackedFiles {
  std::string folder{};                                     // empty: nowhere
  uint64_t least_bytes = 0;                                 // of a weight file; smaller ones load in a moment
  std::function<void(const std::string& sentence)> tell{};  // what was taken from there, made, refused or not written

  bool keeps(const std::string& weights) const;  // whether anything is kept for this file of weights
  // FOLDER/LABEL-DIGITS, without an ending; the digits are those of the file's path and of `variant`.
  std::string name_for(const std::string& weights, const std::string& label, const std::string& variant = {}) const;
  void say(const std::string& sentence) const {
    if (tell) tell(sentence);
  }
};

// Of parts that load in a moment, nothing is kept unless a user asks for it.
inline constexpr uint64_t large_weights = 16 << 20;
inline constexpr const char* packed_folder = "out/cache/packed";

// SHA-256 of a file of weights. Where it is kept, it is computed again only when the file's size or times have changed.
std::string file_sha256(const std::string& weights, const PackedFiles& packed);

}  // namespace mds
