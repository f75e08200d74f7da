// Samples of WebDataset shards: pictures with captions, as members of tars that follow each other.
//
// Neighbouring members are a sample if their paths agree up to the first dot of the last part, WebDataset's rule. Names
// that have dots of their own ("2.0 (x).png") come under one key by it, so within a sample a picture and its caption
// agree up to the last dot; a picture without a caption of its own takes that of the sample ("x.left.png" takes
// "x.txt"), unless "x.png" is there, of which it is then another field such as a mask. Members whose name begins with a
// dot are left out: "._x.png" is what macOS stores beside x.png.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/picture_source.h"
#include "data/tar_members.h"

namespace mds {

constexpr size_t most_member_bytes = max_picture_bytes;  // captions have bounds of their own
constexpr size_t most_sample_members = 1000;

class ShardSamples {
 public:
  // Reads the shards in the order given.
  ShardSamples(std::vector<std::string> files, FolderReport& skipped) : files_(std::move(files)), skipped_(skipped) {}
  std::optional<EncodedPicture> next();

 private:
  struct Group;
  void advance();  // to the next member that belongs to a sample
  void read_group();
  void read_member(Group& group);
  void finish(Group& group);
  void skip(const std::string& name, const std::string& reason);

  std::vector<std::string> files_;
  FolderReport& skipped_;
  size_t at_ = 0;
  std::unique_ptr<TarMembers> tar_;
  std::optional<std::string> ahead_;    // path of the member that comes next
  std::deque<EncodedPicture> ready_{};  // of the group read last
};

}  // namespace mds
