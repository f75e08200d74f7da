// The files in a tar, one after the other, within bounds: what unpacks to far more than the file holds is a bomb.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "data/image_folder.h"

struct archive;
struct archive_entry;

namespace mds {

struct TarBounds {
  int64_t members = 10'000'000;
  int64_t growth = 100;                     // unpacked bytes are at most so many times the file's,
  int64_t always_bytes = int64_t(1) << 30;  // or so many, if that is more
};

// Tars may be plain or compressed by gzip, bzip2, xz or zstd. Others are not read, since libarchive would start a
// program of that name from PATH. What cannot be read becomes a skip with its reason.
class TarMembers {
 public:
  TarMembers(std::string file, FolderReport& skipped, TarBounds bounds = {});

  // The path of the next file; nothing at the end, and after an error that leaves the rest unreachable.
  std::optional<std::string> next();

  // The bytes of the file whose path came last; nothing where they are damaged or more than `most`.
  std::optional<std::string> read(size_t most);

 private:
  struct Close {
    void operator()(archive* reader) const;
  };
  void skip(const std::string& reason);
  void give_up(const std::string& reason = "");
  bool is_bomb(int64_t coming_bytes);

  std::string file_, path_;
  FolderReport& skipped_;
  TarBounds bounds_;
  std::unique_ptr<archive, Close> archive_;
  archive_entry* entry_ = nullptr;
  int64_t members_ = 0, most_bytes_ = 0;
  bool ended_ = false;
};

}  // namespace mds
